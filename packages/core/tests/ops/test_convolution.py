"""Convolutions: finite differences and PyTorch over stride, padding, dilation and groups."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, DtypeError, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

GRID = list(itertools.product([1, 2, (2, 1)], [0, 1, (0, 2)], [1, 2], [1, 2]))
LINE = list(itertools.product([1, 3], [0, 2], [1, 2], [1, 2]))


def image(*shape: int, seed: int = 0) -> Tensor:
    return random_tensor(shape, seed=seed)


@pytest.mark.oracle
@pytest.mark.parametrize(("stride", "padding", "dilation", "groups"), GRID)
def test_conv2d_of_pytorch(
    stride: Any, padding: Any, dilation: int, groups: int, torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def theirs(x: Any, w: Any, b: Any) -> Any:
        y = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b, **options)
        return y.permute(0, 2, 3, 1)

    arrays = [image(2, 7, 6, 4).data, image(3, 2, 4 // groups, 6, seed=1).data, image(6, seed=2).data]
    against_torch(lambda x, w, b: ops.conv2d(x, w, b, **options), theirs, arrays)


@pytest.mark.oracle
@pytest.mark.parametrize(("stride", "padding", "dilation", "groups"), LINE)
def test_conv1d_of_pytorch(
    stride: int, padding: int, dilation: int, groups: int, torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def theirs(x: Any, w: Any, b: Any) -> Any:
        y = torch.nn.functional.conv1d(x.permute(0, 2, 1), w.permute(2, 1, 0), b, **options)
        return y.permute(0, 2, 1)

    arrays = [image(2, 9, 4).data, image(3, 4 // groups, 2, seed=1).data, image(2, seed=2).data]
    against_torch(lambda x, w, b: ops.conv1d(x, w, b, **options), theirs, arrays)


TRANSPOSED = [
    (stride, padding, extra, dilation, groups)
    for stride, padding, dilation, groups in GRID
    for extra in (0, 1)
    if extra < min(stride if isinstance(stride, tuple) else (stride,))
]


@pytest.mark.oracle
@pytest.mark.parametrize(("stride", "padding", "extra", "dilation", "groups"), TRANSPOSED)
def test_conv_transpose2d_of_pytorch(
    stride: Any,
    padding: Any,
    extra: int,
    dilation: int,
    groups: int,
    torch: ModuleType,
    against_torch: Callable[..., None],
) -> None:
    options = {"stride": stride, "padding": padding, "output_padding": extra, "dilation": dilation, "groups": groups}

    def theirs(x: Any, w: Any, b: Any) -> Any:
        y = torch.nn.functional.conv_transpose2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b, **options)
        return y.permute(0, 2, 3, 1)

    arrays = [image(2, 4, 5, 4).data, image(3, 2, 6 // groups, 4, seed=1).data, image(6, seed=2).data]
    against_torch(lambda x, w, b: ops.conv_transpose2d(x, w, b, **options), theirs, arrays)


SHAPES = [
    ((1, 1, 1, 1), (1, 1, 1, 1)),
    ((2, 5, 3, 2), (3, 3, 2, 3)),
    ((1, 4, 7, 3), (4, 1, 3, 1)),
    ((0, 4, 4, 2), (2, 2, 2, 2)),
]


@pytest.mark.parametrize(("x", "w"), SHAPES)
@pytest.mark.parametrize("has_bias", [True, False])
def test_gradients_of_conv2d(x: tuple[int, ...], w: tuple[int, ...], has_bias: bool) -> None:
    bias = [image(w[-1], seed=2)] if has_bias else []
    gradcheck(ops.conv2d, [image(*x), image(*w, seed=1), *bias])


def test_gradients_with_every_option_at_once() -> None:
    options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    inputs = [image(2, 5, 4, 4), image(3, 2, 2, 6, seed=1), image(6, seed=2)]
    gradcheck(lambda x, w, b: ops.conv2d(x, w, b, **options), inputs)
    inputs = [image(2, 3, 4, 4), image(3, 2, 3, 4, seed=1), image(6, seed=2)]
    gradcheck(lambda x, w, b: ops.conv_transpose2d(x, w, b, output_padding=(1, 0), **options), inputs)


def test_gradients_of_views_and_of_one_kernel_used_twice() -> None:
    def twice(x: Tensor, w: Tensor) -> Tensor:
        return ops.conv2d(ops.conv2d(x.transpose(0, 2, 1, 3)[:, ::-1], w, padding=1), w)

    gradcheck(twice, [image(1, 4, 3, 2), image(3, 3, 2, 2, seed=1)])


@pytest.mark.parametrize("wanted", range(3))
def test_gradients_of_one_parent_alone(wanted: int) -> None:
    for op, w in ((ops.conv2d, image(2, 2, 3, 4, seed=1)), (ops.conv_transpose2d, image(2, 2, 4, 3, seed=1))):
        inputs = [image(2, 3, 3, 3), w, image(4, seed=2)]
        gradcheck(op, [t if k == wanted else t.detach() for k, t in enumerate(inputs)])


def test_a_transposed_convolution_is_the_adjoint_of_the_convolution() -> None:
    x, y, w = image(2, 7, 6, 3), image(2, 3, 3, 4, seed=1), image(3, 2, 3, 4, seed=2)
    forward = ops.conv2d(x, w, stride=2)
    assert forward.shape == y.shape
    back = ops.conv_transpose2d(y, w, stride=2, output_padding=(0, 0))
    np.testing.assert_allclose((forward * y).sum().item(), (x[:, :7, :6] * back).sum().item(), rtol=1e-12)


def refusals() -> list[Any]:
    x, w, b = image(2, 5, 5, 4), image(3, 3, 4, 6), image(6)
    return [
        (lambda: ops.conv2d(x, image(6, 3, 4, 6)), ShapeError, "larger than"),
        (lambda: ops.conv2d(x, w, dilation=3), ShapeError, "larger than"),
        (lambda: ops.conv2d(x, image(3, 3, 3, 6)), ShapeError, r"\(2, 5, 5, 4\)"),
        (lambda: ops.conv2d(x, w, image(5)), ShapeError, "needed are"),
        (lambda: ops.conv2d(x, w, groups=2), ShapeError, "groups 2"),
        (lambda: ops.conv2d(x, image(3, 3, 1, 6), groups=4), ShapeError, "multiple of groups"),
        (lambda: ops.conv2d(x[0], w), ShapeError, "needed are"),
        (lambda: ops.conv2d(x, image(0, 3, 4, 6)), ShapeError, "kernel axes"),
        (lambda: ops.conv1d(x, w), ShapeError, "conv1d"),
        (lambda: ops.conv2d(x, w, stride=0), ArgumentError, "stride is 0"),
        (lambda: ops.conv2d(x, w, padding=-1), ArgumentError, "padding is -1"),
        (lambda: ops.conv2d(x, w, dilation=(1, 1, 1)), ArgumentError, "2 whole numbers"),
        (lambda: ops.conv2d(x, w, groups=0), ArgumentError, "groups is 0"),
        (lambda: ops.conv2d(x, Tensor(w.data.astype(np.float32))), DtypeError, "float32"),
        (lambda: ops.conv2d(Tensor(np.ones((1, 5, 5, 4), int)), w, b), DtypeError, "int64"),
        (lambda: ops.conv_transpose2d(x, image(3, 3, 6, 5)), ShapeError, "conv_transpose2d"),
        (lambda: ops.conv_transpose2d(x, image(3, 3, 6, 4), output_padding=1), ArgumentError, "output_padding"),
        (lambda: ops.conv_transpose2d(x, image(3, 3, 6, 4), padding=4), ShapeError, "leaves an answer"),
    ]


@pytest.mark.parametrize("k", range(len(refusals())))
def test_what_does_not_fit_is_refused(k: int) -> None:
    op, error, message = refusals()[k]
    with pytest.raises(error, match=message):
        op()
