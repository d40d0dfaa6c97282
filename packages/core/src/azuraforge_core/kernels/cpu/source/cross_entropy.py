"""Cross entropy of rows of logits: the probabilities stay in cache between the two passes over a row.

forward    top = max x,  p = exp(x - top) / sum,  loss = log sum - (1 - s) (x[label] - top) - s (mean x - top)
backward   dx = (p - s / classes - (1 - s) at the label) * share
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import peek, poke, real, word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, exp, fma, fold, row


def _itself(x: Vector) -> Vector:
    return x


def _exp_below(x: Vector, top: Vector) -> Vector:
    return exp(x - top)


def _scale(x: Vector, factor: Vector) -> Vector:
    return x * factor


def _slope(p: Vector, share_of_class: Vector, factor: Vector) -> Vector:
    return fma(p, factor, share_of_class)


largest, total = fold(_itself, kind="max"), fold(_itself)
exp_row, scale_row, slope_row = row(_exp_below), row(_scale), row(_slope)


@kernel
def cross_entropy(arguments: int, part: int, parts: int) -> None:
    """`n, classes, logits, logits_row, labels, probabilities, losses`, then the smoothing; a part owns some rows."""
    first, last = share(word(arguments, 0), part, parts, 1)
    classes, logits, logits_row = word(arguments, 1), word(arguments, 2), word(arguments, 3)
    labels, probabilities, losses = word(arguments, 4), word(arguments, 5), word(arguments, 6)
    smoothing = np.float32(real(arguments, 7))
    for line in range(first, last):
        x, p = logits + line * logits_row, probabilities + 4 * line * classes
        top = largest(classes, (x,), ())
        if math.isinf(top):
            top = np.float32(0.0)
        exp_row(classes, (x,), (p,), (top,))
        mass = total(classes, (p,), ())
        scale_row(classes, (p,), (p,), (np.float32(1.0) / mass,))
        loss = np.float32(math.log(mass)) - (np.float32(1.0) - smoothing) * (peek(x, word(labels, line)) - top)
        if smoothing > 0.0:
            loss -= smoothing * (total(classes, (x,), ()) / np.float32(classes) - top)
        poke(losses, line, loss)


@kernel
def slopes(arguments: int, part: int, parts: int) -> None:
    """`n, classes, probabilities, labels, slopes`, then the smoothing and the share of a row in the loss."""
    first, last = share(word(arguments, 0), part, parts, 1)
    classes, probabilities, labels = word(arguments, 1), word(arguments, 2), word(arguments, 3)
    answer, smoothing, factor = word(arguments, 4), np.float32(real(arguments, 5)), np.float32(real(arguments, 6))
    spread = -smoothing / np.float32(classes) * factor
    for line in range(first, last):
        p, d = probabilities + 4 * line * classes, answer + 4 * line * classes
        slope_row(classes, (p,), (d,), (spread, factor))
        label = word(labels, line)
        poke(d, label, peek(d, label) - (np.float32(1.0) - smoothing) * factor)
