"""Pooling over two axes, channels last, and its gradients.

A window at the edge reads only what lies within the image. Where windows lie side by side (`is_side_by_side`: a stride
as long as the kernel, no padding) every number of the gradient is written once, row by row; elsewhere an image is
filled with zeros and every window adds what is its own.

All kernels begin with the same numbers: `n, height, width, channels, high, wide, step_high, step_wide, pad_high,
pad_wide, rows, columns, is_side_by_side`: the image, the window, and the rows and columns of the answer.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.atomics import store_word
from azuraforge_core.kernels.cpu.compiler.choices import choose_row, spread_row
from azuraforge_core.kernels.cpu.compiler.columns import column_fold
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, row

N, HEIGHT, WIDTH, CHANNELS, HIGH, WIDE, STEP_HIGH, STEP_WIDE, PAD_HIGH, PAD_WIDE, ROWS, COLUMNS = range(12)
IS_SIDE_BY_SIDE, FIRST, SECOND, THIRD, SCRATCH = 12, 13, 14, 15, 16


def _itself(x: Vector) -> tuple[Vector]:
    return (x,)


def _same(number: Vector) -> Vector:
    return number


def _scaled(x: Vector, factor: Vector) -> Vector:
    return x * factor


def _scaled_and_added(x: Vector, total: Vector, factor: Vector) -> Vector:
    return fma(x, factor, total)


def _sum(a: Vector, b: Vector) -> Vector:
    return a + b


sum_pixels = column_fold(_itself)
fill_row, scale_row, scale_and_add_row, add_row = row(_same), row(_scaled), row(_scaled_and_added), row(_sum)


@inline
def zero(n: int, target: int) -> None:
    """Write n zeros."""
    fill_row(n, (), (target,), (np.float32(0.0),))


@inline
def bounds(begin: int, length: int, limit: int) -> tuple[int, int]:
    """Which positions of a window that begins there lie within an image."""
    return max(0, -begin), min(length, limit - begin)


@kernel
def max_pool(arguments: int, part: int, parts: int) -> None:
    """Then `x, y, chosen, scratch, scratch_part`: a part owns rows of answers; scratch holds two words a position."""
    rows, columns, channels, width = (
        word(arguments, ROWS),
        word(arguments, COLUMNS),
        word(arguments, CHANNELS),
        word(arguments, WIDTH),
    )
    table = word(arguments, SCRATCH) + part * word(arguments, SCRATCH + 1)
    first, last = share(word(arguments, N) * rows, part, parts, 1)
    for unit in range(first, last):
        top = unit % rows * word(arguments, STEP_HIGH) - word(arguments, PAD_HIGH)
        image = unit // rows * word(arguments, HEIGHT)
        known_left, known_right, count = -1, -1, 0
        high = bounds(top, word(arguments, HIGH), word(arguments, HEIGHT))
        for column in range(columns):
            begin = column * word(arguments, STEP_WIDE) - word(arguments, PAD_WIDE)
            wide = bounds(begin, word(arguments, WIDE), width)
            if wide[0] != known_left or wide[1] != known_right:
                known_left, known_right = wide
                count = list_positions(arguments, high, wide, table)
            source = word(arguments, FIRST) + ((image + top) * width + begin) * channels * 4
            at = (unit * columns + column) * channels
            target = word(arguments, SECOND) + at * 4
            choose_row(channels, source, table, count, target, word(arguments, THIRD) + at, 0)


@inline
def list_positions(arguments: int, high: tuple[int, int], wide: tuple[int, int], table: int) -> int:
    """Offset and number of every position within the image; how many those are."""
    count, channels, width = 0, word(arguments, CHANNELS), word(arguments, WIDTH)
    for k in range(high[0], high[1]):
        for m in range(wide[0], wide[1]):
            store_word(table + 16 * count, (k * width + m) * channels * 4)
            store_word(table + 16 * count + 8, k * word(arguments, WIDE) + m)
            count += 1
    return count


@kernel
def max_pool_vjp(arguments: int, part: int, parts: int) -> None:
    """Then `g, chosen, dx`: a part owns rows of the gradient, or images where windows overlap."""
    height = word(arguments, HEIGHT)
    if word(arguments, IS_SIDE_BY_SIDE):
        first, last = share(word(arguments, N) * height, part, parts, 1)
        for unit in range(first, last):
            spread_line(arguments, unit // height, unit % height, 1)
    else:
        first, last = share(word(arguments, N), part, parts, 1)
        for image in range(first, last):
            add_windows(arguments, image, 1)


@kernel
def average_pool_vjp(arguments: int, part: int, parts: int) -> None:
    """Then `g, 0, dx`: as `max_pool_vjp`."""
    height = word(arguments, HEIGHT)
    if word(arguments, IS_SIDE_BY_SIDE):
        first, last = share(word(arguments, N) * height, part, parts, 1)
        for unit in range(first, last):
            spread_line(arguments, unit // height, unit % height, 0)
    else:
        first, last = share(word(arguments, N), part, parts, 1)
        for image in range(first, last):
            add_windows(arguments, image, 0)


@inline
def spread_line(arguments: int, image: int, y: int, is_chosen: int) -> None:
    """One row of the gradient, every number of which belongs to one window at most."""
    width, channels, wide = word(arguments, WIDTH), word(arguments, CHANNELS), word(arguments, WIDE)
    rows, columns, high = word(arguments, ROWS), word(arguments, COLUMNS), word(arguments, HIGH)
    target = word(arguments, THIRD) + (image * word(arguments, HEIGHT) + y) * width * channels * 4
    line, factor = y // high, np.float32(1.0 / (high * wide))
    covered = columns * wide if line < rows else 0
    for x in range(covered):
        at = ((image * rows + line) * columns + x // wide) * channels
        g, place = word(arguments, FIRST) + at * 4, target + x * channels * 4
        if is_chosen:
            number = (y - line * high) * wide + x % wide
            spread_row(channels, g, word(arguments, SECOND) + at, number, place, 0)
        else:
            scale_row(channels, (g,), (place,), (factor,))
    zero((width - covered) * channels, target + covered * channels * 4)


@inline
def add_windows(arguments: int, image: int, is_chosen: int) -> None:
    """The gradient of one image, window after window."""
    height, width, channels = word(arguments, HEIGHT), word(arguments, WIDTH), word(arguments, CHANNELS)
    high, wide, columns = word(arguments, HIGH), word(arguments, WIDE), word(arguments, COLUMNS)
    target = word(arguments, THIRD) + image * height * width * channels * 4
    factor = np.float32(1.0 / (high * wide))
    zero(height * width * channels, target)
    for line in range(word(arguments, ROWS)):
        top = line * word(arguments, STEP_HIGH) - word(arguments, PAD_HIGH)
        for column in range(columns):
            begin = column * word(arguments, STEP_WIDE) - word(arguments, PAD_WIDE)
            at = ((image * word(arguments, ROWS) + line) * columns + column) * channels
            g = word(arguments, FIRST) + at * 4
            first, last = bounds(top, high, height)
            left, right = bounds(begin, wide, width)
            for k in range(first, last):
                for m in range(left, right):
                    place = target + ((top + k) * width + begin + m) * channels * 4
                    if is_chosen:
                        spread_row(channels, g, word(arguments, SECOND) + at, k * wide + m, place, 1)
                    else:
                        scale_and_add_row(channels, (g, place), (place,), (factor,))


@kernel
def average_pool(arguments: int, part: int, parts: int) -> None:
    """Then `x, y, 0, scratch, scratch_part`: a part owns rows of answers; scratch holds a row of channels."""
    rows, columns, channels, width = (
        word(arguments, ROWS),
        word(arguments, COLUMNS),
        word(arguments, CHANNELS),
        word(arguments, WIDTH),
    )
    some = word(arguments, SCRATCH) + part * word(arguments, SCRATCH + 1)
    factor = np.float32(1.0 / (word(arguments, HIGH) * word(arguments, WIDE)))
    first, last = share(word(arguments, N) * rows, part, parts, 1)
    for unit in range(first, last):
        top = unit % rows * word(arguments, STEP_HIGH) - word(arguments, PAD_HIGH)
        image = word(arguments, FIRST) + unit // rows * word(arguments, HEIGHT) * width * channels * 4
        above, below = bounds(top, word(arguments, HIGH), word(arguments, HEIGHT))
        for column in range(columns):
            begin = column * word(arguments, STEP_WIDE) - word(arguments, PAD_WIDE)
            left, right = bounds(begin, word(arguments, WIDE), width)
            target = word(arguments, SECOND) + (unit * columns + column) * channels * 4
            if right - left == width:  # whole rows of the image follow each other
                source = image + (top + above) * width * channels * 4
                sum_pixels(channels, (below - above) * width, 4 * channels, (source,), (), (target,))
            else:
                zero(channels, target)
                for k in range(above, below):
                    source = image + ((top + k) * width + begin + left) * channels * 4
                    sum_pixels(channels, right - left, 4 * channels, (source,), (), (some,))
                    add_row(channels, (target, some), (target,), ())
            scale_row(channels, (target,), (target,), (factor,))
