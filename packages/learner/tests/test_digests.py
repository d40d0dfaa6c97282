from __future__ import annotations

import numpy as np

from azuraforge_core import Generator
from azuraforge_learner.digests import layer_digests
from azuraforge_learner.layers import LSTM, BatchNorm, Layer, Linear, Sequential


def make_model() -> Sequential:
    generator = Generator(1)
    return Sequential(LSTM(3, 4, generator=generator), Linear(4, 2, generator=generator), BatchNorm(2))


def changed_layers(model: Layer, before: dict[str, str]) -> list[str]:
    return [layer for layer, digest in layer_digests(model).items() if digest != before[layer]]


def test_one_layer_has_one_digest_in_the_model_s_order() -> None:
    assert list(layer_digests(make_model())) == ["0", "1", "2"]


def test_the_same_weights_have_the_same_digests() -> None:
    assert layer_digests(make_model()) == layer_digests(make_model())


def test_one_bit_changes_the_digest_of_its_layer_alone() -> None:
    model = make_model()
    before = layer_digests(model)
    weight = model.parameters()["1.weight"].data
    weight.flat[3] = np.nextafter(weight.flat[3], np.float32(9.0))
    assert changed_layers(model, before) == ["1"]


def test_a_buffer_counts() -> None:
    model = make_model()
    before = layer_digests(model)
    name = next(iter(model.buffers()))
    model.buffers()[name].flat[0] += 1
    assert changed_layers(model, before) == ["2"]


def test_minus_zero_is_not_zero() -> None:
    model = make_model()
    model.parameters()["1.bias"].data[...] = 0.0
    before = layer_digests(model)
    model.parameters()["1.bias"].data[...] = -0.0
    assert changed_layers(model, before) == ["1"]
