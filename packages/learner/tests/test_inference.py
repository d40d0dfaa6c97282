"""Using a model: in batches, and one row at a time with the pass planned."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner import Predictor, predict
from azuraforge_learner.errors import DataInvalid
from azuraforge_learner.layers import (
    Conv2D,
    Dropout,
    Embedding,
    Flatten,
    GroupNorm,
    Layer,
    Linear,
    MaxPool2D,
    PositionalEncoding,
    ReLU,
    RMSNorm,
    Sequential,
    TransformerEncoder,
)


def rows(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.fixture
def network() -> Layer:
    generator = Generator(0)
    return Sequential(Linear(20, 30, generator=generator), ReLU(), Dropout(0.5), Linear(30, 4, generator=generator))


def picture_network() -> Layer:
    generator = Generator(0)
    return Sequential(
        Conv2D(1, 4, kernel=3, padding=1, generator=generator),
        ReLU(),
        MaxPool2D(2),
        Flatten(),
        Linear(64, 3, generator=generator),
    )


def encoder() -> Layer:
    generator = Generator(0)
    return Sequential(
        PositionalEncoding(16),
        TransformerEncoder(16, 4, hidden=32, blocks=2, is_causal=True, generator=generator),
        RMSNorm(16),
        GroupNorm(2, 16),
        Linear(16, 3, generator=generator),
    )


def test_batches_of_any_size_give_the_same_answers(network: Layer) -> None:
    x = rows(10, 20)

    np.testing.assert_allclose(predict(network, x, batch_size=3), predict(network, x), atol=1e-6)


def test_nothing_to_predict_is_refused(network: Layer) -> None:
    with pytest.raises(DataInvalid, match="x has no sample"):
        predict(network, rows(0, 20))


@pytest.mark.parametrize(("make", "shape"), [("network", (20,)), (picture_network, (8, 8, 1))])
def test_a_predictor_answers_what_the_model_answers(
    request: pytest.FixtureRequest, make: object, shape: tuple[int, ...]
) -> None:
    model = request.getfixturevalue(make) if isinstance(make, str) else make()  # type: ignore[operator]
    predictor = Predictor(model)

    for count in (1, 1, 3, 1, 3):
        x = rows(count, *shape, seed=count)
        assert np.array_equal(predictor(x), predict(model, x))
    assert predictor.plans == 2


def test_a_transformer_of_one_row_is_planned() -> None:
    model = encoder()
    predictor, x = Predictor(model), rows(1, 7, 16)

    assert np.array_equal(predictor(x), predict(model, x))
    assert np.array_equal(predictor(x + 1), predict(model, x + 1))
    assert predictor.plans == 1


def test_the_model_is_in_training_again_afterwards(network: Layer) -> None:
    network.train()

    Predictor(network)(rows(1, 20))

    assert network.is_training


def test_further_training_is_seen(network: Layer) -> None:
    predictor, x = Predictor(network), rows(1, 20)
    before = predictor(x)

    parameter = network.parameters()["0.bias"]
    parameter.data = parameter.data + 1

    assert not np.array_equal(predictor(x), before)
    assert np.array_equal(predictor(x), predict(network, x))


def test_a_model_that_cannot_be_planned_is_called() -> None:
    model = Embedding(10, 4, generator=Generator(0))
    x = np.array([[1, 2]])
    predictor = Predictor(model)

    assert np.array_equal(predictor(x), predict(model, x))
    assert predictor.plans == 0


def test_float64_is_answered_in_float64(network: Layer) -> None:
    network.cast("float64")
    x = rows(2, 20).astype(np.float64)

    assert Predictor(network)(x).dtype == np.float64


def test_shapes_without_end_do_not_take_memory_without_end(network: Layer) -> None:
    predictor = Predictor(network, most_plans=2)

    for count in range(1, 6):
        predictor(rows(count, 20))

    assert predictor.plans == 2


def test_a_wrong_shape_is_refused_as_the_model_refuses_it(network: Layer) -> None:
    with pytest.raises(ValueError, match="linear"):
        Predictor(network)(rows(1, 19))


def test_several_threads_may_ask(network: Layer) -> None:
    predictor, x = Predictor(network), rows(1, 20)
    expected = predict(network, x)
    faults: list[int] = []

    def ask(k: int) -> None:
        if not all(np.array_equal(predictor(x), expected) for _ in range(300)):
            faults.append(k)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults


class Doubled(Layer):
    """Plain array code, which no plan holds."""

    def forward(self, x: Tensor) -> Tensor:
        return Tensor(x.data * 2)


def test_plain_array_code_is_called_each_time() -> None:
    predictor = Predictor(Doubled())

    assert np.array_equal(predictor(rows(2, 3)), rows(2, 3) * 2)
    assert predictor.plans == 0
