"""No time counts for candidates that compute something else."""

from __future__ import annotations

import math

import pytest
from engine.agreement import check_losses, check_values


def test_losses_that_differ_by_rounding_pass() -> None:
    check_losses("mlp", [2.1877, 0.048362], [2.18771, 0.048365], peer="torch")


@pytest.mark.parametrize("ours", [[2.1879, 0.0484], [2.1877, 0.0487], [math.nan, 0.0484], [2.1877, math.inf]])
def test_losses_that_differ_stop_the_benchmark_and_are_shown(ours: list[float]) -> None:
    with pytest.raises(SystemExit, match=r"mlp: losses after \(5, 100\) steps .* no time counts"):
        check_losses("mlp", ours, [2.1877, 0.0484], peer="torch")


def test_values_are_compared_with_the_largest_of_them() -> None:
    check_values("gemm", [100.0, 1e-3], [100.001, 0.0], peer="torch")

    with pytest.raises(SystemExit, match=r"value 1 is 0\.02"):
        check_values("gemm", [100.0, 0.02], [100.0, 0.0], peer="torch")


def test_answers_of_different_length_never_agree() -> None:
    with pytest.raises(ValueError, match="longer"):
        check_values("gemm", [1.0], [1.0, 2.0], peer="torch")
