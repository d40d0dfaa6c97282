"""Stacks of LSTM, GRU and Bidirectional: PyTorch's modules with states and lengths, pieces, dropout, memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.errors import GradientMismatch, IndexOutOfRange
from azuraforge_core.testing import assert_close, gradcheck
from azuraforge_learner.errors import GeneratorMissing, LayerInvalid
from azuraforge_learner.layers import GRU, LSTM, Bidirectional, Recurrent, State, detached, lengths_of
from azuraforge_learner.testing import check_layer

GATE_ORDER = {"LSTM": (0, 1, 3, 2), "GRU": (0, 1, 2)}
"""PyTorch keeps an LSTM's input, forget, candidate, output; AzuraForge input, forget, output, candidate."""
TOLERANCES = {"float64": 1e-10, "float32": 1e-4}


def make(cell: str, *, is_both: bool = False, features: int = 3, units: int = 4, **settings: Any) -> Recurrent:
    """A layer whose biases are not 0."""
    g = Generator(1)
    if is_both:
        layer: Recurrent = Bidirectional(features, units, cell=cell, generator=g, **settings)
    else:
        layer = {"LSTM": LSTM, "GRU": GRU}[cell](features, units, generator=g, **settings)
    for k, parameter in enumerate(layer.parameters().values()):
        parameter.data = Generator(30 + k).normal(parameter.shape, std=0.4)
    return layer


def cells_of(layer: Recurrent) -> list[LSTM | GRU]:
    """Every direction of every layer, in PyTorch's order."""
    found: list[Any] = []
    for level in layer.levels():
        found += [level.ahead, level.back] if isinstance(level, Bidirectional) else [level]
    return found


def named_for_torch(torch: Any, layer: Recurrent, *, cell: str) -> tuple[dict[str, Any], dict[tuple[int, str], Any]]:
    """PyTorch's parameters as functions of leaves that lie as ours do, and those leaves."""
    named, leaves = {}, {}
    for k, own in enumerate(cells_of(layer)):
        suffix = f"_l{k // layer.directions}" + ("_reverse" if k % layer.directions else "")
        for name, parameter in own.parameters().items():
            if not name.startswith("above"):
                leaves[k, name] = torch.tensor(parameter.data.copy(), requires_grad=True)
        named |= {
            f"weight_ih{suffix}": ordered(torch, leaves[k, "w_x"], cell).T,
            f"weight_hh{suffix}": ordered(torch, leaves[k, "w_h"], cell).T,
            f"bias_ih{suffix}": ordered(torch, leaves[k, "b" if cell == "LSTM" else "b_x"], cell),
        }
        last = leaves[k, "b_h"] if cell == "GRU" else torch.zeros_like(leaves[k, "b"])
        named[f"bias_hh{suffix}"] = last
    return named, leaves


