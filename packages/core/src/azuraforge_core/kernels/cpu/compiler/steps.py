"""What the kernels of recurrent layers share: how samples and k are cut, what a row of inputs is, products backward."""

from __future__ import annotations

from azuraforge_core.kernels.cpu.compiler.addresses import peek, poke
from azuraforge_core.kernels.cpu.compiler.decorators import inline
from azuraforge_core.kernels.cpu.compiler.gemm import STEPS, copy_row, multiply_panels, packed_bytes
from azuraforge_core.kernels.cpu.compiler.simd import LANES, Vector, row
from azuraforge_core.kernels.cpu.compiler.tiles import ROWS

CHUNK = 96
"""Most samples that go through time together: their rows of one step are to stay in cache."""

BLOCK = 128
"""Most steps of k in a block of a step's product: the panel of its gates is to stay in the first-level cache."""

_WIDTH = 4


def _copy3(a: Vector, b: Vector, c: Vector) -> tuple[Vector, ...]:
    return a, b, c


def _copy4(a: Vector, b: Vector, c: Vector, d: Vector) -> tuple[Vector, ...]:
    return a, b, c, d


copy_three, copy_four = row(_copy3), row(_copy4)


@inline
def pieces(n: int, most: int) -> int:
    """Into how many pieces of at most so many n things are cut; `cut` says where."""
    return (n + most - 1) // most


@inline
def cut(n: int, piece: int, count: int) -> int:
    """Where a piece of n things begins; pieces differ by one at most."""
    return n * piece // count


@inline
def put_rows(count: int, n: int, source: int, source_row: int, target: int, target_row: int) -> None:
    """Copy so many rows of n numbers."""
    for line in range(count):
        copy_row(n, (source + line * source_row,), (target + line * target_row,), ())


@inline
def put_inputs(count: int, features: int, x: int, x_sample: int, target: int, target_row: int) -> None:
    """Lay the x of a step, and a 1 behind it, into the rows of some samples."""
    for sample in range(count):
        source, place = x + sample * x_sample, target + sample * target_row
        if features < LANES:
            for feature in range(features):
                poke(place, feature, peek(source, feature))
        else:
            copy_row(features, (source,), (place,), ())
        poke(place, features, 1.0)


@inline
def multiply_turned(
    m: int, n: int, k: int, dz: int, dz_row: int, turned: int, c: int, c_row: int, accumulate: int
) -> None:
    """`C (m, n) (+)= dz (m, k) W^T` with weights that `recurrent.turn` has packed, blocks of k one after the other."""
    for first in range(0, k, STEPS):
        steps = min(STEPS, k - first)
        left = (dz + first * _WIDTH, dz_row, _WIDTH, ROWS * dz_row)
        more = 1 if first > 0 else accumulate
        multiply_panels(m, n, steps, left, turned + packed_bytes(n, first), (c, c_row), more)
