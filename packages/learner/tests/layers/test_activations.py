"""Activations: PyTorch's modules agree, extreme values stay finite, an unknown setting is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor
from azuraforge_core.errors import GradientMismatch, IndexOutOfRange
from azuraforge_learner.errors import GraphInvalid, LayerInvalid
from azuraforge_learner.layers import (
    ELU,
    GELU,
    Layer,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    check_graph,
)

PEERS: dict[str, tuple[Callable[[], Layer], Callable[[Any], Any]]] = {
    "ELU": (ELU, lambda nn: nn.ELU()),
    "ELU of alpha 0.4": (lambda: ELU(alpha=0.4), lambda nn: nn.ELU(alpha=0.4)),
    "GELU": (GELU, lambda nn: nn.GELU()),
    "GELU by tanh": (lambda: GELU(approximation="tanh"), lambda nn: nn.GELU(approximate="tanh")),
    "LeakyReLU": (LeakyReLU, lambda nn: nn.LeakyReLU()),
    "LeakyReLU of slope 0.3": (lambda: LeakyReLU(slope=0.3), lambda nn: nn.LeakyReLU(0.3)),
    "LogSoftmax": (LogSoftmax, lambda nn: nn.LogSoftmax(dim=-1)),
    "ReLU": (ReLU, lambda nn: nn.ReLU()),
    "SiLU": (SiLU, lambda nn: nn.SiLU()),
    "Sigmoid": (Sigmoid, lambda nn: nn.Sigmoid()),
    "Softmax": (Softmax, lambda nn: nn.Softmax(dim=-1)),
    "Softplus": (Softplus, lambda nn: nn.Softplus()),
    "Softplus of beta 3": (lambda: Softplus(beta=3.0), lambda nn: nn.Softplus(beta=3.0, threshold=1e9)),
    "Tanh": (Tanh, lambda nn: nn.Tanh()),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", list(PEERS))
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (2, 3, 4)], ids=str)
def test_equals_torch(torch: Any, parity: Any, name: str, shape: tuple[int, ...]) -> None:
    make, peer = PEERS[name]
    parity.check(make, peer(torch.nn), Generator(3).normal(shape, std=2.0, dtype=np.float64))


@pytest.mark.oracle
def test_a_planted_sign_would_be_noticed(torch: Any, parity: Any) -> None:
    class Flipped(ELU):
        def forward(self, x: Tensor) -> Tensor:
            return -super().forward(x)

    with pytest.raises(GradientMismatch, match="answer in float64"):
        parity.check(Flipped, torch.nn.ELU(), np.ones((2, 3)))


@pytest.mark.parametrize("name", list(PEERS))
def test_extreme_values_stay_finite(name: str) -> None:
    layer = PEERS[name][0]()
    x = Tensor(np.array([[-1e4, -90.0, 0.0, 90.0, 1e4]], np.float32), requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = layer(x)
        y.sum().backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("name", list(PEERS))
def test_an_empty_batch_gives_an_empty_answer(name: str) -> None:
    assert PEERS[name][0]()(Tensor(np.zeros((0, 3), np.float32))).shape == (0, 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GELU(approximation="exact"), "approximation must be one of none, tanh, not 'exact'"),
        (lambda: GELU(approximation=True), "approximation must be string, not bool"),
        (lambda: LeakyReLU(slope=-0.1), "slope must be at least 0"),
        (lambda: ELU(alpha=float("inf")), "alpha must be finite"),
        (lambda: Softplus(beta=0.0), "beta must be at least 0.001"),
    ],
)
def test_impossible_settings_are_refused(make: Callable[[], Layer], words: str) -> None:
    with pytest.raises(LayerInvalid, match=words):
        make()


@pytest.mark.parametrize("layer", [Softmax(), LogSoftmax()], ids=repr)
def test_a_softmax_needs_classes(layer: Layer) -> None:
    node = {"id": "0", "type": layer.spec.type, "version": 1, "parameters": {}}
    with pytest.raises(GraphInvalid, match="needs an axis of classes"):
        check_graph({"format": "azf.graph/1", "nodes": [node], "edges": []}, input_shape=())
    with pytest.raises(IndexOutOfRange, match="axis -1 of a tensor with 0 axes"):
        layer(Tensor(np.float32(1.0)))


def test_choices_are_an_enumeration_in_the_catalog() -> None:
    schema = GELU.spec.to_dict()["parameters"]["properties"]["approximation"]
    assert schema == {"type": "string", "enum": ["none", "tanh"], "default": "none"}
