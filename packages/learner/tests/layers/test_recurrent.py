"""GRU and Bidirectional: PyTorch's modules agree on answers and all gradients, also stacked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.errors import GradientMismatch
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import GRU, Bidirectional, Layer, Sequential

SIZES = [(1, 1, 1, 1), (3, 5, 2, 4), (2, 17, 3, 5)]
"""Samples, steps, features, units."""
LSTM_ORDER = (0, 1, 3, 2)
"""PyTorch keeps input, forget, candidate, output; AzuraForge input, forget, output, candidate."""


def turned(array: Array) -> Array:
    return array.T


def same(array: Array) -> Array:
    return array


def gates_turned(array: Array) -> Array:
    parts = np.split(array, 4, axis=-1)
    return np.concatenate([parts[k] for k in LSTM_ORDER], axis=-1).T


def gru_names(prefix: str = "", suffix: str = "_l0") -> dict[str, tuple[str, Callable[[Array], Array]]]:
    ours = {"w_x": "weight_ih", "w_h": "weight_hh", "b_x": "bias_ih", "b_h": "bias_hh"}
    return {
        f"{prefix}{name}": (other + suffix, turned if name.startswith("w") else same) for name, other in ours.items()
    }


def scattered(layer: Layer) -> Layer:
    """The layer with biases other than 0."""
    for k, parameter in enumerate(layer.parameters().values()):
        parameter.data = Generator(20 + k).normal(parameter.shape, std=0.5)
    return layer


class LastStep:
    """PyTorch answers with every step; this keeps what the layer answers without `return_sequences`."""

    def __new__(cls, torch: Any, recurrent: Any) -> Any:
        class Wrapped(torch.nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.inner = recurrent

            def forward(self, x: Any) -> Any:
                _, state = self.inner(x)
                state = state[0] if isinstance(state, tuple) else state  # an LSTM has h and c
                return state.transpose(0, 1).flatten(1)

        return Wrapped()


def inside(names: dict[str, tuple[str, Any]]) -> dict[str, tuple[str, Any]]:
    return {name: (f"inner.{other}", lay_out) for name, (other, lay_out) in names.items()}


@pytest.mark.oracle
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("return_sequences", [True, False])
def test_gru_equals_torch(torch: Any, parity: Any, size: tuple[int, ...], return_sequences: bool) -> None:
    n, time, features, units = size
    peer = torch.nn.GRU(features, units, batch_first=True)
    names = gru_names()
    if not return_sequences:
        peer, names = LastStep(torch, peer), inside(names)
    parity.check(
        lambda: scattered(GRU(features, units, generator=Generator(1), return_sequences=return_sequences)),
        peer,
        Generator(2).normal((n, time, features), dtype=np.float64),
        names=names,
    )


@pytest.mark.oracle
def test_stacked_gru_equals_torch(torch: Any, parity: Any) -> None:
    g = Generator(1)
    parity.check(
        lambda: scattered(
            Sequential(
                GRU(3, 4, generator=g, return_sequences=True),
                GRU(4, 4, generator=g, return_sequences=True),
            )
        ),
        torch.nn.GRU(3, 4, num_layers=2, batch_first=True),
        Generator(2).normal((2, 6, 3), dtype=np.float64),
        names=gru_names("0.", "_l0") | gru_names("1.", "_l1"),
    )


@pytest.mark.oracle
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("return_sequences", [True, False])
def test_both_directions_of_a_gru_equal_torch(
    torch: Any, parity: Any, size: tuple[int, ...], return_sequences: bool
) -> None:
    n, time, features, units = size
    peer = torch.nn.GRU(features, units, batch_first=True, bidirectional=True)
    names = gru_names("ahead.", "_l0") | gru_names("back.", "_l0_reverse")
    if not return_sequences:
        peer, names = LastStep(torch, peer), inside(names)

    def make() -> Layer:
        g = Generator(1)
        return scattered(Bidirectional(features, units, cell="GRU", generator=g, return_sequences=return_sequences))

    parity.check(make, peer, Generator(2).normal((n, time, features), dtype=np.float64), names=names)


@pytest.mark.oracle
def test_both_directions_of_an_lstm_equal_torch(torch: Any, parity: Any) -> None:
    peer = torch.nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    for suffix in ("", "_reverse"):  # ours has one bias; PyTorch's second one stays at zero
        setattr(peer, f"bias_hh_l0{suffix}", torch.nn.Parameter(torch.zeros(16), requires_grad=False))
    names = {
        f"{side}.{ours}": (f"{theirs}_l0{suffix}", gates_turned)
        for side, suffix in (("ahead", ""), ("back", "_reverse"))
        for ours, theirs in (("w_x", "weight_ih"), ("w_h", "weight_hh"), ("b", "bias_ih"))
    }
    parity.check(
        lambda: scattered(Bidirectional(3, 4, generator=Generator(1), return_sequences=True)),
        peer,
        Generator(2).normal((2, 5, 3), dtype=np.float64),
        names=names,
    )


@pytest.mark.oracle
def test_a_direction_that_is_not_turned_back_would_be_noticed(torch: Any, parity: Any) -> None:
    class Planted(Bidirectional):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(Tensor(x.data[:, ::-1].copy(), requires_grad=x.requires_grad))

    with pytest.raises(GradientMismatch, match="answer in float64"):
        parity.check(
            lambda: scattered(Planted(3, 4, cell="GRU", generator=Generator(1), return_sequences=True)),
            torch.nn.GRU(3, 4, batch_first=True, bidirectional=True),
            Generator(2).normal((2, 5, 3), dtype=np.float64),
            names=gru_names("ahead.", "_l0") | gru_names("back.", "_l0_reverse"),
        )


def test_input_that_is_not_contiguous_gives_the_same() -> None:
    layer = Bidirectional(3, 4, cell="GRU", generator=Generator(1), return_sequences=True)
    x = Generator(2).normal((3, 5, 2)).transpose(2, 1, 0)
    assert np.array_equal(layer(Tensor(x)).data, layer(Tensor(x.copy())).data)


@pytest.mark.parametrize("kind", [GRU, Bidirectional])
def test_what_does_not_fit_is_refused(kind: type[GRU] | type[Bidirectional]) -> None:
    layer = kind(3, 4, generator=Generator(0))
    for shape in ((2, 5, 4), (2, 3), (5,)):
        with pytest.raises(LayerInvalid, match=r"takes x \(n, time, 3\), not"):
            layer(Tensor(np.zeros(shape, np.float32)))
    with pytest.raises(LayerInvalid, match=r"takes \(time, 3\) per sample, not shape \(4,\)"):
        layer.spec.shape_of(layer.settings(), (4,))
    assert layer.spec.shape_of({**layer.settings(), "return_sequences": True}, (-1, 3))[0] == -1


def test_an_unknown_cell_is_refused() -> None:
    with pytest.raises(LayerInvalid, match="cell must be one of LSTM, GRU, not 'RNN'"):
        Bidirectional(2, 3, cell="RNN", generator=Generator(0))
