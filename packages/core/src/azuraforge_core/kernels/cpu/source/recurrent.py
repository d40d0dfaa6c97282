"""What LSTM and GRU have in common backward: weights transposed before it, gradients of weights along the way."""

from __future__ import annotations

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import STEPS, gemm, pack, packed_bytes, share
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS

_WIDTH = 4
_SHARED, _OF_A_PRODUCT = 7, 6
"""How many arguments of `add_products` all products share, and how many each has."""


@kernel
def turn(arguments: int, part: int, parts: int) -> None:
    """`n, k, weights, weights_row, panels`: pack the transpose of weights (n, k), a block of k after the other."""
    n, k = word(arguments, 0), word(arguments, 1)
    weights, weights_row, panels = word(arguments, 2), word(arguments, 3), word(arguments, 4)
    start, stop = share(n, part, parts, COLUMNS)
    for first in range(0, k, STEPS):
        steps = min(STEPS, k - first)
        place = panels + packed_bytes(n, first) + packed_bytes(start, steps)
        pack(steps, stop - start, weights + start * weights_row + first * _WIDTH, _WIDTH, weights_row, place)


@kernel
def add_products(arguments: int, part: int, parts: int) -> None:
    """Gradients of weights from some steps; every part has columns of its own.

    `products, k, a_step, b_step, accumulate, scratch, scratch_part`, then per product `m, n, a, b, c, c_row`:
    `C (m, n) (+)= A^T B` over k rows of both.
    """
    k, a_step, b_step = word(arguments, 1), word(arguments, 2), word(arguments, 3)
    scratch = word(arguments, 5) + part * word(arguments, 6)
    for product in range(word(arguments, 0)):
        own = arguments + 8 * (_SHARED + product * _OF_A_PRODUCT)
        m, n = word(own, 0), word(own, 1)
        start, stop = share(n, part, parts, COLUMNS)
        if stop > start:
            gemm(
                (m, stop - start, k),
                (word(own, 2), _WIDTH, a_step),
                (word(own, 3) + start * _WIDTH, b_step, _WIDTH),
                (word(own, 4) + start * _WIDTH, word(own, 5)),
                word(arguments, 4),
                scratch,
            )
