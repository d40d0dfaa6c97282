"""Cross entropy by the kernels of `source/cross_entropy.py`."""

from __future__ import annotations

import numpy as np

from azuraforge_core.dtypes import Array, int64
from azuraforge_core.fused import CrossEntropy
from azuraforge_core.kernels.cpu.launch import Kernel, address
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

_cross_entropy = Kernel("cross_entropy", "cross_entropy", "7qd")
_slopes = Kernel("cross_entropy", "slopes", "5q2d")


def cross_entropy(logits: Array, labels: Array, *, smoothing: float) -> CrossEntropy:
    """Losses and probabilities of `logits (n, classes)` for `labels (n)`."""
    n, classes = logits.shape
    rows = logits if logits.strides[1] == logits.itemsize else np.ascontiguousarray(logits)
    chosen = np.ascontiguousarray(labels, dtype=int64)
    probabilities, losses = np.empty((n, classes), dtype=np.float32), np.empty(n, dtype=np.float32)
    _cross_entropy(
        *(n, classes, address(rows), rows.strides[0], address(chosen), address(probabilities), address(losses)),
        smoothing,
        parts=parts_of(4 * logits.nbytes, BYTES_PER_PART),
    )
    return CrossEntropy(losses, probabilities)


def cross_entropy_vjp(probabilities: Array, labels: Array, *, smoothing: float, share: Array | float) -> Array:
    """Gradient of `share` times the sum of the losses."""
    n, classes = probabilities.shape
    chosen = np.ascontiguousarray(labels, dtype=int64)
    answer = np.empty((n, classes), dtype=np.float32)
    _slopes(
        *(n, classes, address(probabilities), address(chosen), address(answer), smoothing, float(share)),
        parts=parts_of(2 * answer.nbytes, BYTES_PER_PART),
    )
    return answer
