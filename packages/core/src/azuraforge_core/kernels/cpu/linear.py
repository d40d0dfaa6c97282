"""Products of matrices and affine maps by the kernels of `source/linear.py`."""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LinearGradients, LinearOperands
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, gemm_parts, gemm_workspace, parts_of

_affine = Kernel("linear", "affine", "16q")
_mask_and_sum = Kernel("linear", "mask_and_sum", "9q")
_MANY_ROWS = 1024


def matmul(a: Array, b: Array, *, out: Array | None = None) -> Array:
    """`a (m, k) @ b (k, n)`, any strides; `out` is contiguous along its rows."""
    return _multiply(a, b, out=out, bias=None, is_rectified=False)


def linear(x: Array, w: Array, b: Array | None, *, is_rectified: bool) -> Array:
    """`x (m, k) @ w (k, n) + b (n)`, and its positive part if asked for."""
    return _multiply(x, w, out=None, bias=b, is_rectified=is_rectified)


def linear_vjp(
    g: Array, operands: LinearOperands, *, needs: tuple[bool, bool, bool], memory: tuple[Array | None, Array | None]
) -> LinearGradients:
    """Gradients of x, w and b; `memory` is where those of w and b may be written."""
    x, w, y = operands
    m, n = g.shape
    if g.strides[1] != g.itemsize:
        g = g.copy()
    db = None
    if needs[2]:
        db = aligned_empty((n,)) if memory[1] is None else memory[1]
    if y is not None or db is not None:
        dz = g if y is None else aligned_empty((m, n))
        _mask_and_sum(
            *(m, n, address(g), g.strides[0]),
            *((0, 0) if y is None else (address(y), y.strides[0])),
            *(address(dz), dz.strides[0], 0 if db is None else address(db)),
            parts=parts_of(8 * m * n, BYTES_PER_PART),
        )
        g = dz
    dw = matmul(x.T, g, out=memory[0]) if needs[1] else None
    return LinearGradients(matmul(g, w.T) if needs[0] else None, dw, db)


def _multiply(a: Array, b: Array, *, out: Array | None, bias: Array | None, is_rectified: bool) -> Array:
    (m, k), n = a.shape, b.shape[1]
    c = aligned_empty((m, n)) if out is None else out
    parts = gemm_parts(m, n, k)
    size = gemm_workspace(n, k)
    _affine(
        *(m, n, k, address(a), *a.strides, address(b), *b.strides, address(c), c.strides[0]),
        *(m < 2 * n and m < _MANY_ROWS, workspace(size * parts), size, 0 if bias is None else address(bias)),
        is_rectified,
        parts=parts,
    )
    return c
