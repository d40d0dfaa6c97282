"""Comparisons: bool tensors, never on the tape."""

from __future__ import annotations

from azuraforge_core.ops.operands import broadcast, pair
from azuraforge_core.tensor import Operand, Tensor, backend_of


def equal(a: Operand, b: Operand) -> Tensor:
    """Where `a == b`."""
    return _compare("equal", a, b=b)


def not_equal(a: Operand, b: Operand) -> Tensor:
    """Where `a != b`."""
    return _compare("not_equal", a, b=b)


def less(a: Operand, b: Operand) -> Tensor:
    """Where `a < b`."""
    return _compare("less", a, b=b)


def less_equal(a: Operand, b: Operand) -> Tensor:
    """Where `a <= b`."""
    return _compare("less_equal", a, b=b)


def greater(a: Operand, b: Operand) -> Tensor:
    """Where `a > b`."""
    return _compare("greater", a, b=b)


def greater_equal(a: Operand, b: Operand) -> Tensor:
    """Where `a >= b`."""
    return _compare("greater_equal", a, b=b)


def _compare(name: str, a: Operand, *, b: Operand) -> Tensor:
    a, b = pair(a, b)
    broadcast(name, a, b=b)
    xp = backend_of(a, b).xp
    table = {
        "equal": xp.equal,
        "not_equal": xp.not_equal,
        "less": xp.less,
        "less_equal": xp.less_equal,
        "greater": xp.greater,
        "greater_equal": xp.greater_equal,
    }
    return Tensor(xp.asarray(table[name](a.data, b.data)))
