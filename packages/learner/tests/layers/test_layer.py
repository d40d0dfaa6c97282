"""What every layer is made of: parameters, buffers, children, modes."""

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, ops
from azuraforge_core.errors import TensorChanged
from azuraforge_learner.errors import CheckpointMismatch
from azuraforge_learner.layers import LSTM, Dropout, Layer, Linear, Parameter, ReLU, Sequential, count_parameters
from azuraforge_learner.optimizers import SGD


def make_model() -> Sequential:
    g = Generator(3)
    return Sequential(LSTM(2, 3, generator=g), Sequential(Dropout(0.5), Linear(3, 1, generator=g)))


def test_parameters_are_found_by_path_in_order() -> None:
    assert list(make_model().parameters()) == ["0.w_x", "0.w_h", "0.b", "1.1.weight", "1.1.bias"]
    assert count_parameters(make_model()) == 4 * 3 * (2 + 3 + 1) + 4


def test_a_layer_at_two_places_has_its_parameters_once() -> None:
    shared = Linear(2, 2, generator=Generator(1))
    assert list(Sequential(shared, ReLU(), shared).parameters()) == ["0.weight", "0.bias"]


def test_every_parameter_asks_for_its_gradient_itself() -> None:
    assert all(parameter.requires_grad for parameter in make_model().parameters().values())


def test_modes_reach_every_layer_below() -> None:
    model = make_model()
    assert not any(layer.is_training for _, layer in model.eval().walk())
    assert all(layer.is_training for _, layer in model.train().walk())


def test_generators_are_spawned_by_path_and_kept_when_given() -> None:
    own = Generator(5)
    model = Sequential(Dropout(0.1), Dropout(0.1, generator=own), Dropout(0.1))
    model.give_generators(Generator(1))
    given = model.generators()
    assert given["1.generator"] is own
    assert given["0.generator"].uniform((3,)).tolist() == Generator(1).spawn("0").uniform((3,)).tolist()
    assert given["0.generator"].uniform((3,)).tolist() != given["2.generator"].uniform((3,)).tolist()


def test_load_arrays_keeps_the_optimizer_views() -> None:
    model = make_model()
    optimizer = SGD(model, learning_rate=0.1)
    model.load_arrays({name: np.ones_like(array) for name, array in model.arrays().items()})
    assert optimizer.flat.values.sum() == count_parameters(model)


@pytest.mark.parametrize("fault", ["missing", "extra", "shape", "dtype"])
def test_load_arrays_refuses_what_does_not_fit_and_changes_nothing(fault: str) -> None:
    model = make_model()
    before = {name: array.copy() for name, array in model.arrays().items()}
    arrays = {name: np.zeros_like(array) for name, array in before.items()}
    if fault == "missing":
        del arrays["0.b"]
    elif fault == "extra":
        arrays["9.b"] = np.zeros(1, dtype=np.float32)
    elif fault == "shape":
        arrays["1.1.bias"] = np.zeros(2, dtype=np.float32)
    else:
        arrays["1.1.bias"] = np.zeros(1, dtype=np.float64)
    with pytest.raises(CheckpointMismatch):
        model.load_arrays(arrays)
    assert all(np.array_equal(before[name], array) for name, array in model.arrays().items())


def test_load_arrays_tells_the_tape() -> None:
    model = Sequential(Linear(2, 1, generator=Generator(0)), Linear(1, 1, generator=Generator(1)))
    loss = ops.sum(model(Tensor(np.ones((1, 2), np.float32))))
    model.load_arrays({name: array.copy() for name, array in model.arrays().items()})
    with pytest.raises(TensorChanged):
        loss.backward()


def test_cast_turns_a_shared_parameter_once() -> None:
    shared = Linear(2, 2, generator=Generator(1))
    model = Sequential(shared, shared).cast("float64")
    assert list(model.parameters()) == ["0.weight", "0.bias"]
    assert model(Tensor(np.ones((1, 2)))).dtype == np.float64


def test_a_model_prints_as_it_would_be_written() -> None:
    assert repr(make_model()) == (
        "Sequential(LSTM(features=2, units=3, return_sequences=False, layers=1, dropout=0.0, recompute_every=0), "
        "Sequential(Dropout(p=0.5), Linear(inputs=3, outputs=1, has_bias=True)))"
    )


def test_buffers_are_saved_beside_parameters() -> None:
    class Shift(Layer):
        buffer_names = ("mean",)

        def __init__(self) -> None:
            self.mean = np.zeros(2, dtype=np.float32)
            self.scale = Parameter(np.ones(2, dtype=np.float32))

        def forward(self, x: Tensor) -> Tensor:
            return (x - self.mean) * self.scale

    model = Sequential(Shift())
    model.load_arrays({"0.mean": np.full(2, 3, np.float32), "0.scale": np.full(2, 2, np.float32)})
    assert model(Tensor(np.full((1, 2), 5, np.float32))).data.tolist() == [[4.0, 4.0]]
    assert set(model.buffers()) == {"0.mean"}
