"""Which dtypes a tensor may have, and which one an op answers with.

float32 unless asked otherwise; integers and bools keep what they are and never receive a gradient. Where a number
type would creep upward (int64 with float32 gives float64 in NumPy), the floating tensor decides.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from azuraforge_core.errors import DtypeError

Array: TypeAlias = NDArray[Any]  # elements are checked at run time; CuPy arrays answer to the same names
Dtype: TypeAlias = np.dtype[Any]

bool_ = np.dtype(np.bool_)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)

DEFAULT = float32
SUPPORTED: frozenset[Dtype] = frozenset(
    {float32, float64, bool_, int32, int64, *map(np.dtype, (np.int8, np.int16, np.uint8))}
)
_LETTERS = frozenset(dtype.char for dtype in SUPPORTED)  # a letter is looked up in a fifth of a dtype's time


def check_dtype(dtype: Dtype) -> Dtype:
    """The dtype itself.

    Raises:
        DtypeError: tensors cannot hold it.
    """
    if not (dtype.char in _LETTERS and dtype.isnative) and dtype not in SUPPORTED:
        names = ", ".join(sorted(str(known) for known in SUPPORTED))
        raise DtypeError(f"a tensor cannot hold {dtype}; it holds one of {names}: convert the data first")
    return dtype


def is_float(dtype: Dtype) -> bool:
    """Whether tensors of this dtype can require a gradient."""
    return dtype.kind == "f"


def common_dtype(a: Dtype, b: Dtype) -> Dtype:
    """What an op of two tensors computes in: the floating one decides, two floats or two integers widen."""
    if a == b:
        return a
    if is_float(a) != is_float(b):
        return a if is_float(a) else b
    return check_dtype(np.promote_types(a, b))
