"""The floor counts what a step has to multiply, and takes as long as that takes."""

from __future__ import annotations

import math

import pytest
from engine import floor
from engine.workloads import WORKLOADS


@pytest.mark.parametrize(
    ("name", "multiply_adds"),
    [
        # batch * (forward + weights of 784-512-256-10, and the input of all but the first layer)
        ("mlp", 128 * (2 * (784 * 512 + 512 * 256 + 256 * 10) + 512 * 256 + 256 * 10)),
        # 60 steps read x, 59 read a state that is not zero
        ("lstm_h64", 64 * 256 * (2 * 60 * 5 + 3 * 59 * 64) + 3 * 64 * 64),
        ("transformer", 32 * (3 * 64 * (128 * 384 + 128 * 128 + 2 * 128 * 512) + 6 * 4 * 64 * 64 * 32)),
    ],
)
def test_products_are_counted(name: str, multiply_adds: int) -> None:
    assert floor.products(WORKLOADS[name]) == 2 * multiply_adds


def test_every_training_has_a_floor() -> None:
    assert all(floor.products(workload) > 1e8 for workload in WORKLOADS.values())
    assert floor.parameters(WORKLOADS["mlp"]) == 535_818


def test_the_floor_does_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    step, check = floor.make_step("cnn")

    step()

    assert check == []
    assert math.isfinite(floor.products(WORKLOADS["cnn"]))
