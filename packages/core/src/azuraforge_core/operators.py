"""What the operators and computing methods of `Tensor` mean.

`Tensor` stands below the ops, which need it; so its operators are tied to the ops here, above both, in one table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge_core import ops, tape
from azuraforge_core.dtypes import Array, check_dtype
from azuraforge_core.tensor import Operand, Tensor


def _right_subtract(self: Tensor, other: Operand) -> Tensor:
    return ops.subtract(other, self)


def _right_divide(self: Tensor, other: Operand) -> Tensor:
    return ops.divide(other, self)


def _right_power(self: Tensor, base: Operand) -> Tensor:
    return ops.power(base, self)


def _right_matmul(self: Tensor, other: Tensor | Array) -> Tensor:
    return ops.matmul(other, self)


def _backward(self: Tensor, gradient: Array | None = None, *, retain_tape: bool = False) -> None:
    """Add the gradient of this tensor to the `grad` of every leaf; see `tape.backward`."""
    tape.backward(self, gradient=gradient, retain_tape=retain_tape)


def _reshape(self: Tensor, *shape: int) -> Tensor:
    return ops.reshape(self, shape)


def _transpose(self: Tensor, *axes: int) -> Tensor:
    return ops.transpose(self, axes or None)


def _astype(self: Tensor, dtype: Any) -> Tensor:
    return ops.cast(self, check_dtype(np.dtype(dtype)))


_TABLE = {
    "__add__": ops.add,
    "__radd__": ops.add,
    "__sub__": ops.subtract,
    "__rsub__": _right_subtract,
    "__mul__": ops.multiply,
    "__rmul__": ops.multiply,
    "__truediv__": ops.divide,
    "__rtruediv__": _right_divide,
    "__pow__": ops.power,
    "__rpow__": _right_power,
    "__matmul__": ops.matmul,
    "__rmatmul__": _right_matmul,
    "__neg__": ops.negative,
    "__getitem__": ops.getitem,
    "backward": _backward,
    "detach": tape.detach,
    "astype": _astype,
    "sum": ops.sum,
    "mean": ops.mean,
    "reshape": _reshape,
    "transpose": _transpose,
}

for _name, _function in _TABLE.items():
    setattr(Tensor, _name, _function)
