"""Products of matrices."""

from __future__ import annotations

import math

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.fused import LinearOperands
from azuraforge_core.ops.operands import need_same_dtype, pair
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of


def matmul(a: Tensor | Array, b: Tensor | Array) -> Tensor:
    """`a @ b` by NumPy's rules.

    The last two axes are matrices, those before them broadcast; a vector is a row on the left, a column on the right.

    Raises:
        ShapeError: a scalar, inner lengths that differ, or leading axes that do not broadcast.
    """
    a, b = pair(a, b)
    if not a.ndim or not b.ndim or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ShapeError(f"matmul: {a.shape} @ {b.shape}; the last axis of the left must equal the rows of the right")
    backend = backend_of(a, b)
    try:
        y = backend.matmul(a.data, b.data)
    except ValueError as error:
        raise ShapeError(f"matmul: {a.shape} @ {b.shape}; the leading axes do not broadcast") from error

    def vjp(g: Array) -> tuple[Array | None, Array | None]:
        rows = a.data[None, :] if a.ndim == 1 else a.data
        columns = b.data[:, None] if b.ndim == 1 else b.data
        g = g[..., None] if b.ndim == 1 else g
        g = g[..., None, :] if a.ndim == 1 else g
        da = backend.matmul(g, columns.swapaxes(-1, -2)) if a.requires_grad else None
        db = backend.matmul(rows.swapaxes(-1, -2), g) if b.requires_grad else None
        return (
            da[..., 0, :] if da is not None and a.ndim == 1 else da,
            db[..., 0] if db is not None and b.ndim == 1 else db,
        )

    return record(y, (a, b), vjp)


def linear(x: Tensor, w: Tensor, b: Tensor | None = None, *, is_rectified: bool = False) -> Tensor:
    """`x @ w + b`; with `is_rectified` the larger of that and 0, as `relu(linear(x, w, b))` in one op.

    `x (..., in)`, `w (in, out)`, `b (out)` or None, answer (..., out).

    Raises:
        ShapeError: they do not fit.
    """
    _check_linear(x, w, b=b)
    backend = backend_of(x, w)
    rows = x.data.reshape(math.prod(x.shape[:-1]), w.shape[0])
    y = backend.linear(rows, w.data, None if b is None else b.data, is_rectified=is_rectified)
    operands = LinearOperands(rows, w.data, y if is_rectified else None)

    def vjp(g: Array) -> tuple[Array | None, ...]:
        dx, dw, db = backend.linear_vjp(
            g.reshape(rows.shape[0], w.shape[1]),
            operands,
            needs=(x.requires_grad, w.requires_grad, b is not None and b.requires_grad),
            memory=(w.lend_memory(), None if b is None else b.lend_memory()),
        )
        dx = None if dx is None else dx.reshape(x.shape)
        return (dx, dw) if b is None else (dx, dw, db)

    parents = (x, w) if b is None else (x, w, b)
    return record(y.reshape(*x.shape[:-1], w.shape[1]), parents, vjp)


def _check_linear(x: Tensor, w: Tensor, *, b: Tensor | None) -> None:
    need_same_dtype("linear", x=x, w=w, **({} if b is None else {"b": b}))
    if not x.ndim or w.ndim != 2 or x.shape[-1] != w.shape[0]:
        raise ShapeError(f"linear: x {x.shape} and w {w.shape}; needed are x (..., in) and w (in, out)")
    if b is not None and b.shape != (w.shape[1],):
        raise ShapeError(f"linear: b {b.shape}; needed is ({w.shape[1]},), one per column of w {w.shape}")


def einsum(equation: str, *operands: Tensor) -> Tensor:
    """Sum of products in Einstein's notation, such as `nid,njd->nij`.

    One letter per axis, `->` and the answer's letters must be given; a letter may not repeat within one operand, and
    there is no ellipsis.

    Raises:
        ArgumentError: the equation is not of that form.
        ShapeError: it does not fit the operands.
    """
    terms, answer = _parse(equation, operands)
    need_same_dtype("einsum", **{f"operand {k}": x for k, x in enumerate(operands)})
    xp = backend_of(*operands).xp
    y = xp.einsum(equation, *(x.data for x in operands))

    def vjp(g: Array) -> list[Array | None]:
        return [_einsum_vjp(g, terms, answer=answer, operands=operands, k=k) for k in range(len(operands))]

    return record(y, operands, vjp)


def _parse(equation: str, operands: tuple[Tensor, ...]) -> tuple[list[str], str]:
    left, arrow, answer = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    letters = "".join(terms) + answer
    is_plain = all(letter.isascii() and letter.isalpha() for letter in letters)
    is_distinct = all(len(set(term)) == len(term) for term in (*terms, answer))
    if not arrow or not operands or not is_plain or not is_distinct or not set(answer) <= set("".join(terms)):
        raise ArgumentError(f"einsum: {equation!r} must be like 'ij,jk->ik', without repeats in a term and ellipsis")
    lengths: dict[str, int] = {}
    shapes = ", ".join(str(x.shape) for x in operands)
    if len(terms) != len(operands) or any(len(t) != x.ndim for t, x in zip(terms, operands, strict=False)):
        raise ShapeError(f"einsum: {equation!r} does not name the axes of {shapes}")
    for term, x in zip(terms, operands, strict=True):
        for letter, length in zip(term, x.shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ShapeError(f"einsum: axis {letter!r} of {equation!r} has different lengths in {shapes}")
    return terms, answer


def _einsum_vjp(g: Array, terms: list[str], *, answer: str, operands: tuple[Tensor, ...], k: int) -> Array | None:
    """Contract the answer's gradient with all other operands; axes that the operand alone summed away are repeated."""
    x = operands[k]
    if not x.requires_grad:
        return None
    xp = backend_of(x).xp
    others = [(term, other.data) for j, (term, other) in enumerate(zip(terms, operands, strict=True)) if j != k]
    known = set(answer).union(*(term for term, _ in others))
    reached = "".join(letter for letter in terms[k] if letter in known)
    names = ",".join([answer, *(term for term, _ in others)])
    d = xp.einsum(f"{names}->{reached}", g, *(data for _, data in others))
    opened = tuple(length if letter in known else 1 for letter, length in zip(terms[k], x.shape, strict=True))
    return xp.broadcast_to(d.reshape(opened), x.shape)
