"""Every candidate begins at the same place, and computes the same from there."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest
from engine.agreement import CHECKED_STEPS
from engine.ours import model_of, training_step
from engine.workloads import INFERENCE, WORKLOADS, Workload, first_losses, start_of

STEPS = 4


def small(name: str) -> Workload:
    return dataclasses.replace(WORKLOADS[name], batch=4)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_start_is_the_same_each_time_and_fits_our_model(name: str) -> None:
    start, again = start_of(small(name)), start_of(small(name))
    model = model_of(small(name), start)

    assert np.array_equal(start.x, again.x)
    for path, parameter in model.parameters().items():
        assert np.array_equal(parameter.data, again.parameters[path]), path


def test_scales_and_biases_are_no_ones_and_zeros() -> None:
    parameters = start_of(WORKLOADS["transformer"]).parameters

    assert all(len(np.unique(array)) > 1 for array in parameters.values())


def test_the_compared_losses_are_those_of_the_named_steps() -> None:
    counted = iter(range(1, 1000))

    assert first_losses(lambda: float(next(counted))) == list(CHECKED_STEPS)


@pytest.mark.oracle
@pytest.mark.parametrize("name", WORKLOADS)
def test_ours_and_pytorch_lose_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")
    from engine.pytorch import training_step as their_step  # noqa: PLC0415 - where PyTorch is missing, this file runs

    ours, theirs = training_step(small(name)), their_step(small(name))

    assert [ours() for _ in range(STEPS)] == pytest.approx([theirs() for _ in range(STEPS)], rel=1e-4)


@pytest.mark.oracle
def test_swapped_gates_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")
    from engine import pytorch  # noqa: PLC0415

    monkeypatch.setattr(pytorch, "_gates", lambda w: w)
    ours, theirs = training_step(small("lstm_h64")), pytorch.training_step(small("lstm_h64"))

    assert [ours() for _ in range(STEPS)] != pytest.approx([theirs() for _ in range(STEPS)], rel=1e-4)


@pytest.mark.parametrize("name", INFERENCE)
def test_onnxruntime_answers_as_we_do(name: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    from engine.onnx_graphs import graph_of  # noqa: PLC0415 - where onnx is missing, this file runs

    from azuraforge_learner import predict  # noqa: PLC0415

    workload, start = WORKLOADS[name], start_of(WORKLOADS[name])
    session = runtime.InferenceSession(graph_of(workload, start).SerializeToString())

    (theirs,) = session.run(None, {"x": start.x[:1]})

    np.testing.assert_allclose(predict(model_of(workload, start), start.x[:1]), theirs, rtol=1e-4, atol=1e-5)
