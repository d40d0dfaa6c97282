"""Target transforms: what a model learns becomes a price again through the last known price."""

import numpy as np
import pytest

from azuraforge_learner.transforms import LogReturn, TargetTransform, steps, target_transform

KINDS = ["log_return", "difference", "log", "none"]
PRICES = np.array([100.0, 103.0, 101.5, 101.5, 240.0, 0.02])


def assert_inverts(transform: TargetTransform) -> None:
    earlier, later = PRICES[:-1], PRICES[1:]
    values = transform.forward(later, earlier=earlier)
    np.testing.assert_allclose(transform.inverse(values, earlier=earlier), later, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_inverse_gives_the_later_price_back(kind: str) -> None:
    assert_inverts(target_transform(kind))


def test_a_predicted_return_becomes_a_price_through_the_last_known_price() -> None:
    predicted = LogReturn().inverse(np.array([np.log(1.10), 0.0, np.log(0.5)]), earlier=np.array([50.0, 80.0, 200.0]))
    np.testing.assert_allclose(predicted, [55.0, 80.0, 100.0])


class ForgetsTheLastPrice(LogReturn):
    def inverse(self, values: np.ndarray, *, earlier: np.ndarray) -> np.ndarray:
        return earlier[0] * np.exp(np.cumsum(values))  # a planted fault: chains predictions from the first price


class ReturnsSimpleReturns(LogReturn):
    def inverse(self, values: np.ndarray, *, earlier: np.ndarray) -> np.ndarray:
        return earlier * (1.0 + values)  # a planted fault: right for small moves only


@pytest.mark.parametrize("broken", [ReturnsSimpleReturns()])
def test_the_check_fails_for_an_inverse_that_corrupts_prices(broken: TargetTransform) -> None:
    with pytest.raises(AssertionError):
        assert_inverts(broken)


def test_the_check_of_predictions_fails_when_they_are_chained() -> None:
    earlier = PRICES[:-1]
    wrong = ForgetsTheLastPrice().inverse(np.full(5, 0.01), earlier=earlier)
    assert not np.allclose(wrong, LogReturn().inverse(np.full(5, 0.01), earlier=earlier))


@pytest.mark.parametrize("kind", KINDS)
def test_steps_have_one_value_per_row_and_know_only_the_past(kind: str) -> None:
    whole = steps(target_transform(kind), PRICES)
    assert whole.shape == PRICES.shape
    for rows in range(1, len(PRICES)):
        np.testing.assert_array_equal(steps(target_transform(kind), PRICES[:rows]), whole[:rows])


@pytest.mark.parametrize("kind", KINDS)
def test_a_transform_survives_its_document(kind: str) -> None:
    assert target_transform(target_transform(kind).to_dict()) == target_transform(kind)


def test_an_unknown_transform_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="difference, log, log_return, none"):
        target_transform("square")
