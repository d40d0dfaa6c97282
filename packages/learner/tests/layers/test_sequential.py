"""Sequential: layers that are computed together give what they give one by one, and leave nothing between them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner.layers import (
    BatchNorm,
    Conv1D,
    Conv2D,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)

ANY = Generator(5)


def conv(**settings: int) -> Conv2D:
    return Conv2D(3, 4, kernel=3, generator=ANY, **settings)


def normal(channels: int) -> BatchNorm:
    """A BatchNorm that has been trained."""
    layer = BatchNorm(channels)
    layer.weight.data = ANY.normal((channels,))
    layer.bias.data = ANY.normal((channels,))
    layer.running_mean += ANY.normal((channels,))
    layer.running_variance += 1
    return layer


IMAGE, ROW = (2, 7, 6, 3), (2, 9, 3)
ROWS: dict[str, tuple[tuple[Layer, ...], tuple[int, ...]]] = {
    "linear": ((Linear(3, 4, generator=ANY), ReLU(), Tanh()), ROW),
    "conv1d": ((Conv1D(3, 4, kernel=3, generator=ANY), ReLU()), ROW),
    "conv2d": ((conv(padding=1), ReLU()), IMAGE),
    "pooled": ((conv(), ReLU(), MaxPool2D(2)), IMAGE),
    "pooled, twice": ((conv(), ReLU(), MaxPool2D(1), Conv2D(4, 2, kernel=2, generator=ANY), ReLU()), IMAGE),
    "overlapping windows": ((conv(), ReLU(), MaxPool2D(2, stride=1)), IMAGE),
    "padded windows": ((conv(), ReLU(), MaxPool2D(2, padding=1)), IMAGE),
    "pooling of something else": ((Tanh(), ReLU(), MaxPool2D(2)), IMAGE),
    "normalised": ((conv(), normal(4), ReLU(), MaxPool2D(2)), IMAGE),
    "residual": ((Residual(Conv2D(3, 3, kernel=3, padding=1, generator=ANY), normal(3)), ReLU()), IMAGE),
    "residual without ReLU": ((Residual(normal(3)), Tanh()), IMAGE),
    "residual without BatchNorm": ((Residual(Tanh()), ReLU()), IMAGE),
    "two ReLUs": ((conv(), ReLU(), ReLU(), MaxPool2D(2)), IMAGE),
}


def one_by_one(layers: tuple[Layer, ...], x: Tensor) -> Tensor:
    for layer in layers:
        x = x + one_by_one(layer.body.layers, x) if isinstance(layer, Residual) else layer(x)
    return x


def answers(layers: tuple[Layer, ...], shape: tuple[int, ...], *, is_together: bool) -> list[Array]:
    model = Sequential(*layers)
    x = Tensor(Generator(8).normal(shape), requires_grad=True)
    parameters = model.parameters().values()
    for parameter in parameters:
        parameter.grad = None
    y = model(x) if is_together else one_by_one(layers, x)
    (y * y).sum().backward()
    assert x.grad is not None
    return [y.data, x.grad, *(parameter.grad for parameter in parameters if parameter.grad is not None)]


@pytest.mark.parametrize(("name", "is_training"), list(itertools.product(ROWS, [True, False])))
def test_together_as_one_by_one(name: str, is_training: bool) -> None:
    layers, shape = ROWS[name]
    for layer in layers:
        layer._set_training(is_training=is_training)

    together, apart = (answers(layers, shape, is_together=way) for way in (True, False))

    assert len(together) == len(apart)
    for ours, theirs in zip(together, apart, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(theirs).max())))


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "pooled", "residual"])
def test_what_goes_together_is_one_op(name: str) -> None:
    layers, shape = ROWS[name]
    x = Tensor(Generator(8).normal(shape), requires_grad=True)

    y = Sequential(*layers).train()(x)

    assert y.node is not None
    assert any(parent is x for parent in y.node.parents)


def test_a_layer_derived_from_a_convolution_keeps_its_own_forward() -> None:
    class Doubled(Conv2D):
        def forward(self, x: Tensor) -> Tensor:
            return 2.0 * super().forward(x)

    layer, x = Doubled(3, 4, kernel=3, generator=ANY), Tensor(Generator(8).normal(IMAGE))

    together = Sequential(layer, ReLU(), MaxPool2D(2))(x)

    np.testing.assert_allclose(together.data, one_by_one((layer, ReLU(), MaxPool2D(2)), x).data, rtol=1e-5, atol=1e-6)
