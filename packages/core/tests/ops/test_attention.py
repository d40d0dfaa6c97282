"""Attention: finite differences, PyTorch, masks."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import DtypeError, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor


def inputs(leading: tuple[int, ...] = (2, 3), queries: int = 4, keys: int = 5, d: int = 6, e: int = 2) -> list[Tensor]:
    shapes = [(*leading, queries, d), (*leading, keys, d), (*leading, keys, e)]
    return [random_tensor(shape, seed=k) for k, shape in enumerate(shapes)]


MASK = np.array([[True, False, True, True, False]] * 3 + [[False, False, False, False, True]])
OPTIONS: list[dict[str, Any]] = [{}, {"is_causal": True}, {"mask": MASK}, {"mask": MASK[None, :1], "scale": 0.3}]


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "causal", "mask", "row mask"])
def test_gradients(options: dict[str, Any]) -> None:
    gradcheck(lambda q, k, v: ops.attention(q, k, v, **options), inputs((2,)))
    if "mask" not in options:
        gradcheck(lambda q, k, v: ops.attention(q, k, v, **options), inputs((), 1, 1, 1, 1))
        gradcheck(lambda q, k, v: ops.attention(q, k, v, **options), inputs((0,), 2, 2))


def test_gradients_of_broadcast_leading_axes_and_of_one_tensor_three_times() -> None:
    q, k, v = random_tensor((2, 3, 4, 5)), random_tensor((3, 2, 5), seed=1), random_tensor((2, 1, 2, 3), seed=2)
    gradcheck(ops.attention, [q, k, v])
    gradcheck(lambda x: ops.attention(x, x, x.transpose(0, 1, 2), is_causal=True), [random_tensor((2, 3, 4))])


@pytest.mark.oracle
@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "causal", "mask", "row mask"])
def test_values_and_gradients_of_pytorch(
    options: dict[str, Any], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    theirs = {{"mask": "attn_mask"}.get(name, name): value for name, value in options.items()}
    if "attn_mask" in theirs:
        theirs["attn_mask"] = torch.tensor(theirs["attn_mask"])
    against_torch(
        lambda q, k, v: ops.attention(q, k, v, **options),
        lambda q, k, v: torch.nn.functional.scaled_dot_product_attention(q, k, v, **theirs),
        [t.data for t in inputs()],
    )


def test_causal_and_mask_hold_together() -> None:
    q, k, v = inputs((), 4, 5)
    both = ops.attention(q, k, v, mask=MASK, is_causal=True)
    joined = ops.attention(q, k, v, mask=MASK & np.tril(np.ones((4, 5), bool)))
    assert (both.data == joined.data).all()


def test_a_query_that_may_look_nowhere_answers_zero_and_moves_nothing() -> None:
    tensors = inputs((1,))
    mask = MASK.copy()
    mask[1] = False
    y = ops.attention(*tensors, mask=mask)
    assert (y.data[0, 1] == 0).all()
    y.sum().backward()
    assert all(t.grad is not None and np.isfinite(t.grad).all() for t in tensors)
    assert tensors[0].grad is not None
    assert (tensors[0].grad[0, 1] == 0).all()
    gradcheck(lambda q, k, v: ops.attention(q, k, v, mask=mask), tensors)
    assert (ops.attention(*inputs((1,), keys=0)).data == 0).all()


def test_huge_scores_stay_finite() -> None:
    tensors = [Tensor(t.data.astype(np.float32) * 1e4, requires_grad=True) for t in inputs()]
    with np.errstate(over="raise", invalid="raise"):
        ops.attention(*tensors).sum().backward()
    assert all(t.grad is not None and t.grad.dtype == np.float32 and np.isfinite(t.grad).all() for t in tensors)


def test_what_does_not_fit_is_refused() -> None:
    q, k, v = inputs()
    for wrong in ((q[..., :3], k, v), (q, k[..., :3, :], v), (q[0], k, v[:, :2]), (q[0, 0, 0], k, v)):
        with pytest.raises(ShapeError, match=r"attention: .*needed"):
            ops.attention(*wrong)
    with pytest.raises(DtypeError, match="bool"):
        ops.attention(q, k, v, mask=MASK.astype(np.float32))
    with pytest.raises(ShapeError, match="does not broadcast"):
        ops.attention(q, k, v, mask=MASK.T)
    with pytest.raises(ShapeError, match="does not broadcast"):
        ops.attention(q, k, v, mask=np.ones((7, 2, 3, 4, 5), bool))
