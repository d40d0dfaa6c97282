"""Checks that every layer must pass; for the tests of layers here, in apps and in plug-ins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from azuraforge_core import Array, Generator, Tensor, ops
from azuraforge_learner.errors import LayerCheckFailed
from azuraforge_learner.layers import Layer
from azuraforge_learner.optimizers import SGD


def check_layer(layer: Layer, inputs: Array, *, seed: int = 0) -> None:
    """Show that every parameter of `layer` learns, from inputs that ask for no gradient themselves.

    Checks that the answer is on the tape, that every parameter gets a finite gradient of its own shape that is not
    all zero, that a use twice before `backward` doubles it, and that one optimizer step moves every parameter.
    Random layers are checked as in use. The layer's values are changed.

    Raises:
        LayerCheckFailed: names the parameter and what did not happen.
    """
    layer.give_generators(Generator(seed))
    parameters = layer.parameters()
    with _in_use(layer):
        once = _gradients(layer, inputs, uses=1, seed=seed)
        twice = _gradients(layer, inputs, uses=2, seed=seed)
        for name, gradient in once.items():
            _check_gradient(name, gradient)
            if not np.allclose(twice[name], 2 * gradient, rtol=1e-4, atol=1e-6 * np.abs(gradient).max()):
                raise LayerCheckFailed(f"{name}: used twice before backward, its gradient is not the sum of both uses")
        if parameters:
            _check_step(layer, inputs, seed=seed)


def _gradients(layer: Layer, inputs: Array, *, uses: int, seed: int) -> dict[str, Array]:
    for parameter in layer.parameters().values():
        parameter.grad = None
    _backward(layer, inputs, uses=uses, seed=seed)
    found = {}
    for name, parameter in layer.parameters().items():
        if parameter.grad is None:
            raise LayerCheckFailed(f"{name}: no gradient arrived; is it part of the answer, and by ops on tensors?")
        found[name] = parameter.grad.copy()
    return found


def _backward(layer: Layer, inputs: Array, *, uses: int, seed: int) -> None:
    answers = [layer(Tensor(inputs)) for _ in range(uses)]
    if not layer.parameters():
        return
    if not answers[0].requires_grad:
        raise LayerCheckFailed("the answer is not on the tape: requires_grad must come from the parameters too")
    # A weight per output: with plain ones, gradients of a symmetric layer could cancel to zero unnoticed.
    weights = Generator(seed).spawn("weights").normal(answers[0].shape, dtype=answers[0].dtype)
    total = sum((ops.sum(answer * Tensor(weights)) for answer in answers[1:]), ops.sum(answers[0] * Tensor(weights)))
    total.backward()


def _check_gradient(name: str, gradient: Array) -> None:
    if not np.isfinite(gradient).all():
        raise LayerCheckFailed(f"{name}: its gradient is not finite")
    if not gradient.any():
        raise LayerCheckFailed(f"{name}: its gradient is zero everywhere")


def _check_step(layer: Layer, inputs: Array, *, seed: int) -> None:
    before = {name: parameter.data.copy() for name, parameter in layer.parameters().items()}
    optimizer = SGD(layer, learning_rate=0.1)
    optimizer.zero_grad()
    _backward(layer, inputs, uses=1, seed=seed)
    optimizer.step()
    for name, parameter in layer.parameters().items():
        if np.array_equal(parameter.data, before[name]):
            raise LayerCheckFailed(f"{name}: an optimizer step did not move it")


@contextmanager
def _in_use(layer: Layer) -> Iterator[None]:
    was_training = layer.is_training
    layer.eval()
    try:
        yield
    finally:
        if was_training:
            layer.train()
