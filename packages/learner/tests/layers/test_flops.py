"""What a layer costs: products counted as PyTorch counts them, documents added up, open axes left open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator
from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers import (
    GRU,
    LAYERS,
    LSTM,
    Add,
    Bidirectional,
    Concat,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    Layer,
    Linear,
    MaxPool2D,
    MultiHeadAttention,
    ReLU,
    Residual,
    Sequential,
    TransformerEncoder,
    count_flops,
    to_graph,
)


def self_attention(torch: Any) -> Any:
    class Module(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Any) -> Any:
            return self.inner(x, x, x, need_weights=True)[0]

    return Module()


G = Generator(0)
PRODUCTS: dict[str, tuple[Layer, tuple[int, ...], Any]] = {
    "Linear": (Linear(5, 3, generator=G), (7, 5), lambda t: t.nn.Linear(5, 3)),
    "Conv1D": (
        Conv1D(4, 6, kernel=3, stride=2, padding=1, groups=2, generator=G),
        (9, 4),
        lambda t: t.nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2),
    ),
    "Conv2D": (
        Conv2D(4, 6, kernel=3, dilation=2, padding=2, generator=G),
        (8, 7, 4),
        lambda t: t.nn.Conv2d(4, 6, 3, dilation=2, padding=2),
    ),
    "ConvTranspose2D": (
        ConvTranspose2D(4, 6, kernel=3, stride=2, groups=2, generator=G),
        (5, 4, 4),
        lambda t: t.nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2),
    ),
    "MultiHeadAttention": (
        MultiHeadAttention(8, 2, generator=G),
        (6, 8),
        self_attention,
    ),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_counted_as_pytorch_counts_them(name: str, torch: Any) -> None:
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415 - an oracle, not a dependency

    layer, shape, make = PRODUCTS[name]
    peer = make(torch)
    x = torch.zeros((1, *shape))
    counter = FlopCounterMode(display=False)
    with counter:
        peer(x if len(shape) == 2 and name not in {"Conv1D"} else x.movedim(-1, 1))
    assert layer.spec.count_flops(layer.settings(), shape) == counter.get_total_flops()


def gates_by_hand(layer: LSTM | GRU, *, time: int) -> int:
    """Two operations per weight that every step of every layer uses."""
    return 2 * time * sum(p.size for name, p in layer.parameters().items() if name.split(".")[-1].startswith("w_"))


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("kind", [LSTM, GRU, Bidirectional])
def test_recurrent_layers_use_every_weight_once_a_step(kind: Any, layers: int) -> None:
    layer = kind(3, 4, layers=layers, generator=G)
    assert layer.spec.count_flops(layer.settings(), (11, 3)) == gates_by_hand(layer, time=11)


def test_an_encoder_is_its_attentions_and_its_two_linears() -> None:
    layer = TransformerEncoder(8, 2, hidden=20, blocks=3, generator=G)
    attention = MultiHeadAttention(8, 2, generator=G)
    one = attention.spec.flops_of(attention.settings(), (6, 8)) + 2 * 6 * 2 * 8 * 20
    assert layer.spec.count_flops(layer.settings(), (6, 8)) == 3 * one


@pytest.mark.parametrize("name", list(LAYERS))
def test_every_layer_counts_without_allocating_and_leaves_open_axes_open(name: str) -> None:
    spec = LAYERS[name].spec
    huge = {s.name: s.default for s in spec.parameters if s.default is not None}
    assert spec.count_flops(huge, (-1, 3)) is None


def test_a_residual_connection_adds_one_number_to_each_of_its_input() -> None:
    layers = Conv2D(2, 2, kernel=3, padding=1, generator=G), ReLU()
    shape = (5, 4, 2)
    around, alone = (
        count_flops(to_graph(model), input_shape=shape) for model in (Residual(*layers), Sequential(*layers))
    )
    assert around is not None
    assert alone is not None
    assert around - alone == 5 * 4 * 2


def test_a_document_adds_up() -> None:
    model = Sequential(
        Conv2D(1, 2, kernel=3, padding=1, generator=G),
        Residual(ReLU()),
        MaxPool2D(2),
        Add(Conv2D(2, 2, kernel=1, generator=G), ReLU(), ReLU()),
        Concat(ReLU(), Sequential(ReLU(), ReLU())),
        Flatten(),
        Linear(16, 3, generator=G),
    )
    expected = 2 * 16 * 2 * 9 + 2 * (16 * 2) + 4 * 2 * 4 + (2 * 4 * 2 * 2 + 2 * 8 + 2 * 8) + 3 * 8 + 0 + 2 * 16 * 3
    assert count_flops(to_graph(model), input_shape=(4, 4, 1)) == expected
    assert count_flops(to_graph(Sequential(ReLU())), input_shape=(-1, 2)) is None
    with pytest.raises(GraphInvalid, match="Linear takes 16 inputs"):
        count_flops(to_graph(model), input_shape=(8, 8, 1))


def test_the_count_grows_with_the_time_it_takes() -> None:
    wide, narrow = (LSTM(8, units, generator=G) for units in (64, 16))
    assert wide.spec.flops_of(wide.settings(), (50, 8)) > 4 * narrow.spec.flops_of(narrow.settings(), (50, 8))
    assert np.isfinite(float(wide.spec.flops_of(wide.settings(), (10**9, 8))))
