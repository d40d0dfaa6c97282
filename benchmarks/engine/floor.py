"""The least time that a training step could take here: what any program would have to do, done as fast as it goes.

    arithmetic   the products of matrices of forward, of the gradient of inputs and of that of weights, as fused
                 multiply-adds on numbers that never leave the registers
    memory       Adam's rows: four are read and three written, once a step

Everything else that a step does (activations, normalisation, what the products read and write, Python) is left out, so
no program gets below it, and one that comes near has nothing left to gain. It is measured as a candidate beside the
others, in the same rounds: what slows the machine down slows it as well. A ratio to PyTorch below that of the floor
cannot be had on this processor, whatever a goal says.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, WORD, instruction
from azuraforge_core.kernels.cpu.compiler.simd import LANES, VECTOR, Vector, fma, load_vector, row, store_vector
from engine.workloads import WORKLOADS, Workload

CHAINS: Final = 12
"""Sums that do not wait for each other: more than a processor has multiply-adds on their way, fewer than registers."""
_ROUND: Final = 2 * CHAINS * LANES
"""Floating-point operations of one round of the loop."""


def products(workload: Workload) -> float:
    """Floating-point operations of a step's products of matrices; a multiply-add counts as two."""
    return 2.0 * _MULTIPLY_ADDS[workload.family](workload)


def parameters(workload: Workload) -> int:
    """Numbers that Adam changes."""
    return sum(int(np.prod(shape)) for shape in workload.shapes.values())


def make_step(subject: str, *, variant: str = "") -> tuple[Callable[[], object], list[float]]:
    """The least work of a step, shared among the threads; it computes nothing that could be compared."""
    del variant
    workload, threads = WORKLOADS[subject], int(os.environ["OMP_NUM_THREADS"])
    rounds, size = round(products(workload) / _ROUND / threads), -(-parameters(workload) // threads)
    rows = [np.ones((4, size + LANES), np.float32) for _ in range(threads)]
    pool = ThreadPoolExecutor(threads)

    def share(block: np.ndarray[Any, Any]) -> None:
        _work(rounds, size, block.ctypes.data, block.strides[0])

    def step() -> None:
        list(pool.map(share, rows)) if threads > 1 else share(rows[0])

    step()  # compiles
    return step, []


def facts() -> dict[str, str]:
    """Nothing computes here that others would not name."""
    return {}


def _recurrent(workload: Workload, *, gates: int) -> float:
    """The input's two products at every step of time; the state's three, but at the first one."""
    (time, features), units = workload.input_shape, workload.sizes["units"]
    each = workload.batch * gates * units
    return each * (2 * time * features + 3 * (time - 1) * units) + 3 * workload.batch * units


def _mlp(workload: Workload) -> float:
    widths = [shape for shape in workload.shapes.values() if len(shape) == 2]
    sizes = [inputs * outputs for inputs, outputs in widths]
    return workload.batch * (3 * sum(sizes) - sizes[0])


def _cnn(workload: Workload) -> float:
    """Only the pixels that a pooling window reads: 26 x 26 of the first convolution, 10 x 10 of the second."""
    first, second, last = 26 * 26 * 9 * 16, 10 * 10 * 9 * 16 * 32, 5 * 5 * 32 * 10
    return workload.batch * (2 * first + 3 * second + 3 * last)


def _transformer(workload: Workload) -> float:
    """Four affine maps, each three times; two products of attention, and four backward."""
    (time, width), hidden = workload.input_shape, workload.sizes["hidden"]
    maps = width * (3 * width + width + 2 * hidden)
    return workload.batch * (3 * time * maps + 6 * time * time * width)


def _residual(workload: Workload) -> float:
    """Two convolutions, without the gradient of the data; windows read no pixel beyond the border."""
    (high, wide, channels), kernel = workload.input_shape, 3
    reached = (kernel * high - 2) * (kernel * wide - 2)
    return workload.batch * (5 * reached * channels * channels + 3 * channels * 10)


_MULTIPLY_ADDS: Final[dict[str, Callable[[Workload], float]]] = {
    "lstm": lambda workload: _recurrent(workload, gates=4),
    "gru": lambda workload: _recurrent(workload, gates=3),
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
    "residual": _residual,
}


@instruction(NOTHING, (WORD, WORD))
def _multiply_add(builder: ir.IRBuilder, rounds: ir.Value, place: ir.Value) -> None:
    """`CHAINS` fused multiply-adds a round; the sums are written down so that they are not left out."""
    start = Vector(builder, load_vector(builder, place))
    sums = [cgutils.alloca_once(builder, VECTOR) for _ in range(CHAINS)]
    for total in sums:
        builder.store(start.value, total)
    with cgutils.for_range(builder, rounds):
        for total in sums:
            builder.store(fma(start, start, Vector(builder, builder.load(total))).value, total)
    for left, right in itertools.pairwise(sums):
        builder.store(builder.fadd(builder.load(left), builder.load(right)), right)
    store_vector(builder, builder.load(sums[-1]), place)


def _pass(value: Vector, gradient: Vector, first: Vector, second: Vector) -> tuple[Vector, Vector, Vector]:
    return value - gradient, first + gradient, second + gradient


_pass_row = row(_pass)


@numba.njit(nogil=True, error_model="numpy")
def _work(rounds: int, size: int, rows: int, row_bytes: int) -> None:
    _multiply_add(rounds, rows + size * 4)
    value, gradient, first, second = rows, rows + row_bytes, rows + 2 * row_bytes, rows + 3 * row_bytes
    _pass_row(size, (value, gradient, first, second), (value, first, second), ())
