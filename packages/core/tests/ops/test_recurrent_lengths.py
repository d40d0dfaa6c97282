"""LSTM and GRU over sequences of different lengths, and with steps that backward computes again."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge_core import Array, Tensor, ops
from azuraforge_core.errors import ArgumentError, GradientMismatch, IndexOutOfRange, ShapeError
from azuraforge_core.ops import recurrent, segments
from azuraforge_core.testing import assert_close, gradcheck, random_tensor

GATES = {"lstm": 4, "gru": 3}
OPS: dict[str, Callable[..., Sequence[Tensor]]] = {"lstm": ops.lstm, "gru": ops.gru}


def inputs(op: str, n: int, time: int, features: int, hidden: int, *, scale: float = 0.5) -> list[Tensor]:
    """x, the first state (two parts for an LSTM), w_x, w_h and the biases (two for a GRU)."""
    state = [(n, hidden)] * (2 if op == "lstm" else 1)
    wide = GATES[op] * hidden
    biases = [(wide,)] * (1 if op == "lstm" else 2)
    shapes = [(n, time, features), *state, (features, wide), (hidden, wide), *biases]
    return [random_tensor(shape, seed=k, scale=scale) for k, shape in enumerate(shapes)]


def run(op: str, tensors: Sequence[Tensor], **options: Any) -> tuple[list[Array], list[Array]]:
    """Every result, and the gradient of every input when each result is weighed with random numbers."""
    fresh = [Tensor(t.data, requires_grad=True) for t in tensors]
    results = OPS[op](*fresh, **options)
    for k, y in enumerate(results):
        y.backward(random_tensor(y.shape, seed=40 + k).data.astype(y.dtype), retain_tape=True)
    return [y.data for y in results], [t.grad for t in fresh if t.grad is not None]


def one_by_one(op: str, tensors: Sequence[Tensor], lengths: Sequence[int]) -> tuple[list[Array], list[Array]]:
    """The same, each sequence alone and cut to its length; what is not there counts as 0."""
    whole = OPS[op](*tensors)
    weights = [random_tensor(y.shape, seed=40 + k).data for k, y in enumerate(whole)]
    results = [np.zeros(y.shape) for y in whole]
    gradients = [np.zeros(t.shape) for t in tensors]
    parts = len(whole) - 1
    for row, length in enumerate(lengths):
        alone = [Tensor(t.data[row : row + 1], requires_grad=True) for t in tensors[: 1 + parts]]
        alone[0] = Tensor(alone[0].data[:, :length], requires_grad=True)
        shared = [Tensor(t.data, requires_grad=True) for t in tensors[1 + parts :]]
        sequence, *last = OPS[op](*alone, *shared)
        results[0][row, :length] = sequence.data[0]
        sequence.backward(weights[0][row : row + 1, :length], retain_tape=True)
        for place, y, weight in zip(results[1:], last, weights[1:], strict=True):
            place[row] = y.data[0]
            y.backward(weight[row : row + 1], retain_tape=True)
        gradients[0][row, :length] = alone[0].grad[0]
        for k in range(1, 1 + parts):
            gradients[k][row] = alone[k].grad[0]
        for k, t in enumerate(shared, start=1 + parts):
            gradients[k] += t.grad
    return results, gradients


def assert_same(ours: tuple[list[Array], list[Array]], theirs: tuple[list[Array], list[Array]], limit: float) -> None:
    for what, found, expected in zip(("result", "gradient"), ours, theirs, strict=True):
        assert len(found) == len(expected)
        for k, (a, b) in enumerate(zip(found, expected, strict=True)):
            assert_close(a, b, tolerance=limit, what=f"{what} {k}")


LENGTHS = [[4, 1, 3], [4, 4, 4], [1, 1, 1], [4, 3, 1], [0, 4, 0], [0, 0, 0], [2, 3, 3]]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("op", OPS)
def test_a_padded_batch_answers_as_each_sequence_alone(op: str, lengths: list[int]) -> None:
    tensors = inputs(op, 3, 4, 2, 5)
    assert_same(run(op, tensors, lengths=np.array(lengths)), one_by_one(op, tensors, lengths), 1e-13)


@settings(max_examples=40)
@given(data=st.data(), op=st.sampled_from(sorted(OPS)), every=st.none() | st.integers(1, 9))
def test_any_lengths_answer_as_each_sequence_alone(data: st.DataObject, op: str, every: int | None) -> None:
    time = data.draw(st.integers(0, 7))
    lengths = data.draw(st.lists(st.integers(0, time), max_size=5))
    tensors = inputs(op, len(lengths), time, 2, 3)
    ours = run(op, tensors, lengths=np.array(lengths, int), recompute_every=every)
    assert_same(ours, one_by_one(op, tensors, lengths), 1e-12)


@pytest.mark.parametrize("op", OPS)
def test_what_lies_behind_a_sequence_is_never_read(op: str) -> None:
    lengths = np.array([2, 4, 0])
    tensors = inputs(op, 3, 4, 2, 3)
    clean = run(op, tensors, lengths=lengths)
    filler = np.arange(4) >= lengths[:, None]
    tensors[0].data[filler] = np.nan
    dirty = run(op, tensors, lengths=lengths)
    for a, b in zip((*clean[0], *clean[1]), (*dirty[0], *dirty[1]), strict=True):
        assert np.array_equal(a, b)
    assert not clean[0][0][filler].any()
    assert not clean[1][0][filler].any()
    assert np.array_equal(clean[0][1][2], tensors[1].data[2])  # a sequence of no steps keeps its state


@pytest.mark.parametrize("options", [{"lengths": [3, 0, 2]}, {"recompute_every": 2}], ids=str)
@pytest.mark.parametrize("op", OPS)
def test_gradients(op: str, options: dict[str, Any]) -> None:
    gradcheck(lambda *t: OPS[op](*t, **options), inputs(op, 3, 3, 2, 2))
    if op == "lstm":
        gradcheck(lambda *t: ops.lstm(*t, **options)[2], inputs(op, 3, 3, 2, 2))
    gradcheck(
        lambda x, *t: OPS[op](x.transpose(2, 1, 0)[:, ::-1], *t, **options)[0],
        [random_tensor((2, 3, 3)), *inputs(op, 3, 3, 2, 2)[1:]],
    )


@pytest.mark.parametrize("op", OPS)
def test_an_input_that_wants_no_gradient_gets_none(op: str) -> None:
    tensors = inputs(op, 3, 3, 2, 2)
    tensors[0] = tensors[0].detach()
    OPS[op](*tensors, lengths=[1, 2, 3])[0].sum().backward()
    assert tensors[0].grad is None
    assert all(t.grad is not None and t.grad.any() for t in tensors[1:])


def torch_packed(
    torch: ModuleType, op: str, tensors: Sequence[Tensor], lengths: Sequence[int]
) -> tuple[list[Array], list[Array]]:
    """PyTorch's layer over a packed sequence; it orders an LSTM's gates i, f, g, o and has two biases there."""
    theirs = [torch.tensor(t.data, requires_grad=True) for t in tensors]
    n_state = 2 if op == "lstm" else 1
    x, state, (w_x, w_h, *b) = theirs[0], theirs[1 : 1 + n_state], theirs[1 + n_state :]

    def gates(w: Any) -> Any:
        if op == "gru":
            return w
        i, f, o, g = w.split(w.shape[-1] // 4, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    kind = torch.nn.LSTM if op == "lstm" else torch.nn.GRU
    layer = kind(x.shape[2], state[0].shape[1], batch_first=True, dtype=x.dtype)
    named = {"weight_ih_l0": gates(w_x).T, "weight_hh_l0": gates(w_h).T, "bias_ih_l0": gates(b[0])}
    named["bias_hh_l0"] = b[1] if op == "gru" else torch.zeros_like(b[0])
    rnn = torch.nn.utils.rnn
    packed = rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    first = tuple(part[None] for part in state) if op == "lstm" else state[0][None]
    answer, last = torch.func.functional_call(layer, named, (packed, first))
    sequence = rnn.pad_packed_sequence(answer, batch_first=True, total_length=x.shape[1])[0]
    results = [sequence, *(part[0] for part in (last if op == "lstm" else (last,)))]
    weights = [random_tensor(tuple(y.shape), seed=40 + k).data for k, y in enumerate(results)]
    sum((y * torch.tensor(w, dtype=y.dtype)).sum() for y, w in zip(results, weights, strict=True)).backward()
    return [y.detach().numpy() for y in results], [t.grad.numpy() for t in theirs]


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("every", [None, 4])
@pytest.mark.parametrize("op", OPS)
def test_packed_sequences_of_pytorch(
    op: str, every: int | None, dtype: str, tolerance: float, torch: ModuleType
) -> None:
    lengths = [7, 12, 1, 7, 3, 12, 2]
    tensors = [Tensor(t.data.astype(dtype)) for t in inputs(op, 7, 12, 5, 9, scale=0.3)]
    ours = run(op, tensors, lengths=lengths, recompute_every=every)
    assert all(a.dtype == np.dtype(dtype) for a in (*ours[0], *ours[1]))
    assert_same(ours, torch_packed(torch, op, tensors, lengths), tolerance)


@pytest.mark.parametrize("size", [(1, 1, 1, 1), (2, 7, 3, 4), (0, 3, 2, 2), (2, 0, 2, 2)], ids=str)
@pytest.mark.parametrize("every", [1, 3, 100])
@pytest.mark.parametrize("op", OPS)
def test_steps_computed_again_give_the_same(op: str, every: int, size: tuple[int, ...]) -> None:
    tensors = inputs(op, *size)
    kept, again = run(op, tensors), run(op, tensors, recompute_every=every)
    assert_same(again, kept, 1e-13)
    for a, b in zip(again[0], kept[0], strict=True):
        assert np.array_equal(a, b)


def held_after_forward(op: str, time: int, **options: Any) -> int:
    """Bytes that forward leaves allocated for backward: its results and what it keeps."""
    tensors = [Tensor(t.data.astype(np.float32), requires_grad=True) for t in inputs(op, 4, time, 3, 16, scale=0.1)]
    tracemalloc.start()
    try:
        results = OPS[op](*tensors, **options)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    sum((y.sum() for y in results), start=Tensor(0.0)).backward()
    assert all(t.grad is not None and np.isfinite(t.grad).all() for t in tensors)
    return held


@pytest.mark.parametrize("op", OPS)
def test_memory_grows_with_time_and_shrinks_when_steps_are_computed_again(op: str) -> None:
    short, long = held_after_forward(op, 500), held_after_forward(op, 2_000)
    assert 3.5 < long / short < 4.5
    assert held_after_forward(op, 2_000, recompute_every=45) < long / (5 if op == "lstm" else 4)


@pytest.mark.parametrize("op", OPS)
def test_five_thousand_steps_of_different_lengths_computed_again(op: str) -> None:
    tensors = inputs(op, 2, 5_000, 2, 3, scale=0.2)
    again = run(op, tensors, lengths=[5_000, 3_210], recompute_every=70)
    assert_same(again, run(op, tensors, lengths=[5_000, 3_210]), 1e-11)


@pytest.mark.parametrize("op", OPS)
def test_a_retained_tape_gives_the_same_again(op: str) -> None:
    for options in ({"lengths": [1, 3, 2]}, {"recompute_every": 2}):
        tensors = inputs(op, 3, 3, 2, 2)
        loss = OPS[op](*tensors, **options)[0].sum()
        loss.backward(retain_tape=True)
        first = [t.grad.copy() for t in tensors if t.grad is not None]
        loss.backward()
        assert all(np.allclose(t.grad, 2 * g, rtol=1e-13) for t, g in zip(tensors, first, strict=True))


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"lengths": [1, 4, 2]}, IndexOutOfRange, "lengths from 1 to 4 for 3 steps"),
        ({"lengths": [1, -1, 2]}, IndexOutOfRange, "lengths from -1 to 2"),
        ({"lengths": [1, 2]}, ShapeError, "needed are 3 whole numbers"),
        ({"lengths": [1.0, 2.0, 3.0]}, ShapeError, "needed are 3 whole numbers"),
        ({"lengths": [True, True, False]}, ShapeError, "lengths bool"),
        ({"recompute_every": 0}, ArgumentError, "recompute_every is 0"),
    ],
    ids=str,
)
def test_impossible_options_are_refused(op: str, options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"{op}: .*{words}"):
        OPS[op](*inputs(op, 3, 3, 2, 2), **options)


@pytest.mark.parametrize("op", OPS)
def test_blocks_visited_in_the_wrong_order_would_be_noticed(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrent, "segments_vjp", backwards_in_the_wrong_order)
    with pytest.raises(GradientMismatch):
        gradcheck(lambda *t: OPS[op](*t, lengths=[1, 3, 2])[0], inputs(op, 3, 3, 2, 2))


def backwards_in_the_wrong_order(*args: Any, **options: Any) -> segments.CellGradients:
    """Backward that visits the blocks as forward did."""
    return segments.segments_vjp(*args, **{**options, "kept": options["kept"][::-1]})
