"""Why an attempt is over: a sentence for people, and what an interface needs to say it in another language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from azuraforge_contracts import ReasonCode


@dataclass(frozen=True)
class Reason:
    """`text` is the English sentence; `params` are the values in it."""

    text: str
    code: ReasonCode | str = ""
    params: Mapping[str, str | int | float] = field(default_factory=dict)


def as_reason(reason: Reason | str) -> Reason:
    """A bare sentence has no code."""
    return Reason(reason) if isinstance(reason, str) else reason
