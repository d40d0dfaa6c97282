"""Embedding, positions, attention and the encoder: PyTorch's modules agree; filler steps and the future are unseen."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.errors import DtypeError, GradientMismatch, IndexOutOfRange, ShapeError
from azuraforge_core.testing import assert_close
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import (
    Dropout,
    Embedding,
    Layer,
    MultiHeadAttention,
    PositionalEncoding,
    TransformerEncoder,
)
from azuraforge_learner.layers.positional_encoding import waves


def same(array: Array) -> Array:
    return array


def turned(array: Array) -> Array:
    return array.T


Names = dict[str, tuple[str, Callable[[Array], Array]]]
ATTENTION: Names = {
    "w_in": ("in_proj_weight", turned),
    "b_in": ("in_proj_bias", same),
    "w_out": ("out_proj.weight", turned),
    "b_out": ("out_proj.bias", same),
}
REST: Names = {
    "widen.weight": ("linear1.weight", turned),
    "widen.bias": ("linear1.bias", same),
    "narrow.weight": ("linear2.weight", turned),
    "narrow.bias": ("linear2.bias", same),
    "first_norm.weight": ("norm1.weight", same),
    "first_norm.bias": ("norm1.bias", same),
    "second_norm.weight": ("norm2.weight", same),
    "second_norm.bias": ("norm2.bias", same),
}


def prefixed(names: Names, ours: str, theirs: str) -> Names:
    return {f"{ours}{name}": (f"{theirs}{other}", lay_out) for name, (other, lay_out) in names.items()}


def scattered(layer: Layer) -> Layer:
    """The layer with biases other than 0 and norms other than 1."""
    for k, parameter in enumerate(layer.parameters().values()):
        parameter.data = Generator(20 + k).normal(parameter.shape, std=0.5)
    return layer


def called_as(torch: Any, module: Any, run: Callable[[Any, Any], Any]) -> Any:
    class Wrapped(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = module

        def forward(self, x: Any) -> Any:
            return run(self.inner, x)

    return Wrapped()


@pytest.mark.oracle
def test_embedding_equals_torch(torch: Any, parity: Any) -> None:
    x = Generator(2).integers((3, 4), high=6)
    make = lambda: Embedding(6, 5, generator=Generator(1))  # noqa: E731
    parity.check(make, torch.nn.Embedding(6, 5), x, names={"weight": ("weight", same)})


def test_embedding_refuses_what_names_no_row() -> None:
    layer = Embedding(6, 5, generator=Generator(1))
    with pytest.raises(DtypeError, match="indices are float32, they must be integers"):
        layer(Tensor(np.zeros((2, 3), np.float32)))
    for wrong in (-1, 6):
        with pytest.raises(IndexOutOfRange, match=rf"index {wrong} is outside of 0\.\.5"):
            layer(Tensor(np.array([[0, wrong]])))
    with pytest.raises(LayerInvalid, match="count must be at most"):
        Embedding(10**9, 5, generator=Generator(1))


@pytest.mark.parametrize("width", [1, 4, 5])
def test_positions_follow_the_formula(width: int) -> None:
    found = PositionalEncoding(width)(Tensor(np.ones((2, 7, width)))).data - 1
    for step in range(7):
        for column in range(width):
            angle = step / 10_000 ** ((column - column % 2) / width)
            expected = np.cos(angle) if column % 2 else np.sin(angle)
            assert found[1, step, column] == pytest.approx(expected, abs=1e-12)


def test_no_two_of_a_thousand_steps_have_the_same_waves() -> None:
    found = waves(1_000, 16)
    distances = np.linalg.norm(found[:, None] - found[None], axis=2) + np.eye(1_000) * 9
    assert distances.min() > 0.1


@pytest.mark.oracle
@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("heads", [1, 2, 6])
@pytest.mark.parametrize("time", [1, 5])
def test_attention_equals_torch(torch: Any, parity: Any, heads: int, time: int, is_causal: bool) -> None:
    future = torch.triu(torch.ones(time, time, dtype=torch.bool), 1) if is_causal else None
    peer = called_as(
        torch,
        torch.nn.MultiheadAttention(6, heads, batch_first=True),
        lambda inner, x: inner(x, x, x, need_weights=False, attn_mask=future),
    )
    parity.check(
        lambda: scattered(MultiHeadAttention(6, heads, generator=Generator(1), is_causal=is_causal)),
        peer,
        Generator(2).normal((3, time, 6), dtype=np.float64),
        names=prefixed(ATTENTION, "", "inner."),
    )


@pytest.mark.oracle
def test_filler_steps_equal_torch(torch: Any) -> None:
    layer = scattered(MultiHeadAttention(4, 2, generator=Generator(1))).cast("float64")
    peer = torch.nn.MultiheadAttention(4, 2, batch_first=True).double()
    with torch.no_grad():
        for name, (other, lay_out) in ATTENTION.items():
            values = lay_out(layer.parameters()[name].data).copy()
            dict(peer.named_parameters())[other].copy_(torch.tensor(values))
    x = Generator(2).normal((2, 4, 4), dtype=np.float64)
    is_real = np.array([[True, True, False, False], [True, True, True, True]])
    theirs, _ = peer(*[torch.tensor(x)] * 3, key_padding_mask=torch.tensor(~is_real))
    assert isinstance(layer, MultiHeadAttention)
    assert_close(layer.forward(Tensor(x), is_real=is_real), theirs.detach().numpy(), tolerance=1e-10)


@pytest.mark.oracle
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("is_norm_first", [True, False])
@pytest.mark.parametrize(("blocks", "is_causal"), [(1, False), (2, False), (2, True)])
def test_encoder_equals_torch(
    torch: Any, parity: Any, activation: str, is_norm_first: bool, blocks: int, is_causal: bool
) -> None:
    block = torch.nn.TransformerEncoderLayer(
        6, 2, 5, dropout=0.0, activation=activation, batch_first=True, norm_first=is_norm_first
    )
    future = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1) if is_causal else None
    stack = torch.nn.TransformerEncoder(block, blocks, enable_nested_tensor=False)
    names: Names = {}
    for k in range(blocks):
        names |= prefixed(ATTENTION, f"{k}.attention.", f"inner.layers.{k}.self_attn.")
        names |= prefixed(REST, f"{k}.", f"inner.layers.{k}.")
    parity.check(
        lambda: scattered(
            TransformerEncoder(
                6,
                2,
                hidden=5,
                blocks=blocks,
                dropout=0.0,
                activation=activation,
                is_norm_first=is_norm_first,
                is_causal=is_causal,
                generator=Generator(1),
            )
        ),
        called_as(torch, stack, lambda inner, x: inner(x, mask=future)),
        Generator(2).normal((2, 4, 6), dtype=np.float64),
        names=names,
    )


@pytest.mark.oracle
def test_heads_that_are_cut_wrongly_would_be_noticed(torch: Any, parity: Any) -> None:
    peer = called_as(
        torch,
        torch.nn.MultiheadAttention(6, 3, batch_first=True),
        lambda inner, x: inner(x, x, x, need_weights=False),
    )
    with pytest.raises(GradientMismatch, match="answer in float64"):
        parity.check(
            lambda: scattered(MultiHeadAttention(6, 2, generator=Generator(1))),
            peer,
            Generator(2).normal((3, 4, 6), dtype=np.float64),
            names=prefixed(ATTENTION, "", "inner."),
        )


@pytest.mark.parametrize("is_norm_first", [True, False])
def test_a_causal_encoder_does_not_see_the_future(is_norm_first: bool) -> None:
    layer = TransformerEncoder(
        4, 2, hidden=8, blocks=2, is_causal=True, is_norm_first=is_norm_first, generator=Generator(1)
    ).eval()
    x = Generator(2).normal((1, 6, 4))
    changed = x.copy()
    changed[:, 3:] = Generator(3).normal((1, 3, 4))  # no constant: a norm would take that away
    before, after = layer(Tensor(x)).data, layer(Tensor(changed)).data
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3:] - before[:, 3:]).max() > 0.1


def test_nobody_looks_at_filler_steps() -> None:
    layer = TransformerEncoder(4, 2, hidden=8, blocks=2, generator=Generator(1)).eval()
    x, is_real = Generator(2).normal((1, 6, 4)), np.arange(6)[None] < 4
    changed = x.copy()
    changed[:, 4:] = Generator(3).normal((1, 2, 4))
    before, after = layer.forward(Tensor(x), is_real=is_real), layer.forward(Tensor(changed), is_real=is_real)
    np.testing.assert_allclose(after.data[:, :4], before.data[:, :4], atol=1e-6)


def test_dropout_of_the_encoder_rests_in_use_and_repeats_with_its_seed() -> None:
    x = Tensor(Generator(2).normal((2, 5, 4)))
    answers = []
    for _ in range(2):
        layer = TransformerEncoder(4, 2, hidden=8, dropout=0.5, generator=Generator(1))
        layer.give_generators(Generator(7))
        assert len(layer.generators()) == 3
        answers.append(layer(x).data)
    assert np.array_equal(*answers)
    assert not np.array_equal(layer.eval()(x).data, answers[0])


@pytest.mark.parametrize("name", ["after_attention", "within", "after_network"])
@pytest.mark.parametrize("is_norm_first", [True, False])
def test_each_dropout_of_the_encoder_drops(name: str, is_norm_first: bool) -> None:
    layer = TransformerEncoder(4, 2, hidden=8, dropout=0.5, is_norm_first=is_norm_first, generator=Generator(1))
    layer.give_generators(Generator(7))
    for path, part in layer.walk():
        if isinstance(part, Dropout) and not path.endswith(name):
            part.p = 0.0
    x = Tensor(Generator(2).normal((2, 5, 4)))
    assert not np.array_equal(layer.train()(x).data, layer.eval()(x).data)


@pytest.mark.parametrize(
    "layer",
    [
        PositionalEncoding(4),
        MultiHeadAttention(4, 2, generator=Generator(0)),
        TransformerEncoder(4, 2, hidden=3, generator=Generator(0)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_does_not_fit_is_refused(layer: Layer) -> None:
    for shape in ((2, 5, 3), (2, 4), (4,)):
        with pytest.raises(LayerInvalid, match=r"takes x \(n, time, 4\), not"):
            layer(Tensor(np.zeros(shape, np.float32)))
    with pytest.raises(LayerInvalid, match=r"takes \(time, 4\) per sample, not shape \(5, 3\)"):
        layer.spec.shape_of(layer.settings(), (5, 3))
    assert layer.spec.shape_of(layer.settings(), (-1, 4)) == (-1, 4)


def test_filler_marks_that_do_not_fit_are_refused() -> None:
    layer = MultiHeadAttention(4, 2, generator=Generator(0))
    x = Tensor(np.zeros((2, 5, 4), np.float32))
    with pytest.raises(ShapeError, match=r"is_real \(5,\); needed is \(n, time\) \(2, 5\)"):
        layer.forward(x, is_real=np.ones(5, dtype=bool))
    with pytest.raises(DtypeError, match="must be bool"):
        layer.forward(x, is_real=np.ones((2, 5)))


def test_impossible_settings_are_refused() -> None:
    for make in (
        lambda: MultiHeadAttention(4, 3, generator=Generator(0)),
        lambda: TransformerEncoder(4, 3, hidden=2, generator=Generator(0)),
    ):
        with pytest.raises(LayerInvalid, match="heads must divide width: 3 against 4"):
            make()
    with pytest.raises(LayerInvalid, match="blocks must be at most 128"):
        TransformerEncoder(4, 2, hidden=2, blocks=10**6, generator=Generator(0))
