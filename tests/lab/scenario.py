"""What a scenario answers, and how a raised one is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from worker_house import House


class Impossible(Exception):
    """This machine cannot play the scenario; the message says what it lacks."""


@dataclass(frozen=True)
class Measured:
    """What was seen: a figure for the table, and one sentence per thing that is wrong."""

    figure: str
    wrongs: list[str] = field(default_factory=list)


Scenario = Callable[[House, int], Measured]
OpenFaulty = Callable[[str], AbstractContextManager[House]]
"""Opens a house whose processes have the named fault."""


def play(scenario: Scenario, house: House, *, size: int) -> Measured:
    """Play it; what did not happen in time, and a refusal that nobody expected, are wrong too.

    Raises:
        Impossible: this machine cannot play it.
    """
    try:
        return scenario(house, size)
    except Impossible:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a broken platform raises is what the scenario found
        return Measured("not finished", [f"{type(error).__name__}: {error}"])


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
