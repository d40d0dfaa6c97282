"""Group normalisation, channels last: a place is a row of channels, and everything is summed row by row.

    Σ x  per channel  →  mean per group     |  Σ (x - mean)²  →  scale per group     |  y = (x - mean) scale w + b

A group's channels lie side by side within every row, too few of them to fill vectors; so sums are kept per channel,
added up within groups once per sample, and written back as rows that repeat a group's number for each of its channels.
A part takes whole samples, and each sample has its own sums of dw and db: the number of parts changes nothing.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import peek, poke, real, word
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.powers import root
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, row

_WIDTH = 4


def _add(x: Vector, total: Vector) -> Vector:
    return total + x


def _add_square(x: Vector, mean: Vector, total: Vector) -> Vector:
    return fma(x - mean, x - mean, total)


def _normalized(x: Vector, mean: Vector, scale: Vector, w: Vector, b: Vector) -> Vector:
    return fma((x - mean) * scale, w, b)


def _add_products(g: Vector, x: Vector, mean: Vector, scale: Vector, *sums: Vector) -> tuple[Vector, Vector]:
    dw, db = sums
    return fma(g, (x - mean) * scale, dw), db + g


def _gradient(g: Vector, x: Vector, mean: Vector, scale: Vector, *numbers: Vector) -> Vector:
    w, mean_g, mean_gy = numbers
    return (g * w - mean_g - (x - mean) * scale * mean_gy) * scale


add_row, add_square_row, normalize_row = row(_add), row(_add_square), row(_normalized)
add_products_row, gradient_row = row(_add_products), row(_gradient)


@kernel
def normalize_groups(arguments: int, part: int, parts: int) -> None:
    """`samples, places, channels, groups, x, w, b, y, levels`, epsilon; levels is (samples, 2, channels)."""
    first, last = share(word(arguments, 0), part, parts, 1)
    places, channels, groups = word(arguments, 1), word(arguments, 2), word(arguments, 3)
    w, b = word(arguments, 5), word(arguments, 6)
    epsilon, size = np.float32(real(arguments, 9)), channels * _WIDTH
    share_of_one = np.float32(1.0) / np.float32(places * (channels // groups))
    for sample in range(first, last):
        x, y = word(arguments, 4) + sample * places * size, word(arguments, 7) + sample * places * size
        mean = word(arguments, 8) + sample * 2 * size
        scale = mean + size
        clear(2 * channels, mean)
        for place in range(places):
            add_row(channels, (x + place * size, mean), (mean,), ())
        spread(channels, groups, mean, share_of_one)
        for place in range(places):
            add_square_row(channels, (x + place * size, mean, scale), (scale,), ())
        spread(channels, groups, scale, share_of_one)
        for channel in range(channels):
            poke(scale, channel, np.float32(1.0) / root(peek(scale, channel) + epsilon))
        for place in range(places):
            normalize_row(channels, (x + place * size, mean, scale, w, b), (y + place * size,), ())


@kernel
def normalize_groups_vjp(arguments: int, part: int, parts: int) -> None:
    """`samples, places, channels, groups, g, x, w, levels, dx, sums, scratch`; sums is (samples, 2, channels)."""
    first, last = share(word(arguments, 0), part, parts, 1)
    places, channels, groups = word(arguments, 1), word(arguments, 2), word(arguments, 3)
    w, size = word(arguments, 6), channels * _WIDTH
    share_of_one = np.float32(1.0) / np.float32(places * (channels // groups))
    mean_g = word(arguments, 10) + part * 2 * size
    mean_gy = mean_g + size
    for sample in range(first, last):
        offset = sample * places * size
        g, x, dx = word(arguments, 4) + offset, word(arguments, 5) + offset, word(arguments, 8) + offset
        mean, dw = word(arguments, 7) + sample * 2 * size, word(arguments, 9) + sample * 2 * size
        scale, db = mean + size, dw + size
        clear(2 * channels, dw)
        for line in range(places):
            here = line * size
            add_products_row(channels, (g + here, x + here, mean, scale, dw, db), (dw, db), ())
        for channel in range(channels):
            poke(mean_g, channel, peek(w, channel) * peek(db, channel))
            poke(mean_gy, channel, peek(w, channel) * peek(dw, channel))
        spread(channels, groups, mean_g, share_of_one)
        spread(channels, groups, mean_gy, share_of_one)
        for line in range(places):
            here = line * size
            gradient_row(channels, (g + here, x + here, mean, scale, w, mean_g, mean_gy), (dx + here,), ())


@inline
def spread(channels: int, groups: int, sums: int, factor: np.float32) -> None:
    """Replace every channel's number by the sum over its group, times a factor."""
    count = channels // groups
    for first in range(0, channels, count):
        total = np.float32(0.0)
        for channel in range(first, first + count):
            total += peek(sums, channel)
        for channel in range(first, first + count):
            poke(sums, channel, total * factor)


@inline
def clear(count: int, start: int) -> None:
    """Zeros."""
    for index in range(count):
        poke(start, index, np.float32(0.0))
