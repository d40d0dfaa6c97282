"""An affine map, in plain array code."""

from __future__ import annotations

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LinearGradients, LinearOperands


def linear(xp: ArrayModule, x: Array, w: Array, b: Array | None, *, is_rectified: bool) -> Array:
    """`x (m, k) @ w (k, n) + b (n)`, and its positive part if asked for."""
    y = xp.matmul(x, w)
    if b is not None:
        y += b
    return xp.maximum(y, 0, out=y) if is_rectified else y


def linear_vjp(
    xp: ArrayModule,
    g: Array,
    operands: LinearOperands,
    *,
    needs: tuple[bool, bool, bool],
    memory: tuple[Array | None, Array | None],
) -> LinearGradients:
    """Gradients of x, w and b."""
    x, w, y = operands
    if y is not None:
        g = g * (y > 0)
    return LinearGradients(
        xp.matmul(g, w.T) if needs[0] else None,
        xp.matmul(x.T, g, out=memory[0]) if needs[1] else None,
        xp.sum(g, axis=0, out=memory[1]) if needs[2] else None,
    )
