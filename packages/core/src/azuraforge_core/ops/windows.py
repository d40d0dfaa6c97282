"""Options of ops that slide a window: one number for every axis, or one per axis."""

from __future__ import annotations

from typing import TypeAlias

from azuraforge_core.errors import ArgumentError

Sizes: TypeAlias = "int | tuple[int, ...]"


def sizes(op: str, option: str, value: Sizes, *, rank: int, least: int) -> tuple[int, ...]:
    """One whole number per spatial axis.

    Raises:
        ArgumentError: a wrong number of them, or one below `least`.
    """
    numbers = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(numbers) != rank or any(number < least for number in numbers):
        raise ArgumentError(
            f"{op}: {option} is {value}; needed are {rank} whole numbers from {least} on, or one for all"
        )
    return numbers