def ordered(torch: Any, w: Any, cell: str) -> Any:
    parts = w.split(w.shape[-1] // len(GATE_ORDER[cell]), dim=-1)
    return torch.cat([parts[k] for k in GATE_ORDER[cell]], dim=-1)


def run_ours(
    layer: Recurrent, x: Array, state: State, lengths: list[int] | None
) -> tuple[list[Array], list[Array], dict[tuple[int, str], Array]]:
    """Answer and last state; gradients of x and of the first state; gradients of every parameter."""
    leaf = Tensor(x, requires_grad=True)
    answer, last = layer.read(leaf, state=state, lengths=lengths)
    results = [answer, *last]
    sum((y * Tensor(weight_of(y))).sum() for y in results).backward()  # type: ignore[union-attr]
    gradients = {
        (k, name): parameter.grad
        for k, own in enumerate(cells_of(layer))
        for name, parameter in own.parameters().items()
        if not name.startswith("above")
    }
    return [y.data for y in results], [leaf.grad, *(part.grad for part in state)], gradients


def run_torch(
    torch: Any, layer: Recurrent, x: Array, state: State, lengths: list[int] | None, *, cell: str
) -> tuple[list[Array], list[Array], dict[tuple[int, str], Array]]:
    named, leaves = named_for_torch(torch, layer, cell=cell)
    peer = getattr(torch.nn, cell)(
        layer.features,
        layer.units,
        num_layers=layer.layers,
        bidirectional=layer.directions == 2,
        batch_first=True,
        dtype=getattr(torch, str(x.dtype)),
    )
    leaf = torch.tensor(x, requires_grad=True)
    first = [torch.tensor(part.data, requires_grad=True) for part in state]
    given = leaf
    if lengths is not None:
        given = torch.nn.utils.rnn.pack_padded_sequence(leaf, lengths, batch_first=True, enforce_sorted=False)
    sequence, last = torch.func.functional_call(peer, named, (given, tuple(first) if cell == "LSTM" else first[0]))
    last = list(last) if cell == "LSTM" else [last]
    if lengths is not None:
        sequence = torch.nn.utils.rnn.pad_packed_sequence(sequence, batch_first=True, total_length=x.shape[1])[0]
    answer = sequence if layer.return_sequences else torch.cat(list(last[0][-layer.directions :]), dim=-1)
    results = [answer, *last]
    sum((y * torch.tensor(weight_of(y))).sum() for y in results).backward()
    return (
        [y.detach().numpy() for y in results],
        [leaf.grad.numpy(), *(part.grad.numpy() for part in first)],
        {key: value.grad.numpy() for key, value in leaves.items()},
    )


def weight_of(y: Any) -> Array:
    return Generator(len(y.shape)).normal(tuple(y.shape), dtype=np.float64).astype(str(y.dtype).removeprefix("torch."))


def compare_with_torch(
    torch: Any, layer: Recurrent, *, cell: str, n: int, time: int, lengths: list[int] | None, dtype: str
) -> None:
    layer.cast(dtype)
    x = Generator(2).normal((n, time, layer.features), dtype=np.float64).astype(dtype)
    shape = (layer.layers * layer.directions, n, layer.units)
    parts = [Generator(50 + k).normal(shape, dtype=np.float64).astype(dtype) for k in range(layer.state_parts)]
    state = tuple(Tensor(part, requires_grad=True) for part in parts)
    ours = run_ours(layer, x, state, lengths)
    theirs = run_torch(torch, layer, x, state, lengths, cell=cell)
    for what, found, expected in zip(("result", "gradient"), ours[:2], theirs[:2], strict=True):
        for k, (a, b) in enumerate(zip(found, expected, strict=True)):
            assert a.dtype == dtype
            assert_close(a, b, tolerance=TOLERANCES[dtype], what=f"{what} {k}")
    assert ours[2].keys() == theirs[2].keys()
    for key, gradient in ours[2].items():
        assert_close(gradient, theirs[2][key], tolerance=TOLERANCES[dtype], what=f"gradient of {key}")


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("lengths", [None, [2, 6, 1, 6]], ids=["whole", "lengths"])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("is_both", [False, True])
@pytest.mark.parametrize("cell", GATE_ORDER)
def test_pytorch_agrees_with_states_lengths_and_directions(
    cell: str,
    is_both: bool,
    layers: int,
    return_sequences: bool,
    lengths: list[int] | None,
    dtype: str,
    torch: Any,
) -> None:
    layer = make(cell, is_both=is_both, layers=layers, return_sequences=return_sequences)
    compare_with_torch(torch, layer, cell=cell, n=4, time=6, lengths=lengths, dtype=dtype)


def random_case(seed: int, torch: Any) -> None:
    g = Generator(seed).spawn("recurrent")
    n, time, features, units, layers, every = (
        int(g.integers((), low=low, high=high)) for low, high in ((1, 6), (1, 12), (1, 6), (1, 7), (1, 4), (0, 5))
    )
    cell, is_both = ("LSTM", "GRU")[seed % 2], bool(g.integers((), high=2))
    settings = {"return_sequences": bool(g.integers((), high=2)), "layers": layers, "recompute_every": every}
    lengths = g.integers((n,), low=1, high=time + 1).tolist() if g.integers((), high=2) else None
    layer = make(cell, is_both=is_both, features=features, units=units, **settings)
    dtype = ("float64", "float32")[int(g.integers((), high=2))]
    compare_with_torch(torch, layer, cell=cell, n=n, time=time, lengths=lengths, dtype=dtype)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_pytorch_agrees_on_random_stacks(seed: int, torch: Any) -> None:
    random_case(seed, torch)


@pytest.mark.oracle
@pytest.mark.slow
def test_pytorch_agrees_on_hundreds_of_random_stacks(torch: Any) -> None:
    for seed in range(12, 612):
        random_case(seed, torch)


@pytest.mark.oracle
def test_a_planted_exchange_of_states_would_be_noticed(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Recurrent._split
    monkeypatch.setattr(Recurrent, "_split", lambda self, x, state: honest(self, x, state)[::-1])
    layer = make("LSTM", layers=2)
    with pytest.raises(GradientMismatch, match="result 0"):
        compare_with_torch(torch, layer, cell="LSTM", n=2, time=3, lengths=None, dtype="float64")


KINDS: dict[str, Callable[..., Recurrent]] = {
    "LSTM": lambda **settings: make("LSTM", **settings),
    "GRU": lambda **settings: make("GRU", **settings),
    "Bidirectional": lambda **settings: make("LSTM", is_both=True, **settings),
    "Bidirectional GRU": lambda **settings: make("GRU", is_both=True, **settings),
}
ONE_WAY = ("LSTM", "GRU")


@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_padded_batch_answers_as_each_sequence_alone(kind: str, return_sequences: bool) -> None:
    layer = KINDS[kind](layers=2, return_sequences=return_sequences).cast("float64")
    lengths = [3, 5, 1]
    x = Generator(7).normal((3, 5, 3), dtype=np.float64)
    x[np.arange(5) >= np.array(lengths)[:, None]] = np.nan  # nobody reads what lies behind a sequence
    answer, state = layer.read(Tensor(x), lengths=lengths)
    for row, length in enumerate(lengths):
        alone, its_state = layer.read(Tensor(x[row : row + 1, :length]))
        ours = answer[row, :length] if return_sequences else answer[row]
        assert_close(ours, alone.data[0], tolerance=1e-13)
        for part, its_part in zip(state, its_state, strict=True):
            assert_close(part[:, row], its_part.data[:, 0], tolerance=1e-13)
    if return_sequences:
        assert not answer.data[2, 1:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_with_lengths_state_and_steps_computed_again(kind: str) -> None:
    layer = KINDS[kind](features=2, units=2, layers=2, recompute_every=2).cast("float64")
    shape = (2 * layer.directions, 2, 2)
    parts = [Tensor(Generator(k).normal(shape, dtype=np.float64), requires_grad=True) for k in range(layer.state_parts)]
    x = Tensor(Generator(9).normal((2, 4, 2), dtype=np.float64), requires_grad=True)

    def read(x: Tensor, *others: Tensor) -> list[Tensor]:
        answer, state = layer.read(x, state=tuple(others[: layer.state_parts]), lengths=[4, 3])
        return [answer, *state]

    gradcheck(read, [x, *parts, *layer.parameters().values()])


@pytest.mark.parametrize("kind", ONE_WAY)
def test_pieces_read_one_after_the_other_give_the_whole(kind: str) -> None:
    layer = KINDS[kind](layers=2, return_sequences=True).cast("float64")
    x = Generator(3).normal((2, 9, 3), dtype=np.float64)
    whole, last = layer.read(Tensor(x))
    state, answers = None, []
    for start in range(0, 9, 4):
        answer, state = layer.read(Tensor(x[:, start : start + 4]), state=state)
        answers.append(answer.data)
    assert np.array_equal(np.concatenate(answers, axis=1), whole.data)
    assert state is not None
    assert all(np.array_equal(a.data, b.data) for a, b in zip(state, last, strict=True))
    assert not any(part.requires_grad for part in detached(state))


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_acts_between_layers_only_and_in_training_only(kind: str) -> None:
    x = Tensor(Generator(3).normal((4, 5, 3)))
    layer = KINDS[kind](layers=2, dropout=0.5, return_sequences=True)
    plain = KINDS[kind](layers=2, return_sequences=True)
    assert np.array_equal(layer.eval()(x).data, plain.eval()(x).data)
    with pytest.raises(GeneratorMissing):
        layer.train()(x)
    layer.give_generators(Generator(1))
    assert list(layer.generators()) == ["between.generator"]
    first, second = layer(x).data, layer(x).data
    assert not np.array_equal(first, second)
    assert (first != 0).all()  # the answers of the last layer are not dropped


@pytest.mark.parametrize("kind", KINDS)
def test_every_gap_of_a_tall_stack_has_its_own_dropout(kind: str) -> None:
    layer = KINDS[kind](layers=4, dropout=0.5)
    assert [level.between.p for level in layer.levels() if level.between is not None] == [0.5, 0.5, 0.5]
    layer.give_generators(Generator(1))
    assert list(layer.generators()) == [f"{'above.' * k}between.generator" for k in range(3)]


@pytest.mark.parametrize("kind", KINDS)
def test_one_step_one_sample_one_unit_and_none_at_all(kind: str) -> None:
    layer = KINDS[kind](features=1, units=1, layers=2)
    check_layer(layer, Generator(4).normal((1, 2, 1)))
    layer.cast("float64")
    one = Tensor(Generator(4).normal((1, 1, 1), dtype=np.float64), requires_grad=True)
    gradcheck(lambda x, *_: layer(x), [one, *layer.parameters().values()])
    for shape in ((0, 3, 1), (2, 0, 1)):
        answer, state = layer.read(Tensor(np.zeros(shape)))
        assert answer.shape == (shape[0], layer.directions)
        assert not any(part.data.any() for part in state)


@pytest.mark.parametrize("kind", KINDS)
def test_input_that_is_not_contiguous_gives_the_same(kind: str) -> None:
    layer = KINDS[kind](layers=2)
    x = Generator(2).normal((3, 5, 2)).transpose(2, 1, 0)
    assert np.array_equal(layer(Tensor(x)).data, layer(Tensor(x.copy())).data)


def test_a_long_sequence_trains_in_a_fraction_of_the_memory() -> None:
    def peak(**settings: int) -> int:
        layer = make("LSTM", units=16, layers=2, return_sequences=True, **settings)
        x = Tensor(Generator(5).normal((2, 1_200, 3)))
        tracemalloc.start()
        try:
            layer(x).mean().backward()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(recompute_every=35) < peak() / 2.5


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit_is_refused(kind: str) -> None:
    layer = KINDS[kind](layers=2)
    x = Tensor(np.zeros((2, 5, 3), np.float32))
    count = 2 * layer.directions
    for shape in ((count, 3, 4), (count + 1, 2, 4), (count, 2, 5)):
        state = (Tensor(np.zeros(shape, np.float32)),) * layer.state_parts
        with pytest.raises(LayerInvalid, match=rf"takes a state of {layer.state_parts} tensors \({count}, 2, 4\), not"):
            layer.read(x, state=state)
    with pytest.raises(LayerInvalid, match="takes a state of"):
        layer.read(x, state=(Tensor(np.zeros((count, 2, 4), np.float32)),) * 3)
    with pytest.raises(IndexOutOfRange, match="lengths from 1 to 6 for 5 steps"):
        layer.forward(x, lengths=[1, 6])
    with pytest.raises(LayerInvalid, match="dropout acts between stacked layers"):
        KINDS[kind](dropout=0.2)
    for settings, words in (
        ({"layers": 0}, "layers must be at least 1"),
        ({"layers": 33}, "layers must be at most 32"),
    ):
        with pytest.raises(LayerInvalid, match=words):
            KINDS[kind](**settings)


def test_marks_become_lengths() -> None:
    marks = np.array([[True, True, False], [True, True, True], [False, False, False]])
    assert lengths_of(marks).tolist() == [2, 3, 0]
    with pytest.raises(LayerInvalid, match="put fillers last"):
        lengths_of(np.array([[False, True]]))
    with pytest.raises(LayerInvalid, match=r"bool \(n, time\), not float64"):
        lengths_of(np.ones((2, 2)))
