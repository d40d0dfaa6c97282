"""A regression fails, an unreached goal is visible, and neither is taken for the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine.limits import Limit, Limits, State, judge
from engine.workloads import WORKLOADS


def row(ratio: float, *, spread: float = 0.02, loaded: float = 0.0) -> dict[str, float]:
    return {"ratio": ratio, "low": ratio - spread / 2, "high": ratio + spread / 2, "loaded": loaded}


@pytest.mark.parametrize(
    ("ratio", "limit", "state"),
    [
        (0.48, Limit(goal=0.50, moonshot=0.40), State.REACHED),
        (0.40, Limit(goal=0.50, moonshot=0.40), State.MOONSHOT),
        (1.30, Limit(goal=0.50, moonshot=0.40), State.NOT_YET),
        (1.30, Limit(goal=0.50, moonshot=0.40, held=1.24), State.NOT_YET),
        (1.40, Limit(goal=0.50, moonshot=0.40, held=1.24), State.REGRESSED),
        (0.53, Limit(goal=0.50, moonshot=0.40, held=0.49), State.REGRESSED),
        (0.45, Limit(goal=0.50, moonshot=0.40, held=0.30), State.REGRESSED),
        (0.32, Limit(goal=0.50, moonshot=0.40, held=0.30), State.MOONSHOT),
        (2.00, Limit(), State.NO_GOAL),
        (2.00, Limit(held=1.95), State.HELD),
        (2.30, Limit(held=1.95), State.REGRESSED),
    ],
)
def test_state_of_a_row(ratio: float, limit: Limit, state: State) -> None:
    assert judge(row(ratio), limit).state is state


def test_a_row_within_its_spread_is_no_regression() -> None:
    limit = Limit(goal=0.50, held=0.49)

    assert judge(row(0.54, spread=0.05), limit).state is State.NOT_YET
    assert judge(row(0.54, spread=0.03), limit).state is State.REGRESSED


def test_a_disturbed_row_is_printed_and_not_judged() -> None:
    verdict = judge(row(9.0, loaded=0.6), Limit(goal=0.5, held=0.4))

    assert verdict.state is State.NOT_JUDGED
    assert "60%" in verdict.text


def test_a_machine_without_figures_is_held_to_the_worst_of_the_others() -> None:
    limits = Limits(goals={}, held={"a": {"tape/torch": 1.0}, "b": {"tape/torch": 1.2}})

    assert limits.of("tape/torch", machine="a").held == 1.0
    assert limits.of("tape/torch", machine="new").held == 1.2
    assert limits.of("another", machine="a").held is None


def test_holding_stores_quiet_rows_only(tmp_path: Path) -> None:
    limits = Limits(goals={}, held={"a": {"x": 1.0, "y": 1.0}, "b": {"x": 3.0}})

    limits.holding({"x": row(0.5), "y": row(0.5, loaded=0.9), "z": {"value": 0.2}}, machine="a").save(tmp_path / "f")

    assert json.loads((tmp_path / "f").read_text())["held"] == {"a": {"x": 0.5, "y": 1.0, "z": 0.2}, "b": {"x": 3.0}}
    assert Limits.load(tmp_path / "f").of("x", machine="a").held == 0.5


def test_every_training_has_a_goal_with_one_and_with_two_threads_and_for_its_memory() -> None:
    goals = Limits.load().goals

    for workload in WORKLOADS.values():
        rows = [f"step/{workload.name}/{threads}/{peer}" for threads in (1, 2) for peer in workload.peers]
        for name in [*rows, f"memory/{workload.name}/torch"]:
            assert goals[name]["moonshot"] < goals[name]["goal"], name
