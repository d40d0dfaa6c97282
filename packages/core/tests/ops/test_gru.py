"""The fused GRU, both directions of a pair, and sequences of different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import DtypeError, IndexOutOfRange, ShapeError
from azuraforge_core.testing import assert_close, gradcheck, random_tensor


def inputs(n: int, time: int, features: int, hidden: int, *, scale: float = 0.5) -> list[Tensor]:
    shapes = [
        (n, time, features),
        (n, hidden),
        (features, 3 * hidden),
        (hidden, 3 * hidden),
        (3 * hidden,),
        (3 * hidden,),
    ]
    return [random_tensor(shape, seed=k, scale=scale) for k, shape in enumerate(shapes)]


def plain_gru(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor) -> tuple[Tensor, Tensor]:
    """The same mathematics, one op after the other."""
    hs = []
    for step in range(x.shape[1]):
        r_x, z_x, n_x = ops.split(ops.linear(x[:, step], w_x, b_x), [h.shape[1]] * 3, axis=1)
        r_h, z_h, n_h = ops.split(ops.linear(h, w_h, b_h), [h.shape[1]] * 3, axis=1)
        z = ops.sigmoid(z_x + z_h)
        h = (1 - z) * ops.tanh(n_x + ops.sigmoid(r_x + r_h) * n_h) + z * h
        hs.append(h)
    return ops.stack(hs, axis=1), h


SIZES = [(1, 1, 1, 1), (1, 4, 3, 2), (3, 1, 2, 5), (3, 5, 2, 3)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_gradients(size: tuple[int, int, int, int]) -> None:
    gradcheck(ops.gru, inputs(*size))


@pytest.mark.parametrize("used", [0, 1])
def test_gradients_when_one_result_is_used(used: int) -> None:
    gradcheck(lambda *tensors: ops.gru(*tensors)[used], inputs(2, 3, 2, 3))


@pytest.mark.parametrize("wanted", range(6))
def test_gradients_when_only_one_parent_wants_one(wanted: int) -> None:
    gradcheck(ops.gru, [t if k == wanted else t.detach() for k, t in enumerate(inputs(2, 3, 2, 3))])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_fused_op_agrees_with_its_twin_of_plain_ops(size: tuple[int, int, int, int]) -> None:
    fused, plain = inputs(*size), inputs(*size)
    for ours, theirs in zip(ops.gru(*fused), plain_gru(*plain), strict=True):
        assert_close(ours, theirs, tolerance=1e-13)
        weight = random_tensor(ours.shape, seed=9).data
        ours.backward(weight, retain_tape=True)
        theirs.backward(weight, retain_tape=True)
    for k, (ours, theirs) in enumerate(zip(fused, plain, strict=True)):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert_close(ours.grad, theirs.grad, tolerance=1e-12, what=f"gradient {k}")


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("size", [*SIZES, (5, 33, 17, 31)], ids=str)
def test_pytorch_agrees_on_results_and_all_gradients(
    size: tuple[int, int, int, int], dtype: str, tolerance: float, torch: ModuleType
) -> None:
    tensors = [Tensor(t.data.astype(dtype), requires_grad=True) for t in inputs(*size, scale=0.3)]
    x, h0, w_x, w_h, b_x, b_h = theirs = [torch.tensor(t.data, requires_grad=True) for t in tensors]
    layer = torch.nn.GRU(size[2], size[3], batch_first=True, dtype=x.dtype)
    named = {"weight_ih_l0": w_x.T, "weight_hh_l0": w_h.T, "bias_ih_l0": b_x, "bias_hh_l0": b_h}
    their_sequence, their_last = torch.func.functional_call(layer, named, (x, h0[None]))
    sequence, last = ops.gru(*tensors)
    (their_sequence * torch.tensor(sequence.data)).sum().backward(retain_graph=True)
    their_last.sum().backward()
    sequence.backward(sequence.data.copy(), retain_tape=True)
    last.sum().backward()
    assert_close(sequence, their_sequence.detach().numpy(), tolerance=tolerance)
    for k, (ours, other) in enumerate(zip(tensors, theirs, strict=True)):
        assert ours.grad is not None
        assert ours.grad.dtype == np.dtype(dtype)
        assert_close(ours.grad, other.grad.numpy(), tolerance=tolerance, what=f"gradient {k}")


def bidirectional(x: Tensor, weights: Sequence[Tensor], lengths: np.ndarray | None) -> Tensor:
    """Two LSTMs, one reading backwards; their answers side by side."""
    n, hidden = x.shape[0], weights[1].shape[0]
    zero = Tensor(np.zeros((n, hidden)))
    forward, _, _ = ops.lstm(x, zero, zero, *weights[:3])
    backward, _, _ = ops.lstm(ops.reverse_steps(x, lengths=lengths), zero, zero, *weights[3:])
    return ops.concat([forward, ops.reverse_steps(backward, lengths=lengths)], axis=2)


@pytest.mark.oracle
@pytest.mark.parametrize("lengths", [None, [4, 1, 3]], ids=["full", "packed"])
def test_both_directions_of_pytorch_with_and_without_lengths(lengths: list[int] | None, torch: ModuleType) -> None:
    hidden, x = 3, random_tensor((3, 4, 2))
    shapes = [(2, 4 * hidden), (hidden, 4 * hidden), (4 * hidden,)] * 2
    weights = [random_tensor(shape, seed=k, scale=0.5) for k, shape in enumerate(shapes)]
    layer = torch.nn.LSTM(2, hidden, batch_first=True, bidirectional=True, dtype=torch.float64)

    def gates(w: np.ndarray) -> object:
        i, f, o, g = np.split(w, 4, axis=-1)
        return torch.tensor(np.concatenate([i, f, g, o], axis=-1).T)

    with torch.no_grad():
        for suffix, (w_x, w_h, b) in (("", weights[:3]), ("_reverse", weights[3:])):
            getattr(layer, f"weight_ih_l0{suffix}").copy_(gates(w_x.data))
            getattr(layer, f"weight_hh_l0{suffix}").copy_(gates(w_h.data))
            getattr(layer, f"bias_ih_l0{suffix}").copy_(gates(b.data))
            getattr(layer, f"bias_hh_l0{suffix}").zero_()
    counts = None if lengths is None else np.array(lengths)
    mask = np.ones((3, 4, 1)) if counts is None else (np.arange(4) < counts[:, None])[..., None].astype(float)
    ours = bidirectional(x, weights, counts) * mask
    their_x = torch.tensor(x.data, requires_grad=True)
    if lengths is None:
        theirs = layer(their_x)[0]
    else:
        rnn = torch.nn.utils.rnn
        packed = rnn.pack_padded_sequence(their_x, lengths, batch_first=True, enforce_sorted=False)
        theirs = rnn.pad_packed_sequence(layer(packed)[0], batch_first=True)[0]
    assert_close(ours, theirs.detach().numpy(), tolerance=1e-12)
    (ours * ours).sum().backward()
    (theirs * theirs).sum().backward()
    assert x.grad is not None
    assert_close(x.grad, their_x.grad.numpy(), tolerance=1e-12)


def test_gradients_of_reversed_and_last_steps() -> None:
    lengths = np.array([3, 1, 2])
    gradcheck(lambda x: ops.reverse_steps(x, lengths=lengths), [random_tensor((3, 3, 2))])
    gradcheck(ops.reverse_steps, [random_tensor((2, 3))])
    gradcheck(lambda x: ops.last_step(x, lengths=lengths), [random_tensor((3, 3, 2))])


def test_lengths_that_do_not_fit_are_refused() -> None:
    x = random_tensor((2, 3, 1))
    with pytest.raises(IndexOutOfRange, match="3 steps"):
        ops.reverse_steps(x, lengths=np.array([1, 4]))
    with pytest.raises(IndexOutOfRange, match="length 0"):
        ops.last_step(x, lengths=np.array([1, 0]))
    with pytest.raises(ShapeError, match="2 whole numbers"):
        ops.reverse_steps(x, lengths=np.array([1.0, 2.0]))
    with pytest.raises(ShapeError, match="2 whole numbers"):
        ops.last_step(x, lengths=np.array([1]))


@pytest.mark.parametrize("position", range(6))
def test_a_shape_that_does_not_fit_is_refused_with_all_six(position: int) -> None:
    tensors = inputs(2, 3, 4, 5)
    tensors[position] = random_tensor((*tensors[position].shape[:-1], 7))
    with pytest.raises(ShapeError, match=r"gru: .*needed"):
        ops.gru(*tensors)
    tensors[position] = Tensor(np.ones((2, 3, 4), np.float32))
    with pytest.raises(DtypeError):
        ops.gru(*tensors)


def test_five_thousand_steps_and_extreme_inputs() -> None:
    for tensors in (inputs(2, 5000, 3, 4, scale=0.2), inputs(2, 5, 3, 4, scale=1e4)):
        with np.errstate(over="raise", invalid="raise"):
            sequence, _ = ops.gru(*tensors)
            sequence.sum().backward()
        assert all(t.grad is not None and np.isfinite(t.grad).all() for t in tensors)
