"""Reading, writing and choosing parts."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import DtypeError, IndexOutOfRange, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

KEYS = {
    "integer": 1,
    "negative": -1,
    "slice": slice(1, None),
    "step": (slice(None, None, -2), 0),
    "ellipsis": (..., slice(0, 2)),
    "new axis": (None, 1),
    "repeated rows": np.array([0, 2, 2, 0]),
    "list": [2, 0],
    "pairs": (np.array([0, 1, 1]), np.array([3, 3, 3])),
    "mixed": (slice(None), np.array([[0, 0], [1, 3]])),
    "mask": np.array([True, False, True]),
    "nothing": slice(0, 0),
    "numpy integer": np.int64(1),
}


@pytest.mark.parametrize("name", KEYS)
def test_gradients_of_every_kind_of_index(name: str) -> None:
    gradcheck(lambda x: x[KEYS[name]] * 1, [random_tensor((3, 4))])


def test_an_index_may_be_a_tensor() -> None:
    x = random_tensor((3, 4))
    assert (x[Tensor([2, 0])].data == x.data[[2, 0]]).all()
    assert (x[Tensor([True, False, True])].data == x.data[[0, 2]]).all()


def test_an_index_outside_is_refused() -> None:
    with pytest.raises(IndexOutOfRange, match=r"getitem: .*\(3, 4\)"):
        random_tensor((3, 4))[3]


def test_embedding_adds_the_gradients_of_repeated_rows() -> None:
    gradcheck(lambda w: ops.embedding(np.array([[0, 2], [2, 2]]), w), [random_tensor((4, 3))])


@pytest.mark.oracle
def test_embedding_of_pytorch(torch: ModuleType, against_torch: Callable[..., None]) -> None:
    rows = np.array([[0, 2, 2], [3, 1, 2]])
    against_torch(ops.embedding, torch.nn.functional.embedding, [rows, random_tensor((5, 3)).data])


@pytest.mark.parametrize("rows", [[-1], [4], [0, 100]])
def test_a_row_outside_is_refused_and_never_counted_from_the_end(rows: list[int]) -> None:
    with pytest.raises(IndexOutOfRange, match=r"outside of 0\.\.3"):
        ops.embedding(np.array(rows), random_tensor((4, 3)))


@pytest.mark.parametrize("rows", [[1.0], [True]])
def test_rows_that_are_no_integers_are_refused(rows: list[float]) -> None:
    with pytest.raises(DtypeError, match="must be integers"):
        ops.take(random_tensor((4, 3)), Tensor(rows))


def test_take_reads_along_any_axis() -> None:
    gradcheck(lambda x: ops.take(x, np.array([1, 1, 0]), axis=-1), [random_tensor((3, 2))])


def test_where_splits_the_gradient() -> None:
    condition = np.array([[True, False, True]])
    gradcheck(lambda a, b: ops.where(condition, a, b), [random_tensor((2, 3)), random_tensor((3,), seed=1)])
    gradcheck(lambda a: ops.where(condition, a, 0.5), [random_tensor((2, 1))])


def test_where_needs_a_bool_condition_and_shapes_that_broadcast() -> None:
    with pytest.raises(DtypeError, match="bool"):
        ops.where(Tensor([1.0]), 1.0, 2.0)
    with pytest.raises(ShapeError, match="where"):
        ops.where(np.array([True, False]), Tensor([1.0, 2.0, 3.0]), 0.0)


def test_scatter_add_adds_every_occurrence() -> None:
    rows = np.array([0, 2, 2])
    gradcheck(lambda x, v: ops.scatter_add(x, rows, values=v), [random_tensor((3, 2)), random_tensor((3, 2), seed=1)])
    y = ops.scatter_add(Tensor(np.zeros((3, 1))), rows, values=Tensor(np.ones((3, 1))))
    assert y.data.tolist() == [[1.0], [0.0], [2.0]]


def test_scatter_add_refuses_rows_without_values() -> None:
    with pytest.raises(ShapeError, match="scatter_add"):
        ops.scatter_add(random_tensor((3, 2)), np.array([0, 1]), values=random_tensor((3, 2)))
    with pytest.raises(IndexOutOfRange):
        ops.scatter_add(random_tensor((3, 2)), np.array([3]), values=random_tensor((1, 2)))
