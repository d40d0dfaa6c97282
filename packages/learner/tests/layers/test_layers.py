"""Each layer: it trains, its gradients are right, it refuses what it cannot be, its spec tells the truth."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Device, Generator, Tensor, check_finite, ops, to_device, to_host
from azuraforge_core.device_double import ImplicitTransfer, pretend_gpu
from azuraforge_core.errors import DeviceMixed, GradientMismatch, NotFinite
from azuraforge_core.testing import gradcheck, plant_sign_error
from azuraforge_learner.checkpoints import pack_arrays, unpack_arrays
from azuraforge_learner.errors import GeneratorMissing, LayerInvalid
from azuraforge_learner.layers import (
    ELU,
    GELU,
    GRU,
    LAYERS,
    LSTM,
    Add,
    AvgPool2D,
    BatchNorm,
    Bidirectional,
    Concat,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPool2D,
    MultiHeadAttention,
    PositionalEncoding,
    ReLU,
    Reshape,
    Residual,
    RMSNorm,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    TransformerEncoder,
    check_graph,
    count_parameters,
    from_graph,
    to_graph,
)
from azuraforge_learner.testing import check_layer

KNOW_THE_MODE = (BatchNorm, Dropout)
"""Layers that answer otherwise in training."""


def numbers(*shape: int) -> Array:
    return Generator(1).normal(shape)


Cases = dict[str, Callable[[Generator], tuple[Layer, Array]]]
"""How each layer is made, with its inputs."""

ROWS_AND_IMAGES: Cases = {
    "AvgPool2D": lambda g: (AvgPool2D(3, stride=2, padding=1), numbers(2, 5, 4, 2)),
    "BatchNorm": lambda g: (BatchNorm(3), numbers(6, 3)),
    "BatchNorm of images": lambda g: (BatchNorm(2, momentum=0.3, epsilon=1e-3), numbers(2, 3, 4, 2)),
    "Conv1D": lambda g: (Conv1D(3, 4, kernel=3, stride=2, padding=1, generator=g), numbers(2, 7, 3)),
    "Conv2D": lambda g: (Conv2D(2, 4, kernel=3, padding=1, groups=2, generator=g), numbers(2, 5, 4, 2)),
    "Conv2D without bias": lambda g: (
        Conv2D(2, 3, kernel=2, dilation=2, has_bias=False, generator=g),
        numbers(1, 5, 4, 2),
    ),
    "ConvTranspose2D": lambda g: (
        ConvTranspose2D(3, 2, kernel=3, stride=2, padding=1, output_padding=1, generator=g),
        numbers(2, 3, 2, 3),
    ),
    "Dropout": lambda g: (Dropout(0.4, generator=g), numbers(4, 3)),
    "ELU": lambda g: (ELU(alpha=0.7), numbers(4, 3)),
    "Flatten": lambda g: (Flatten(), numbers(4, 3, 2)),
    "GELU": lambda g: (GELU(), numbers(4, 3)),
    "GELU by tanh": lambda g: (GELU(approximation="tanh"), numbers(4, 3)),
    "GlobalAvgPool2D": lambda g: (GlobalAvgPool2D(), numbers(2, 3, 4, 2)),
    "GroupNorm": lambda g: (GroupNorm(2, 4), numbers(2, 3, 4, 4)),
    "LayerNorm": lambda g: (LayerNorm(4), numbers(2, 3, 4)),
    "LeakyReLU": lambda g: (LeakyReLU(slope=0.2), numbers(4, 3)),
    "Linear": lambda g: (Linear(3, 2, generator=g), numbers(4, 3)),
    "Linear over time": lambda g: (Linear(3, 2, generator=g), numbers(4, 5, 3)),
    "Linear without bias": lambda g: (Linear(3, 1, generator=g, has_bias=False), numbers(4, 3)),
    "LogSoftmax": lambda g: (LogSoftmax(), numbers(4, 3)),
    "MaxPool2D": lambda g: (MaxPool2D(3, stride=2, padding=1), numbers(2, 5, 4, 2)),
    "RMSNorm": lambda g: (RMSNorm(4), numbers(2, 3, 4)),
    "ReLU": lambda g: (ReLU(), numbers(4, 3)),
    "Reshape": lambda g: (Reshape((2, -1)), numbers(4, 3, 2)),
    "SiLU": lambda g: (SiLU(), numbers(4, 3)),
    "Sigmoid": lambda g: (Sigmoid(), numbers(4, 3)),
    "Softmax": lambda g: (Softmax(), numbers(4, 3)),
    "Softplus": lambda g: (Softplus(beta=2.0), numbers(4, 3)),
    "Tanh": lambda g: (Tanh(), numbers(4, 3)),
}

SEQUENCES: Cases = {
    "Bidirectional": lambda g: (Bidirectional(3, 4, generator=g), numbers(2, 5, 3)),
    "Bidirectional GRU sequences": lambda g: (
        Bidirectional(3, 2, cell="GRU", return_sequences=True, generator=g),
        numbers(2, 5, 3),
    ),
    "Bidirectional LSTM of two layers": lambda g: (
        Bidirectional(3, 2, layers=2, dropout=0.3, return_sequences=True, generator=g),
        numbers(2, 4, 3),
    ),
    "Embedding": lambda g: (Embedding(7, 3, generator=g), Generator(1).integers((4, 5), high=7)),
    "GRU": lambda g: (GRU(3, 4, generator=g), numbers(2, 5, 3)),
    "GRU of one unit": lambda g: (GRU(1, 1, generator=g), numbers(1, 2, 1)),
    "GRU sequences": lambda g: (GRU(3, 2, generator=g, return_sequences=True), numbers(2, 5, 3)),
    "GRU of three layers": lambda g: (GRU(3, 2, layers=3, generator=g), numbers(2, 4, 3)),
    "LSTM": lambda g: (LSTM(3, 4, generator=g), numbers(2, 5, 3)),
    "LSTM of two layers, computed again": lambda g: (
        LSTM(3, 2, layers=2, dropout=0.4, recompute_every=2, generator=g),
        numbers(2, 5, 3),
    ),
    "LSTM of one unit": lambda g: (LSTM(1, 1, generator=g), numbers(1, 2, 1)),
    "LSTM sequences": lambda g: (LSTM(3, 2, generator=g, return_sequences=True), numbers(2, 5, 3)),
    "MultiHeadAttention": lambda g: (MultiHeadAttention(6, 3, generator=g), numbers(2, 4, 6)),
    "MultiHeadAttention, causal": lambda g: (MultiHeadAttention(4, 1, is_causal=True, generator=g), numbers(2, 3, 4)),
    "PositionalEncoding": lambda g: (PositionalEncoding(5), numbers(2, 4, 5)),
    "TransformerEncoder": lambda g: (TransformerEncoder(4, 2, hidden=5, generator=g), numbers(2, 3, 4)),
    "TransformerEncoder, two blocks, norm last": lambda g: (
        TransformerEncoder(4, 2, hidden=3, blocks=2, dropout=0.0, activation="relu", is_norm_first=False, generator=g),
        numbers(2, 3, 4),
    ),
}


BLOCKS: Cases = {
    "Add": lambda g: (Add(Linear(3, 2, generator=g), Sequential(Tanh(), Linear(3, 2, generator=g))), numbers(4, 3)),
    "Concat": lambda g: (
        Concat(Conv2D(2, 3, kernel=1, generator=g), AvgPool2D(3, stride=1, padding=1), Residual(Tanh())),
        numbers(2, 4, 3, 2),
    ),
    "Residual": lambda g: (
        Residual(LayerNorm(3), Linear(3, 5, generator=g), GELU(), Linear(5, 3, generator=g)),
        numbers(4, 3),
    ),
    "Residual image block": lambda g: (
        Residual(
            Conv2D(2, 2, kernel=3, padding=1, has_bias=False, generator=g),
            BatchNorm(2),
            ReLU(),
            Residual(Conv2D(2, 2, kernel=1, generator=g), Dropout(0.2)),
        ),
        numbers(2, 4, 3, 2),
    ),
    "stack": lambda g: (
        Sequential(
            LSTM(3, 4, generator=g, return_sequences=True),
            LSTM(4, 3, generator=g),
            ReLU(),
            Linear(3, 2, generator=g),
        ),
        numbers(6, 5, 3),
    ),
}


EVERY = ROWS_AND_IMAGES | SEQUENCES | BLOCKS
"""Each layer, several of some."""


def made(name: str) -> tuple[Layer, Array]:
    """A new layer with its inputs."""
    return EVERY[name](Generator(11))


KINDS = {name: type(made(name)[0]).__name__ for name in EVERY}
SIMPLE = [name for name in EVERY if KINDS[name] in LAYERS]  # a block's spec is a graph


def test_no_layer_that_a_document_can_name_is_left_out() -> None:
    assert set(KINDS.values()) >= set(LAYERS)


@pytest.mark.parametrize("name", EVERY)
def test_every_parameter_moves(name: str) -> None:
    layer, inputs = made(name)
    check_layer(layer, inputs)


def knows_the_mode(layer: Layer) -> bool:
    return any(isinstance(part, KNOW_THE_MODE) and getattr(part, "p", 1) > 0 for _, part in layer.walk())


def modes(name: str) -> list[Any]:
    """In use, and in training, which for a layer that does not know the mode is the same again."""
    same_again = () if knows_the_mode(made(name)[0]) else pytest.mark.slow
    return [pytest.param(name, False), pytest.param(name, True, marks=same_again)]


@pytest.mark.parametrize(("name", "is_training"), [case for name in EVERY for case in modes(name)])
def test_gradients_equal_finite_differences(name: str, is_training: bool) -> None:
    layer, inputs = made(name)
    layer = layer.cast("float64").train() if is_training else layer.cast("float64").eval()
    layer.give_generators(Generator(3))
    is_float = inputs.dtype.kind == "f"
    x = Tensor(inputs.astype(np.float64) if is_float else inputs, requires_grad=is_float)

    def answer(x: Tensor, *_: Tensor) -> Tensor:
        for path, generator in layer.generators().items():  # the same numbers are dropped at every call
            generator.load_state(Generator(1).spawn(path).state())
        return layer(x)

    gradcheck(answer, [x, *layer.parameters().values()])


@pytest.mark.parametrize("name", EVERY)
def test_a_planted_sign_is_caught_for_every_parameter(name: str) -> None:
    for path, parameter in made(name)[0].cast("float64").eval().parameters().items():
        layer, inputs = made(name)
        layer.cast("float64").eval()
        x = Tensor(inputs.astype(np.float64) if inputs.dtype.kind == "f" else inputs)
        target = layer.parameters()[path]
        assert target.shape == parameter.shape
        with pytest.raises(GradientMismatch):
            gradcheck(plant_sign_error(lambda *_: layer(x), target), [target])  # noqa: B023 - used at once


@pytest.mark.parametrize("name", EVERY)
def test_a_layer_used_twice_before_backward_gets_both_gradients(name: str) -> None:
    layer, inputs = made(name)
    layer.cast("float64").eval()
    first = Tensor(inputs.astype(np.float64) if inputs.dtype.kind == "f" else inputs)
    second = Tensor(first.data[:, ::-1].copy())
    apart: dict[str, Array] = {}
    for x in (first, second):
        if layer.parameters():
            layer(x).sum().backward()
    for path, parameter in layer.parameters().items():
        assert parameter.grad is not None
        apart[path] = parameter.grad.copy()
        parameter.grad = None
    if layer.parameters():
        (layer(first).sum() + layer(second).sum()).backward()
    for path, parameter in layer.parameters().items():
        np.testing.assert_allclose(parameter.grad, apart[path], rtol=1e-12, atol=1e-12)


def run_both_ways(layer: Layer, inputs: Array) -> list[Array]:
    """The answer, and every gradient that there is."""
    x = Tensor(inputs, requires_grad=inputs.dtype.kind == "f")
    y = layer(x)
    if y.requires_grad:
        y.backward(np.ones(y.shape, y.dtype))
    return [y.data, *(t.grad for t in (x, *layer.parameters().values()) if t.grad is not None)]


@pytest.mark.parametrize("name", EVERY)
def test_extreme_inputs_stay_finite_in_both_directions(name: str) -> None:
    """Numbers of ±10⁴, numbers that are all equal, a batch of one; in use, where a batch of one has an answer."""
    _, inputs = made(name)
    is_float = inputs.dtype.kind == "f"
    extremes = [inputs * np.float32(1e4), np.full_like(inputs, 0.5)] if is_float else [np.zeros_like(inputs)]
    for values in (*extremes, inputs[:1]):
        layer = made(name)[0].eval()
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            assert all(np.isfinite(array).all() for array in run_both_ways(layer, values))


@pytest.mark.parametrize("name", [name for name in EVERY if made(name)[1].dtype.kind == "f"])
def test_nan_is_named_at_the_op_that_met_it(name: str) -> None:
    layer, inputs = made(name)
    layer.give_generators(Generator(0))
    poisoned = Tensor(np.full_like(inputs, np.nan))
    with (
        check_finite(),
        np.errstate(invalid="ignore"),
        pytest.raises(NotFinite, match=r"^\w+: NaN in its result of sh"),
    ):
        layer(poisoned)


@pytest.mark.parametrize("name", EVERY)
def test_only_random_and_counting_layers_know_whether_they_train(name: str) -> None:
    layer, inputs = made(name)
    layer.give_generators(Generator(3))
    in_use = layer.eval()(Tensor(inputs)).data
    assert np.array_equal(layer(Tensor(inputs)).data, in_use)
    trained = layer.train()(Tensor(inputs)).data
    assert np.array_equal(trained, in_use) is not knows_the_mode(layer)


@pytest.mark.parametrize("name", EVERY)
def test_survives_a_document_and_its_weights_a_file(name: str) -> None:
    layer, inputs = made(name)
    model = Sequential(layer).eval()
    document = json.loads(json.dumps(to_graph(model)))
    again = from_graph(document, generator=Generator(99)).eval()
    again.load_arrays(unpack_arrays(pack_arrays(model.arrays()), name=name))
    assert np.array_equal(again(Tensor(inputs)).data, model(Tensor(inputs)).data)
    assert to_graph(again) == document
    assert check_graph(document, input_shape=inputs.shape[1:]) == model(Tensor(inputs)).shape[1:]


@pytest.mark.parametrize("name", EVERY)
def test_answers_keep_the_dtype(name: str) -> None:
    layer, inputs = made(name)
    for dtype in ("float32", "float64"):
        x = inputs.astype(dtype) if inputs.dtype.kind == "f" else inputs
        assert layer.cast(dtype).eval()(Tensor(x)).dtype == dtype


@pytest.mark.parametrize("name", SIMPLE)
def test_spec_tells_the_shape_and_the_number_of_parameters(name: str) -> None:
    layer, inputs = made(name)
    answer = layer.eval()(Tensor(inputs))
    assert layer.spec.shape_of(layer.settings(), inputs.shape[1:]) == answer.shape[1:]
    assert layer.spec.parameters_of(layer.settings()) == count_parameters(layer)


@pytest.mark.parametrize("kind", LAYERS.values(), ids=list(LAYERS))
def test_every_spec_speaks_both_languages(kind: type[Layer]) -> None:
    document = kind.spec.to_dict()
    assert set(document["title"]) == set(document["description"]) == {"tr", "en"}
    assert all(document["title"].values())
    assert all(document["description"].values())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda g: Linear(0, 2, generator=g), "inputs must be at least 1"),
        (lambda g: Linear(2, 10**9, generator=g), "outputs must be at most"),
        (lambda g: Linear(2, True, generator=g), "outputs must be integer, not bool"),
        (lambda g: LSTM(2, 1.5, generator=g), "units must be integer, not float"),
        (lambda g: LSTM("2", 1, generator=g), "features must be integer, not str"),
        (lambda g: Dropout(1.0), "p must be at most 0.99"),
        (lambda g: Dropout(float("nan")), "p must be finite"),
        (lambda g: Sequential(), "at least one layer"),
    ],
)
def test_impossible_settings_are_refused(make: object, words: str) -> None:
    with pytest.raises(LayerInvalid, match=words):
        make(Generator(0))  # type: ignore[operator]


def test_lstm_begins_by_remembering() -> None:
    bias = LSTM(2, 3, generator=Generator(0)).b.data
    assert bias.tolist() == [0.0] * 3 + [1.0] * 3 + [0.0] * 6


def test_lstm_refuses_another_number_of_features() -> None:
    with pytest.raises(LayerInvalid, match=r"LSTM takes x \(n, time, 2\), not \(4, 5, 3\)"):
        LSTM(2, 3, generator=Generator(0))(Tensor(np.zeros((4, 5, 3), np.float32)))


@pytest.mark.oracle
@pytest.mark.parametrize("is_stacked", [False, True])
def test_lstm_equals_torch(torch: object, is_stacked: bool) -> None:
    g = Generator(4)
    first, second = LSTM(3, 4, generator=g, return_sequences=True), LSTM(4, 4, generator=g, return_sequences=True)
    layers = [first, second] if is_stacked else [first]
    model = Sequential(*layers).cast("float64")
    peer = torch.nn.LSTM(3, 4, num_layers=len(layers), batch_first=True).double()  # type: ignore[attr-defined]
    order = [0, 1, 3, 2]  # torch keeps input, forget, candidate, output
    for i, layer in enumerate(layers):
        for name, value in (("weight_ih", layer.w_x), ("weight_hh", layer.w_h), ("bias_ih", layer.b)):
            rows = np.concatenate([np.split(value.data, 4, axis=-1)[k] for k in order], axis=-1)
            getattr(peer, f"{name}_l{i}").data = torch.tensor(rows.T.copy())  # type: ignore[attr-defined]
        getattr(peer, f"bias_hh_l{i}").data.zero_()
    x = Generator(5).normal((2, 6, 3), dtype=np.float64)
    ours = model(Tensor(x))
    theirs, _ = peer(torch.tensor(x))  # type: ignore[attr-defined]
    ours.backward(np.ones(ours.shape))
    theirs.sum().backward()
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=0, atol=1e-12)
    split = np.split(first.w_h.grad, 4, axis=-1)
    ours_gradient = np.concatenate([split[k] for k in order], axis=-1).T
    np.testing.assert_allclose(ours_gradient, peer.weight_hh_l0.grad.numpy(), rtol=0, atol=1e-10)


def test_dropout_drops_in_training_only_and_keeps_the_mean() -> None:
    layer = Dropout(0.25, generator=Generator(0))
    x = Tensor(np.ones((200, 200), np.float32))
    dropped = layer.train()(x).data
    assert abs(float((dropped == 0).mean()) - 0.25) < 0.01
    assert abs(float(dropped.mean()) - 1) < 0.02
    assert layer.eval()(x).data.all()


def test_dropout_without_generator_refuses_to_train() -> None:
    with pytest.raises(GeneratorMissing, match="pass generator"):
        Dropout(0.5)(Tensor(np.ones((2, 2), np.float32)))


def learned(name: str, device: Device, *, is_training: bool) -> dict[str, Array]:
    """The answer, every gradient and every buffer of a layer that computes on `device`, brought to the host."""
    layer, inputs = made(name)
    layer = (layer.train() if is_training else layer.eval()).to(device)
    layer.give_generators(Generator(3))
    x = Tensor(layer.place(inputs) if layer.arrays() or inputs.dtype.kind != "f" else to_device(inputs, device))
    y = layer(x)
    found = {"answer": to_host(y.data), **{f"buffer {k}": to_host(b) for k, b in layer.buffers().items()}}
    if y.requires_grad:
        y.backward(to_device(Generator(5).normal(y.shape), device))
    return found | {k: to_host(p.grad) for k, p in layer.parameters().items() if p.grad is not None}


@pytest.mark.parametrize("is_training", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_another_device_computes_and_learns_the_same(other_device: Any, name: str, is_training: bool) -> None:
    theirs = learned(name, Device.GPU, is_training=is_training)
    ours = learned(name, Device.CPU, is_training=is_training)
    assert theirs.keys() == ours.keys()
    for key, array in ours.items():
        other_device.compare(theirs[key], array, what=key)


class MadeOnTheHost(Layer):
    """A layer with the mistake that the double is there to catch: an array made by NumPy, whatever the device."""

    def forward(self, x: Tensor) -> Tensor:
        return ops.add(x, Tensor(np.zeros(x.shape, np.float32)))


class ComputedOnTheHost(Layer):
    """The same mistake behind the tensors' back."""

    def forward(self, x: Tensor) -> Tensor:
        return Tensor(x.data + np.zeros(x.shape, np.float32))


@pytest.mark.parametrize(("layer", "error"), [(MadeOnTheHost(), DeviceMixed), (ComputedOnTheHost(), ImplicitTransfer)])
def test_a_layer_that_makes_an_array_on_the_host_is_caught(
    monkeypatch: pytest.MonkeyPatch, layer: Layer, error: type[Exception]
) -> None:
    monkeypatch.setenv("AZURAFORGE_KERNELS", "numpy")
    with pretend_gpu() as double, pytest.raises(error):
        layer(Tensor(double.asarray(numbers(2, 3))))
