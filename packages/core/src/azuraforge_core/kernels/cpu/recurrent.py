"""What the callers of LSTM and GRU kernels share; the kernels are those of `source/recurrent.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.kernels.cpu.launch import LINE_BYTES, Kernel, address, workspace
from azuraforge_core.kernels.cpu.shares import FLOPS_PER_PART, gemm_workspace, parts_of

GATES = 4
ROWS_AT_ONCE = 512
"""How many rows (steps times samples) backward goes back before it adds up the gradients of the weights."""

_WIDTH = 4
_WIDEST_PANEL = 32
_PAD = 64  # rows of a round length would all fall on the same lines of the cache
_PACKED_BY_ONE = 40_000
_turn = Kernel("recurrent", "turn", "5q")
_add_one = Kernel("recurrent", "add_products", "13q")
_add_three = Kernel("recurrent", "add_products", "25q")


class Product(NamedTuple):
    """A gradient of weights: `c (m, n) += a^T b`, all as addresses, `c_row` in bytes."""

    m: int
    n: int
    a: int
    b: int
    c: int
    c_row: int


class Rows(NamedTuple):
    """The rows of some steps, of which gradients of weights are made: their number and strides in bytes."""

    total: int
    a_step: int
    b_step: int


def unit_stride(array: Array) -> Array:
    """The array, copied if numbers of its last axis do not lie side by side."""
    return array if array.strides[-1] == _WIDTH else np.ascontiguousarray(array)


def row_width(k: int) -> int:
    """Numbers from one row of a step's input to the next: whole cache lines."""
    return -(-k * _WIDTH // LINE_BYTES) * LINE_BYTES // _WIDTH


def gradient_row(hidden: int) -> int:
    """Bytes from one row of gradients before the activations to the next."""
    return GATES * hidden * _WIDTH + _PAD


def panels_bytes(k: int, hidden: int) -> int:
    """Memory for the packed gates of a forward product of k steps."""
    return GATES * k * _padded(hidden) * _WIDTH


def turned_bytes(n: int, k: int) -> int:
    """Memory for `turn`."""
    return _padded(n) * k * _WIDTH


def product_bytes(hidden: int, rows: int) -> int:
    """Memory that one part of `add_products` packs into."""
    return gemm_workspace(GATES * hidden, rows)


def place_of(array: Array | None) -> tuple[int, int, int]:
    """Address of `(n, time, ...)` and the strides of samples and steps; zeros where there is none."""
    return (0, 0, 0) if array is None else (address(array), array.strides[0], array.strides[1])


def places(sizes: Sequence[int]) -> list[int]:
    """Addresses of pieces of this thread's scratch memory, on cache lines; the next call may take them away."""
    sizes = [-(-size // LINE_BYTES) * LINE_BYTES for size in sizes]
    place = workspace(sum(sizes))
    found = []
    for size in sizes:
        found.append(place)
        place += size
    return found


def step_parts(n: int, time: int, weights: int) -> int:
    """Parts of a run over sequences: no more than there are samples."""
    return min(n, parts_of(2 * n * time * weights, FLOPS_PER_PART))


def pack_parts(weights: int, parts: int) -> int:
    """Parts that pack so many weights: the caller alone where waking another takes longer."""
    return 1 if weights < _PACKED_BY_ONE else parts


def turn(weights: Array, first: int, k: int, *, place: int, parts: int) -> None:
    """Pack the transpose of k columns of `weights` (contiguous) from `first`."""
    n, row = len(weights), weights.strides[0]
    _turn(n, k, address(weights) + first * _WIDTH, row, place, parts=pack_parts(n * k, parts))


def add_products(
    rows: Rows, products: Sequence[Product], *, accumulate: bool, scratch: tuple[int, int], parts: int
) -> None:
    """Gradients of weights (one product or three) from some rows; `scratch` is where, and how much a part has."""
    add = _add_one if len(products) == 1 else _add_three
    numbers = [number for product in products for number in product]
    add(len(products), *rows, accumulate, *scratch, *numbers, parts=parts)


def _padded(n: int) -> int:
    return -(-n // _WIDEST_PANEL) * _WIDEST_PANEL
