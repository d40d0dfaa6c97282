"""When is a figure a regression, and when only a goal that is not reached yet?

`limits.json` holds two things. `goals`: what the engine is meant to reach and its moonshot, the same everywhere.
`held`: what each machine has measured, the median of several runs and the spread between them. A row fails when it is
above what the machine held by more than the spread, its own or the one between runs, whichever is larger. A goal that
was never reached is printed as such and fails nothing; one below the floor (`engine/floor.py`) cannot be reached by
anybody here, and is printed as that. A machine without figures of its own is held to the worst of the others'.

Where others used the machine during most pairs, the clock says nothing. With one thread the processor's own time still
does, and is judged in its place; with two it also counts waiting, and nothing is judged.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

FILE: Final = Path(__file__).with_name("limits.json")
MOST_LOADED: Final = 0.5
"""Above this share of disturbed pairs the clock is not believed."""
SUSTAINED: Final = 0.9
"""How much of a processor's peak the best program can keep up over a whole step: a goal below floor / this is none."""
FLOOR: Final = "floor/"


class State(StrEnum):
    """What a row turned out to be; the values are printed."""

    MOONSHOT = "moonshot reached"
    REACHED = "goal reached"
    NOT_YET = "goal not reached yet"
    REGRESSED = "REGRESSION"
    HELD = "held"
    NOT_JUDGED = "not judged"
    BELOW_FLOOR = "goal below this machine's floor"
    NO_GOAL = "no goal, nothing held yet"


@dataclass(frozen=True)
class Limit:
    """What is known of one row: goal, moonshot, what was held and its spread between runs. Smaller is better."""

    goal: float | None = None
    moonshot: float | None = None
    held: float | None = None
    spread: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """The state of one row and a sentence about it."""

    state: State
    text: str


@dataclass(frozen=True)
class Limits:
    """The whole file."""

    goals: Mapping[str, Mapping[str, float]]
    held: Mapping[str, Mapping[str, Mapping[str, float]]]

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read the file."""
        known = json.loads(path.read_text(encoding="utf-8"))
        return cls(known["goals"], known["held"])

    def of(self, row: str, *, machine: str) -> Limit:
        """The limit of one row on one machine."""
        goal, held = self.goals.get(row, {}), self._held(row, machine=machine)
        return Limit(goal.get("goal"), goal.get("moonshot"), held.get("figure"), held.get("spread", 0.0))

    def holding(self, runs: Sequence[Mapping[str, Mapping[str, Any]]], *, machine: str) -> Limits:
        """The same with what `machine` holds taken from the rows of several runs: their median, and their range.

        Rows that others disturbed too much are not taken, and those that only describe the machine are none.
        """
        new = {}
        for name in sorted({name for rows in runs for name in rows if not name.startswith(FLOOR)}):
            known = [judged for rows in runs if name in rows and (judged := judged_of(rows[name])) is not None]
            if known:
                figures = [judged.figure for judged in known]
                spread = max(max(figures) - min(figures), *(judged.spread for judged in known))
                figure = statistics.median(figures)
                new[name] = {"figure": round(figure, 3), "spread": round(spread, 3), "runs": len(known)}
        return Limits(self.goals, {**self.held, machine: {**self.held.get(machine, {}), **new}})

    def save(self, path: Path = FILE) -> None:
        """Write the file, sorted."""
        text = json.dumps({"goals": self.goals, "held": self.held}, indent=2, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    def _held(self, row: str, *, machine: str) -> Mapping[str, float]:
        own = self.held.get(machine, {}).get(row)
        if own is not None:
            return own
        others = (rows[row] for rows in self.held.values() if row in rows)
        return max(others, key=lambda held: held["figure"], default={})


class Judged(NamedTuple):
    """The number that counts, and its spread: the distance of the quartiles."""

    figure: float
    spread: float


def judged_of(row: Mapping[str, Any]) -> Judged | None:
    """What of a row is judged: the clock's ratio, the processor's where others disturbed one thread, else nothing."""
    if row.get("loaded", 0) <= MOST_LOADED:
        return Judged(figure_of(row), float(row["high"]) - float(row["low"]))
    if row.get("threads") == 1 and "cpu_low" in row:
        return Judged(float(row["cpu_ratio"]), float(row["cpu_high"]) - float(row["cpu_low"]))
    return None


def figure_of(row: Mapping[str, Any]) -> float:
    """The number that is judged: a ratio, or a value where there is no peer."""
    return float(row["ratio"] if "ratio" in row else row["value"])


def judge(row: Mapping[str, Any], limit: Limit, *, floor: float = 0.0) -> Verdict:
    """Compare one row with its limit; `floor` is the ratio that no program gets below."""
    goal = "" if limit.goal is None else f", goal {limit.goal:g}"
    if limit.goal is None and limit.held is None:
        return Verdict(State.NO_GOAL, f"{figure_of(row):.2f}")
    judged = judged_of(row)
    if judged is None:
        text = f"{figure_of(row):.2f}{goal}; others used the machine in {row['loaded']:.0%} of pairs"
        return Verdict(State.NOT_JUDGED, text)
    figure, spread = judged.figure, max(judged.spread, limit.spread)
    if limit.held is not None and figure - spread > limit.held:
        return Verdict(State.REGRESSED, f"{figure:.2f} with a spread of {spread:.2f}, {limit.held:.2f} was held{goal}")
    return Verdict(*_beside_the_goal(figure, limit, floor=floor))


def _beside_the_goal(figure: float, limit: Limit, *, floor: float) -> tuple[State, str]:
    """The state and the text of a figure that is no regression."""
    if limit.goal is None:
        return State.HELD, f"{figure:.2f}"
    text = f"{figure:.2f}, goal {limit.goal:g}"
    if limit.moonshot is not None and figure <= limit.moonshot:
        return State.MOONSHOT, f"{text}, moonshot {limit.moonshot:g}"
    if figure <= limit.goal:
        return State.REACHED, text
    is_below = limit.goal < floor / SUSTAINED
    return (State.BELOW_FLOOR, f"{text}, floor {floor:.2f}") if is_below else (State.NOT_YET, text)
