"""Mean squared error by the kernels of `source/loss.py`."""

from __future__ import annotations

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

CHUNK = 4096
"""Numbers in one sum: they are still in the first-level cache when it is taken."""

_squares = Kernel("loss", "squares", "6q")
_scaled = Kernel("loss", "scaled", "3qd")


def squared_error(prediction: Array, target: Array) -> tuple[Array, Array]:
    """Sum of the squared differences, and the differences."""
    prediction, target = np.ascontiguousarray(prediction), np.ascontiguousarray(target)
    difference, n = aligned_empty(prediction.shape), prediction.size
    sums = aligned_empty((-(-n // CHUNK),))
    _squares(
        *(n, CHUNK, address(prediction), address(target), address(difference), address(sums)),
        parts=parts_of(3 * prediction.nbytes, BYTES_PER_PART),
    )
    return np.asarray(sums.sum()), difference


def scaled(x: Array, factor: float) -> Array:
    """Contiguous `x` times a number."""
    y = aligned_empty(x.shape)
    _scaled(x.size, address(x), address(y), factor, parts=parts_of(2 * x.nbytes, BYTES_PER_PART))
    return y
