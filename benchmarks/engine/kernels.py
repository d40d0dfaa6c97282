"""The single ops that are timed, so that a step that got slower can be traced to one of them; NumPy only.

The matrix products are those that the workloads consist of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SEED: Final = 11
SAMPLES: Final = 64
"""How many numbers of an answer are compared."""
Floats = npt.NDArray[np.float32]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Kernel:
    """One op on operands of these shapes; with `is_backward` also the gradients of all of them."""

    name: str
    op: str
    shapes: tuple[Shape, ...]
    is_backward: bool = False
    classes: int = 0


def operands_of(kernel: Kernel) -> list[Floats]:
    """Normally distributed numbers, small enough that sums of products stay near 1."""
    random = np.random.default_rng(SEED)
    return [random.standard_normal(shape, dtype=np.float32) * np.float32(0.3) for shape in kernel.shapes]


def labels_of(kernel: Kernel) -> npt.NDArray[np.int64]:
    """A class for every row of the first operand."""
    return np.random.default_rng(SEED).integers(0, kernel.classes, kernel.shapes[0][0], dtype=np.int64)


def gradient_of(shape: Shape) -> Floats:
    """What comes back from above: a different number everywhere, for a constant one cancels in a softmax."""
    return np.random.default_rng(SEED + 1).standard_normal(shape, dtype=np.float32)


def sample(arrays: list[npt.NDArray[Any]]) -> list[float]:
    """Numbers spread over every array, to be compared."""
    return [float(value) for array in arrays for value in array.ravel()[:: max(1, array.size // SAMPLES)]]


GEMM_SHAPES: Final = (
    (64, 256, 64),
    (64, 1024, 256),
    (3840, 1024, 32),
    (128, 512, 784),
    (784, 512, 128),
    (2048, 512, 128),
    (2048, 128, 512),
    (7744, 32, 144),
    (43264, 16, 9),
)
"""m, n, k of (m, k) @ (k, n): a step of LSTM 64 and 256, its inputs, MLP forward and its weights' gradient,
Transformer, and the two convolutions as products.
"""


def _gemm(m: int, n: int, k: int) -> Kernel:
    return Kernel(f"gemm_{m}x{n}x{k}", "gemm", ((m, k), (k, n)))


_ALL = (
    *(_gemm(*shape) for shape in GEMM_SHAPES),
    Kernel("adam_535818", "adam", ((535_818,),)),
    Kernel("softmax_8192x64", "softmax", ((8192, 64),), is_backward=True),
    Kernel("cross_entropy_128x10", "cross_entropy", ((128, 10),), is_backward=True, classes=10),
    Kernel("layer_norm_2048x128", "layer_norm", ((2048, 128), (128,), (128,)), is_backward=True),
    Kernel("batch_norm_8192x32", "batch_norm", ((32, 16, 16, 32), (32,), (32,)), is_backward=True),
    Kernel("conv2d_64x13x13x16", "conv2d", ((64, 13, 13, 16), (3, 3, 16, 32), (32,)), is_backward=True),
    Kernel("max_pool_64x26x26x16", "max_pool", ((64, 26, 26, 16),), is_backward=True),
    Kernel("attention_32x4x64x32", "attention", ((32, 4, 64, 32),) * 3, is_backward=True),
)
KERNELS: Final[Mapping[str, Kernel]] = {kernel.name: kernel for kernel in _ALL}
Run = Callable[[], list[npt.NDArray[Any]]]
