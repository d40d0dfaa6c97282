"""When is a figure a regression, and when only a goal that is not reached yet?

`limits.json` holds two things. `goals`: what the engine is meant to reach and its moonshot, the same everywhere.
`held`: what each machine has measured on a quiet day. A row fails when it is worse than its limit by more than its
spread (the distance of its quartiles); the limit is what the machine held, with the drift between days, and a goal
that was reached once is a limit from then on. A goal that was never reached is printed as such and fails nothing. A
machine without figures of its own is held to the worst of the others'.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

FILE: Final = Path(__file__).with_name("limits.json")
DRIFT: Final = 1.10
"""Ratios of one machine moved by up to a tenth between runs of the same code."""
MOST_LOADED: Final = 0.5
"""Above this share of disturbed pairs a figure is printed and not judged."""


class State(StrEnum):
    """What a row turned out to be; the values are printed."""

    MOONSHOT = "moonshot reached"
    REACHED = "goal reached"
    NOT_YET = "goal not reached yet"
    REGRESSED = "REGRESSION"
    HELD = "held"
    NOT_JUDGED = "not judged"
    NO_GOAL = "no goal, nothing held yet"


@dataclass(frozen=True)
class Limit:
    """What is known of one row: goal, moonshot and what was held, each if there is one. Smaller is better."""

    goal: float | None = None
    moonshot: float | None = None
    held: float | None = None

    @property
    def most(self) -> float | None:
        """The figure that must not be exceeded by more than the spread."""
        if self.held is None:
            return None
        drifted = self.held * DRIFT
        return self.goal if self.goal is not None and self.held <= self.goal < drifted else drifted


@dataclass(frozen=True)
class Verdict:
    """The state of one row and a sentence about it."""

    state: State
    text: str


@dataclass(frozen=True)
class Limits:
    """The whole file."""

    goals: Mapping[str, Mapping[str, float]]
    held: Mapping[str, Mapping[str, float]]

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read the file."""
        known = json.loads(path.read_text(encoding="utf-8"))
        return cls(known["goals"], known["held"])

    def of(self, row: str, *, machine: str) -> Limit:
        """The limit of one row on one machine."""
        goal = self.goals.get(row, {})
        return Limit(goal.get("goal"), goal.get("moonshot"), self._held(row, machine=machine))

    def holding(self, rows: Mapping[str, Mapping[str, Any]], *, machine: str) -> Limits:
        """The same with the figures of `rows` as what `machine` holds; disturbed ones are not taken."""
        new = {name: figure_of(row) for name, row in rows.items() if row.get("loaded", 0) <= MOST_LOADED}
        return Limits(self.goals, {**self.held, machine: {**self.held.get(machine, {}), **new}})

    def save(self, path: Path = FILE) -> None:
        """Write the file, sorted."""
        text = json.dumps({"goals": self.goals, "held": self.held}, indent=2, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    def _held(self, row: str, *, machine: str) -> float | None:
        own = self.held.get(machine, {}).get(row)
        if own is not None:
            return own
        return max((rows[row] for rows in self.held.values() if row in rows), default=None)


def figure_of(row: Mapping[str, Any]) -> float:
    """The number that is judged: a ratio, or a value where there is no peer."""
    return float(row["ratio"] if "ratio" in row else row["value"])


def judge(row: Mapping[str, Any], limit: Limit) -> Verdict:
    """Compare one row with its limit."""
    figure, spread = figure_of(row), float(row["high"]) - float(row["low"])
    goal = "" if limit.goal is None else f", goal {limit.goal:g}"
    most = limit.most
    if limit.goal is None and most is None:
        return Verdict(State.NO_GOAL, f"{figure:.2f}")
    if row.get("loaded", 0) > MOST_LOADED:
        return Verdict(State.NOT_JUDGED, f"{figure:.2f}{goal}; others used the machine in {row['loaded']:.0%} of pairs")
    if most is not None and figure - spread > most:
        return Verdict(
            State.REGRESSED, f"{figure:.2f} with a spread of {spread:.2f}, at most {most:.2f} was held{goal}"
        )
    if limit.goal is None:
        return Verdict(State.HELD, f"{figure:.2f}")
    if limit.moonshot is not None and figure <= limit.moonshot:
        return Verdict(State.MOONSHOT, f"{figure:.2f}{goal}, moonshot {limit.moonshot:g}")
    return Verdict(State.REACHED if figure <= limit.goal else State.NOT_YET, f"{figure:.2f}{goal}")
