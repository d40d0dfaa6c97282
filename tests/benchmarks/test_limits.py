"""A regression fails, an unreached goal is visible, and neither is taken for the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine.command import floor_of
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
        (1.30, Limit(goal=0.50, moonshot=0.40, held=1.24, spread=0.08), State.NOT_YET),
        (1.40, Limit(goal=0.50, moonshot=0.40, held=1.24, spread=0.08), State.REGRESSED),
        (0.53, Limit(goal=0.50, moonshot=0.40, held=0.49), State.REGRESSED),
        (0.45, Limit(goal=0.50, moonshot=0.40, held=0.30), State.REGRESSED),
        (0.32, Limit(goal=0.50, moonshot=0.40, held=0.30), State.MOONSHOT),
        (2.00, Limit(), State.NO_GOAL),
        (2.00, Limit(held=1.95, spread=0.1), State.HELD),
        (2.30, Limit(held=1.95, spread=0.1), State.REGRESSED),
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


def test_one_thread_is_judged_by_its_own_time_where_others_disturbed_the_clock() -> None:
    disturbed = {**row(0.9, loaded=0.9), "threads": 1, "cpu_ratio": 0.5, "cpu_low": 0.49, "cpu_high": 0.51}

    assert judge(disturbed, Limit(goal=0.6, held=0.49)).state is State.REACHED
    assert judge(disturbed, Limit(goal=0.6, held=0.45)).state is State.REGRESSED
    assert judge({**disturbed, "threads": 2}, Limit(goal=0.6, held=0.45)).state is State.NOT_JUDGED


def test_a_goal_below_the_floor_is_told_from_one_that_may_be_reached() -> None:
    assert judge(row(0.7), Limit(goal=0.45), floor=0.41).state is State.BELOW_FLOOR
    assert judge(row(0.7), Limit(goal=0.45), floor=0.40).state is State.NOT_YET
    assert judge(row(0.44), Limit(goal=0.45), floor=0.41).state is State.REACHED
    assert floor_of("step/mlp/1/torch", {"floor/mlp/1/torch": {"ratio": 0.5, "cpu_ratio": 0.4}}) == 0.4
    assert floor_of("tape/torch", {"floor/mlp/1/torch": {"ratio": 0.5}}) == 0.0


def test_a_machine_without_figures_is_held_to_the_worst_of_the_others() -> None:
    held = {"a": {"tape/torch": {"figure": 1.0, "spread": 0.1}}, "b": {"tape/torch": {"figure": 1.2, "spread": 0.3}}}
    limits = Limits(goals={}, held=held)

    assert limits.of("tape/torch", machine="a").held == 1.0
    assert limits.of("tape/torch", machine="new") == Limit(held=1.2, spread=0.3)
    assert limits.of("another", machine="a").held is None


def test_holding_stores_the_median_of_the_runs_and_their_range(tmp_path: Path) -> None:
    limits = Limits(goals={}, held={"a": {"y": {"figure": 1.0, "spread": 0.1}}, "b": {}})
    runs = [{"x": row(0.5), "floor/x": row(0.3)}, {"x": row(0.56)}, {"x": row(0.52), "y": row(0.5, loaded=0.9)}]

    limits.holding(runs, machine="a").save(tmp_path / "f")

    assert json.loads((tmp_path / "f").read_text())["held"] == {
        "a": {"x": {"figure": 0.52, "runs": 3, "spread": 0.06}, "y": {"figure": 1.0, "spread": 0.1}},
        "b": {},
    }
    assert Limits.load(tmp_path / "f").of("x", machine="a") == Limit(held=0.52, spread=0.06)


def test_every_training_has_a_goal_with_one_and_with_two_threads_and_for_its_memory() -> None:
    goals = Limits.load().goals

    for workload in WORKLOADS.values():
        rows = [f"step/{workload.name}/{threads}/{peer}" for threads in (1, 2) for peer in workload.peers]
        for name in [*rows, f"memory/{workload.name}/torch"]:
            assert goals[name]["moonshot"] < goals[name]["goal"], name
