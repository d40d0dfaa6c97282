"""Products of matrices and affine maps by the kernels of `source/linear.py`."""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace
from azuraforge_core.kernels.cpu.shares import gemm_parts, gemm_workspace

_matmul = Kernel("linear", "matmul", "15q")


def matmul(a: Array, b: Array) -> Array:
    """`a (m, k) @ b (k, n)`, any strides."""
    (m, k), n = a.shape, b.shape[1]
    c = aligned_empty((m, n))
    parts = gemm_parts(m, n, k)
    by_columns = not (m >= 2 * n or m >= 1024)
    size = gemm_workspace(n, k)
    _matmul(
        *(m, n, k, address(a), *a.strides, address(b), *b.strides, address(c), c.strides[0]),
        *(0, by_columns, workspace(size * parts), size),
        parts=parts,
    )
    return c
