"""A config that no machine could train is refused at its field; an ordinary one is not."""

from collections.abc import Callable
from typing import Any

from azuraforge_learner.pipelines.memory import training_bytes

Make = Callable[..., Any]
HUGE = {
    "window": {"length": 250},
    "model": {"layers": 4, "hidden": 512},
    "training": {"batch_size": 4096},
}


def test_an_ordinary_config_fits_a_small_machine(make: Make) -> None:
    pipeline = make()
    assert pipeline.check_memory(pipeline.config, rows=100_000, available=2**30) == []


def test_a_huge_config_is_refused_at_the_batch_size(make: Make) -> None:
    pipeline = make(**HUGE)
    [problem] = pipeline.check_memory(pipeline.config, rows=100_000, available=16 * 2**30)
    assert (problem.pointer, problem.code) == ("/training/batch_size", "too_much_memory")
    assert problem.params["needed"] > problem.params["limit"] == 8 * 2**30
    assert "16.0 GiB" in problem.message


def test_a_batch_is_never_larger_than_the_series(make: Make) -> None:
    config = make(**HUGE).config
    assert training_bytes(config, rows=10) == training_bytes(config, rows=4096) * 10 // 4096
