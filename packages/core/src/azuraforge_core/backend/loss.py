"""Mean squared error in plain array code."""

from __future__ import annotations

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array


def squared_error(xp: ArrayModule, prediction: Array, target: Array) -> tuple[Array, Array]:
    """Sum of the squared differences, and the differences."""
    difference = prediction - target
    return xp.sum(xp.square(difference)), difference
