"""Schedules: the factor at the corners, and PyTorch's schedulers at every one of 100 steps."""

from collections.abc import Callable
from typing import Any

import pytest

from azuraforge_learner import CosineDecay, OneCycle, Schedule, StepDecay, WarmUp
from azuraforge_learner.errors import LearnerError

RATE = 0.4
STEPS = 100
PEERS: dict[str, tuple[Schedule, Callable[[Any, Any], Any]]] = {
    "cosine": (CosineDecay(), lambda s, o: s.CosineAnnealingLR(o, STEPS)),
    "cosine with a floor": (CosineDecay(floor=0.1), lambda s, o: s.CosineAnnealingLR(o, STEPS, eta_min=0.1 * RATE)),
    "one cycle": (OneCycle(), lambda s, o: s.OneCycleLR(o, RATE, total_steps=STEPS)),
    "one cycle, early peak": (
        OneCycle(rise=0.05, start_divisor=10, end_divisor=100),
        lambda s, o: s.OneCycleLR(o, RATE, total_steps=STEPS, pct_start=0.05, div_factor=10, final_div_factor=100),
    ),
    "steps": (StepDecay(every=7, rate=0.8), lambda s, o: s.StepLR(o, 7, gamma=0.8)),
    "warm-up": (WarmUp(10), lambda s, o: s.LinearLR(o, start_factor=0.1, total_iters=9)),
    "warm-up, then cosine": (
        WarmUp(10, then=CosineDecay()),
        lambda s, o: s.SequentialLR(
            o, [s.LinearLR(o, start_factor=0.1, total_iters=9), s.CosineAnnealingLR(o, STEPS - 10)], milestones=[10]
        ),
    ),
}


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:The epoch parameter in")  # SequentialLR itself passes it
@pytest.mark.parametrize("name", list(PEERS))
def test_equals_torch_over_100_steps(torch: Any, name: str) -> None:
    schedule, make_peer = PEERS[name]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    peer = make_peer(torch.optim.lr_scheduler, optimizer)
    for step in range(STEPS):
        expected = optimizer.param_groups[0]["lr"]
        assert RATE * schedule.factor(step, total=STEPS) == pytest.approx(expected, rel=1e-9, abs=1e-12), step
        optimizer.step()
        if step < STEPS - 1:
            peer.step()


@pytest.mark.oracle
def test_a_step_too_late_would_be_noticed(torch: Any) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    peer = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    optimizer.step()
    peer.step()
    expected = optimizer.param_groups[0]["lr"]
    assert RATE * CosineDecay().factor(1, total=STEPS) == pytest.approx(expected, rel=1e-9)
    assert RATE * CosineDecay().factor(2, total=STEPS) != pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 10])
def test_every_schedule_survives_short_trainings_and_steps_past_the_end(total: int) -> None:
    schedules = [OneCycle(), OneCycle(rise=0.5), CosineDecay(warmup=5), WarmUp(5, then=CosineDecay()), StepDecay(2)]
    for schedule in schedules:
        factors = [schedule.factor(step, total=total) for step in range(total + 5)]
        assert all(0.0 <= factor <= 1.0 for factor in factors)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CosineDecay(warmup=-1), "warmup must be at least 0"),
        (lambda: CosineDecay(floor=1.5), "floor must be at least 0 and at most 1"),
        (lambda: OneCycle(rise=0.0), "rise must be above 0"),
        (lambda: OneCycle(end_divisor=0.5), "end_divisor must be at least 1"),
        (lambda: OneCycle(start_divisor=float("inf")), "start_divisor"),
        (lambda: StepDecay(every=0), "every must be at least 1"),
        (lambda: StepDecay(every=1, rate=float("nan")), "rate must be above 0"),
        (lambda: WarmUp(0), "steps must be at least 1"),
    ],
)
def test_impossible_schedules_are_refused(make: Callable[[], Schedule], words: str) -> None:
    with pytest.raises(LearnerError, match=words):
        make()


def test_cosine_rises_then_falls_to_its_floor() -> None:
    schedule = CosineDecay(warmup=4, floor=0.1)
    factors = [schedule.factor(step, total=104) for step in range(130)]
    assert factors[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert factors[54] == pytest.approx(0.55)
    assert factors[4:105] == sorted(factors[4:105], reverse=True)
    assert factors[104:] == [pytest.approx(0.1)] * 26


def test_steps_halve() -> None:
    assert [StepDecay(every=2).factor(step, total=6) for step in range(6)] == [1, 1, 0.5, 0.5, 0.25, 0.25]
