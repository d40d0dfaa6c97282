"""The fused LSTM: against finite differences, its twin of plain ops, and PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, no_grad, ops
from azuraforge_core.errors import DtypeError, ShapeError
from azuraforge_core.testing import assert_close, gradcheck, random_tensor


def inputs(n: int, time: int, features: int, hidden: int, *, scale: float = 0.5) -> list[Tensor]:
    shapes = [
        (n, time, features),
        (n, hidden),
        (n, hidden),
        (features, 4 * hidden),
        (hidden, 4 * hidden),
        (4 * hidden,),
    ]
    return [random_tensor(shape, seed=k, scale=scale) for k, shape in enumerate(shapes)]


def plain_lstm(x: Tensor, h: Tensor, c: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same mathematics, one op after the other."""
    hs = []
    for step in range(x.shape[1]):
        z = ops.linear(x[:, step], w_x, b) + h @ w_h
        i, f, o, g = ops.split(z, [h.shape[1]] * 4, axis=1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        hs.append(h)
    return ops.stack(hs, axis=1), h, c


SIZES = [(1, 1, 1, 1), (2, 3, 1, 1), (1, 4, 3, 2), (3, 1, 2, 5), (3, 5, 2, 3), (2, 7, 5, 4)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_gradients(size: tuple[int, int, int, int]) -> None:
    gradcheck(ops.lstm, inputs(*size))


@pytest.mark.parametrize("used", [(0,), (1,), (2,), (0, 2), (1, 2)])
def test_gradients_when_only_some_results_are_used(used: Sequence[int]) -> None:
    gradcheck(lambda *tensors: [ops.lstm(*tensors)[k] for k in used], inputs(2, 3, 2, 3))


@pytest.mark.parametrize("wanted", range(6))
def test_gradients_when_only_one_parent_wants_one(wanted: int) -> None:
    gradcheck(ops.lstm, [t if k == wanted else t.detach() for k, t in enumerate(inputs(2, 3, 2, 3))])


def test_its_weights_get_gradients_from_an_input_that_wants_none() -> None:
    tensors = inputs(2, 3, 2, 3)
    tensors[0] = tensors[0].detach()
    sequence, _, _ = ops.lstm(*tensors)
    assert sequence.requires_grad
    sequence.sum().backward()
    assert tensors[0].grad is None
    assert all(np.abs(t.grad).max() > 0 for t in tensors[1:] if t.grad is not None)
    assert all(t.grad is not None for t in tensors[1:])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_fused_op_agrees_with_its_twin_of_plain_ops(size: tuple[int, int, int, int]) -> None:
    fused, plain = inputs(*size), inputs(*size)
    for ours, theirs in zip(ops.lstm(*fused), plain_lstm(*plain), strict=True):
        assert_close(ours, theirs, tolerance=1e-13)
        weight = random_tensor(ours.shape, seed=9).data
        ours.backward(weight, retain_tape=True)
        theirs.backward(weight, retain_tape=True)
    for k, (ours, theirs) in enumerate(zip(fused, plain, strict=True)):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert_close(ours.grad, theirs.grad, tolerance=1e-12, what=f"gradient {k}")


def test_it_is_one_node_on_the_tape() -> None:
    sequence, h, c = ops.lstm(*inputs(2, 50, 2, 3))
    assert sequence.node is h.node is c.node
    assert sequence.node is not None
    assert sequence.node.name == "lstm"
    assert all(parent.is_leaf for parent in sequence.node.parents)


def test_without_a_tape_it_answers_the_same() -> None:
    tensors = [Tensor(t.data.astype(np.float32), requires_grad=True) for t in inputs(4, 5, 3, 6)]

    with no_grad():
        alone = ops.lstm(*tensors)

    for ours, theirs in zip(alone, ops.lstm(*tensors), strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)


def test_two_in_a_row_and_one_used_twice() -> None:
    def stacked(x: Tensor, h0: Tensor, c0: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
        first, h, c = ops.lstm(x, h0, c0, w_x, w_h, b)
        second, _, _ = ops.lstm(first, h, c, w_x, w_h, b)
        return second

    gradcheck(stacked, inputs(2, 3, 3, 3))


def test_inputs_that_are_not_contiguous() -> None:
    def sliced(x: Tensor, *others: Tensor) -> Tensor:
        return ops.lstm(x.transpose(1, 2, 0)[:, ::-1], *others)[0]

    tensors = inputs(3, 4, 2, 3)
    tensors[0] = random_tensor((2, 3, 4), seed=1)
    gradcheck(sliced, tensors)


def torch_lstm(torch: ModuleType, tensors: Sequence[Tensor]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """PyTorch's own layer on the same numbers; it orders gates i, f, g, o and adds two biases."""
    x, h0, c0, w_x, w_h, b = (torch.tensor(t.data, requires_grad=True) for t in tensors)
    hidden = h0.shape[1]

    def theirs(w: object) -> object:
        i, f, o, g = w.split(hidden, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    layer = torch.nn.LSTM(x.shape[2], hidden, batch_first=True, dtype=x.dtype)
    named = {"weight_ih_l0": theirs(w_x).T, "weight_hh_l0": theirs(w_h).T, "bias_ih_l0": theirs(b)}
    named["bias_hh_l0"] = torch.zeros_like(b)
    sequence, (h, c) = torch.func.functional_call(layer, named, (x, (h0[None], c0[None])))
    results = [sequence, h[0], c[0]]
    loss = sum((y * torch.tensor(w)).sum() for y, w in zip(results, weights_of(results), strict=True))
    loss.backward()
    return [y.detach().numpy() for y in results], [t.grad.numpy() for t in (x, h0, c0, w_x, w_h, b)]


def weights_of(results: Sequence[object]) -> list[np.ndarray]:
    name = str(results[0].dtype).removeprefix("torch.")
    return [random_tensor(tuple(y.shape), seed=20 + k).data.astype(name) for k, y in enumerate(results)]


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("size", [*SIZES, (64, 60, 5, 64), (5, 33, 17, 31)], ids=str)
def test_pytorch_agrees_on_results_and_all_gradients(
    size: tuple[int, int, int, int], dtype: str, tolerance: float, torch: ModuleType
) -> None:
    tensors = [Tensor(t.data.astype(dtype), requires_grad=True) for t in inputs(*size, scale=0.3)]
    their_results, their_gradients = torch_lstm(torch, tensors)
    results = ops.lstm(*tensors)
    for y, w in zip(results, weights_of(results), strict=True):
        y.backward(w, retain_tape=True)
    for k, (y, expected) in enumerate(zip(results, their_results, strict=True)):
        assert y.dtype == np.dtype(dtype)
        assert_close(y, expected, tolerance=tolerance, what=f"result {k}")
    for k, (t, expected) in enumerate(zip(tensors, their_gradients, strict=True)):
        assert t.grad is not None
        assert t.grad.dtype == np.dtype(dtype)
        assert_close(t.grad, expected, tolerance=tolerance, what=f"gradient {k}")


def test_five_thousand_steps() -> None:
    tensors = [Tensor(t.data.astype(np.float32), requires_grad=True) for t in inputs(2, 5000, 3, 8, scale=0.2)]
    sequence, _, _ = ops.lstm(*tensors)
    sequence.mean().backward()
    for t in tensors:
        assert t.grad is not None
        assert np.isfinite(t.grad).all()


def test_extreme_inputs_saturate_and_stay_finite() -> None:
    tensors = inputs(2, 5, 3, 4, scale=1e4)
    with np.errstate(over="raise", invalid="raise"):
        sequence, _, _ = ops.lstm(*tensors)
        sequence.sum().backward()
    assert np.isfinite(sequence.data).all()
    assert np.abs(sequence.data).max() <= 1


def test_no_steps_and_no_samples_mean_no_change() -> None:
    tensors = inputs(2, 0, 3, 4)
    sequence, h, c = ops.lstm(*tensors)
    assert sequence.shape == (2, 0, 4)
    assert (h.data == tensors[1].data).all()
    assert (c.data == tensors[2].data).all()
    gradcheck(lambda *t: ops.lstm(*t)[1:], tensors)
    gradcheck(ops.lstm, inputs(0, 3, 3, 4))


def test_the_tape_can_be_retained() -> None:
    tensors = inputs(2, 3, 2, 3)
    loss = ops.lstm(*tensors)[0].sum()
    loss.backward(retain_tape=True)
    first = [t.grad.copy() for t in tensors if t.grad is not None]
    loss.backward()
    for t, g in zip(tensors, first, strict=True):
        assert t.grad is not None
        assert_close(t.grad, 2 * g, tolerance=1e-12)


def test_results_do_not_share_memory_with_the_inputs() -> None:
    tensors = inputs(2, 3, 2, 3)
    before = [t.data.copy() for t in tensors]
    sequence, _, _ = ops.lstm(*tensors)
    sequence.sum().backward()
    for t, kept in zip(tensors, before, strict=True):
        assert (t.data == kept).all()
        assert not np.shares_memory(t.data, sequence.data)


@pytest.mark.parametrize("position", range(6))
def test_a_shape_that_does_not_fit_is_refused_with_all_six(position: int) -> None:
    tensors = inputs(2, 3, 4, 5)
    tensors[position] = random_tensor((*tensors[position].shape[:-1], 7))
    with pytest.raises(ShapeError, match=r"lstm: .*needed"):
        ops.lstm(*tensors)
    tensors[position] = random_tensor((1,))
    with pytest.raises(ShapeError, match=r"lstm: .*needed"):
        ops.lstm(*tensors)


def test_mixed_dtypes_are_refused() -> None:
    tensors = inputs(2, 3, 4, 5)
    tensors[0] = Tensor(tensors[0].data.astype(np.float32))
    with pytest.raises(DtypeError, match="x float32"):
        ops.lstm(*tensors)
