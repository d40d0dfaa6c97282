"""Matrix products of every rank."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, DtypeError, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

SHAPES = [
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((2, 3), (5, 3, 4)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_gradients_of_matmul(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    gradcheck(ops.matmul, [random_tensor(shapes[0]), random_tensor(shapes[1], seed=1)])


@pytest.mark.oracle
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_matmul_of_pytorch(
    shapes: tuple[tuple[int, ...], tuple[int, ...]], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    against_torch(ops.matmul, torch.matmul, [random_tensor(shapes[0]).data, random_tensor(shapes[1], seed=1).data])


def test_gradients_of_a_matrix_times_its_own_transpose() -> None:
    gradcheck(lambda x: x[::2] @ x[::2].transpose() @ x[1::2], [random_tensor((4, 3))])


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (0, 3), (2, 0, 3), (1, 1, 1, 3)], ids=str)
@pytest.mark.parametrize("has_bias", [True, False])
def test_gradients_of_linear(shape: tuple[int, ...], has_bias: bool) -> None:
    weights = [random_tensor((3, 5), seed=1), *([random_tensor((5,), seed=2)] if has_bias else [])]
    gradcheck(ops.linear, [random_tensor(shape), *weights])


def test_linear_without_features_is_its_bias() -> None:
    y = ops.linear(Tensor(np.zeros((2, 0), np.float32)), Tensor(np.zeros((0, 3), np.float32)), Tensor([1.0, 2.0, 3.0]))
    assert y.data.tolist() == [[1.0, 2.0, 3.0]] * 2


def test_linear_reads_views_that_are_not_contiguous() -> None:
    gradcheck(
        lambda x, w: ops.linear(x.transpose(1, 2, 0)[:, ::2], w.transpose()),
        [random_tensor((3, 2, 4)), random_tensor((5, 3))],
    )


@pytest.mark.oracle
def test_linear_of_pytorch(torch: ModuleType, against_torch: Callable[..., None]) -> None:
    arrays = [random_tensor((4, 2, 3)).data, random_tensor((3, 5), seed=1).data, random_tensor((5,), seed=2).data]
    against_torch(ops.linear, lambda x, w, b: torch.nn.functional.linear(x, w.T, b), arrays)


def test_linear_computes_only_the_gradients_that_are_asked_for() -> None:
    x, w, b = random_tensor((2, 3)), random_tensor((3, 4)), random_tensor((4,))
    for k in range(3):
        inputs = [t if j == k else t.detach() for j, t in enumerate((x, w, b))]
        gradcheck(ops.linear, inputs)


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3), (4, 5)), ((), (3,)), ((3,), ()), ((2, 3), (2,)), ((3, 2, 3), (2, 3, 4))]
)
def test_matrices_that_do_not_fit_are_refused(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="matmul"):
        ops.matmul(random_tensor(left), random_tensor(right))


@pytest.mark.parametrize(
    ("x", "w", "b"), [((2, 4), (3, 5), (5,)), ((2, 3), (3, 5), (1, 5)), ((2, 3), (3,), (3,)), ((), (3, 5), (5,))]
)
def test_linear_says_which_shapes_it_needs(x: tuple[int, ...], w: tuple[int, ...], b: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"linear: .*needed"):
        ops.linear(random_tensor(x), random_tensor(w), random_tensor(b))


def test_linear_refuses_integers_and_mixed_dtypes() -> None:
    w = random_tensor((1, 2))
    with pytest.raises(DtypeError, match="x is int64"):
        ops.linear(Tensor([[1]]), w)
    with pytest.raises(DtypeError, match="x float32, w float64"):
        ops.linear(Tensor([[1.0]]), w)


EQUATIONS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("nid,njd->nij", [(2, 3, 4), (2, 5, 4)]),
    ("ij->ji", [(2, 3)]),
    ("ij->i", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("i,j->ij", [(2,), (3,)]),
    ("ab,bc,cd->ad", [(2, 3), (3, 4), (4, 2)]),
    ("ij,k->i", [(2, 3), (4,)]),
    ("i,i->", [(3,), (3,)]),
    ("ij,j->ij", [(0, 3), (3,)]),
]


@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_gradients_of_einsum(equation: str, shapes: list[tuple[int, ...]]) -> None:
    gradcheck(lambda *xs: ops.einsum(equation, *xs), [random_tensor(s, seed=k) for k, s in enumerate(shapes)])


@pytest.mark.oracle
@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_einsum_of_pytorch(
    equation: str, shapes: list[tuple[int, ...]], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    arrays = [random_tensor(s, seed=k).data for k, s in enumerate(shapes)]
    against_torch(lambda *xs: ops.einsum(equation, *xs), lambda *xs: torch.einsum(equation, *xs), arrays)


@pytest.mark.parametrize("equation", ["ij,jk", "ii->i", "i...->i", "ij->k", "ij->ii", "i1->i", ""])
def test_equations_of_another_form_are_refused(equation: str) -> None:
    with pytest.raises(ArgumentError, match="einsum"):
        ops.einsum(equation, random_tensor((2, 2)))


def test_equations_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="does not name the axes"):
        ops.einsum("ijk->i", random_tensor((2, 2)))
    with pytest.raises(ShapeError, match="does not name the axes"):
        ops.einsum("ij,jk->ik", random_tensor((2, 2)))
    with pytest.raises(ShapeError, match=r"'j' .* different lengths"):
        ops.einsum("ij,jk->ik", random_tensor((2, 3)), random_tensor((2, 3)))
