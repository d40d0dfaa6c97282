"""Truncated back-propagation: the answers of the whole sequence, gradients that stop at every cut."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.errors import ShapeError
from azuraforge_core.testing import assert_close
from azuraforge_learner import MSE, Adam, truncated_backward
from azuraforge_learner.errors import DataInvalid
from azuraforge_learner.layers import GRU, LSTM, Layer, Linear, Sequential, State
from azuraforge_learner.truncation import Reader


def model(*, units: int = 4, dtype: str = "float64", kind: type[LSTM] | type[GRU] = LSTM) -> tuple[Layer, Reader]:
    g = Generator(1)
    recurrent, head = kind(2, units, return_sequences=True, layers=2, generator=g), Linear(units, 1, generator=g)
    whole = Sequential(recurrent, head).cast(dtype)

    def reader(x: Tensor, state: State | None) -> tuple[Tensor, State]:
        answer, after = recurrent.read(x, state=state)
        return head(answer), after

    return whole, reader


def data(n: int = 3, time: int = 10, *, dtype: str = "float64") -> tuple[Array, Array]:
    x = Generator(2).normal((n, time, 2), dtype=np.float64)
    return x.astype(dtype), x.sum(axis=2, keepdims=True).cumsum(axis=1).astype(dtype)


def gradients_of(whole: Layer) -> dict[str, Array]:
    return {name: parameter.grad.copy() for name, parameter in whole.parameters().items() if parameter.grad is not None}


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_one_window_is_the_whole_gradient(kind: type[LSTM] | type[GRU]) -> None:
    whole, reader = model(kind=kind)
    x, target = data()
    loss = MSE()(whole(Tensor(x)), Tensor(target))
    loss.backward()
    expected = gradients_of(whole)
    for parameter in whole.parameters().values():
        parameter.grad = None
    mean, _ = truncated_backward(reader, x, target, loss=MSE(), steps=10)
    assert mean == pytest.approx(loss.item(), rel=1e-12)
    for name, gradient in gradients_of(whole).items():
        assert_close(gradient, expected[name], tolerance=1e-13, what=name)


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_the_loss_is_that_of_the_whole_sequence_and_gradients_stop_at_the_cuts(steps: int) -> None:
    whole, reader = model()
    x, target = data()
    expected = MSE()(whole(Tensor(x)), Tensor(target))
    expected.backward()
    full = gradients_of(whole)
    for parameter in whole.parameters().values():
        parameter.grad = None
    mean, _ = truncated_backward(reader, x, target, loss=MSE(), steps=steps)
    assert mean == pytest.approx(expected.item(), rel=1e-12)
    assert_close(by_hand(steps)["0.w_h"], gradients_of(whole)["0.w_h"], tolerance=1e-13)
    assert not np.allclose(gradients_of(whole)["0.w_h"], full["0.w_h"], rtol=1e-3)


def by_hand(steps: int) -> dict[str, Array]:
    """Every window apart: the state before it is computed first, without a tape, then the window is differentiated."""
    whole, reader = model()
    x, target = data()
    for start in range(0, 10, steps):
        _, before = reader(Tensor(x[:, :start]), None)
        answer, _ = reader(Tensor(x[:, start : start + steps]), tuple(part.detach() for part in before))
        part = target[:, start : start + steps]
        (MSE()(answer, Tensor(part)) * (part.shape[1] / 10)).backward()
    return gradients_of(whole)


def test_the_state_goes_on_into_the_next_piece() -> None:
    whole, reader = model()
    x, target = data()
    together, last = truncated_backward(reader, x, target, loss=MSE(), steps=5)
    expected = gradients_of(whole)
    for parameter in whole.parameters().values():
        parameter.grad = None
    first, state = truncated_backward(reader, x[:, :5], target[:, :5], loss=MSE(), steps=5)
    second, state = truncated_backward(reader, x[:, 5:], target[:, 5:], loss=MSE(), steps=5, state=state)
    assert (first + second) / 2 == pytest.approx(together, rel=1e-12)
    assert all(np.array_equal(a.data, b.data) for a, b in zip(state, last, strict=True))
    assert not any(part.requires_grad for part in state)
    for name, gradient in gradients_of(whole).items():
        assert_close(gradient / 2, expected[name], tolerance=1e-13, what=name)


def test_memory_is_that_of_one_window() -> None:
    whole, reader = model(units=16, dtype="float32")
    x, target = data(2, 1_000, dtype="float32")

    def peak(steps: int) -> int:
        tracemalloc.start()
        try:
            truncated_backward(reader, x, target, loss=MSE(), steps=steps)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(50)  # the first call loads kernels, and their memory is no window's
    assert peak(50) < peak(1_000) / 8
    assert whole.parameters()["0.w_x"].grad is not None


def test_a_running_sum_is_learned_window_by_window() -> None:
    g = Generator(3)
    recurrent, head = GRU(1, 16, return_sequences=True, generator=g), Linear(16, 1, generator=g)
    optimizer = Adam([*recurrent.parameters().values(), *head.parameters().values()], learning_rate=0.01)
    x = Generator(4).normal((16, 60, 1), std=0.2)
    target = x.cumsum(axis=1)

    def reader(part: Tensor, state: State | None) -> tuple[Tensor, State]:
        answer, after = recurrent.read(part, state=state)
        return head(answer), after

    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        mean, _ = truncated_backward(reader, x, target, loss=MSE(), steps=15)
        optimizer.clip_gradients(1.0)
        optimizer.step()
        losses.append(mean)
    assert losses[-1] < 0.1 * float(np.square(target).mean())


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"steps": 0}, DataInvalid, "at least one step, not 0"),
        ({"target": np.zeros((3, 9, 1))}, ShapeError, r"x \(3, 10, 2\) and target \(3, 9, 1\)"),
        ({"x": np.zeros((3, 0, 2)), "target": np.zeros((3, 0, 1))}, ShapeError, "time above 0"),
    ],
    ids=["no step", "other steps", "no time"],
)
def test_impossible_requests_are_refused(change: dict[str, Any], error: type[Exception], words: str) -> None:
    _, reader = model()
    x, target = data()
    given = {"x": x, "target": target, "steps": 4} | change
    with pytest.raises(error, match=words):
        truncated_backward(reader, given["x"], given["target"], loss=MSE(), steps=given["steps"])
