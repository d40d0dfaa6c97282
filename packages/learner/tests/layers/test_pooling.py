"""Pooling: PyTorch's modules agree, windows may overlap, ties go to the first."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor
from azuraforge_core.errors import GradientMismatch, ShapeError
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import AvgPool2D, GlobalAvgPool2D, Layer, MaxPool2D

WINDOWS = [(2, 0, 0), (3, 1, 1), (3, 2, 0), (3, 2, 1), (1, 2, 0), (4, 3, 2)]


@pytest.mark.oracle
@pytest.mark.parametrize(("kernel", "stride", "padding"), WINDOWS)
@pytest.mark.parametrize("kind", ["max", "average"])
def test_equals_torch(torch: Any, parity: Any, kind: str, kernel: int, stride: int, padding: int) -> None:
    ours, theirs = {
        "max": (MaxPool2D, torch.nn.MaxPool2d),
        "average": (AvgPool2D, torch.nn.AvgPool2d),
    }[kind]
    x = Generator(2).normal((2, 7, 6, 3), dtype=np.float64)
    peer = theirs(kernel, stride=stride or None, padding=padding)
    parity.check(lambda: ours(kernel, stride=stride, padding=padding), peer, x, is_image=True)


@pytest.mark.oracle
def test_global_average_equals_torch(torch: Any, parity: Any) -> None:
    peer = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    parity.check(GlobalAvgPool2D, peer, Generator(2).normal((2, 5, 4, 3), dtype=np.float64), is_image=True)


@pytest.mark.oracle
def test_padding_that_counts_otherwise_would_be_noticed(torch: Any, parity: Any) -> None:
    peer = torch.nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
    with pytest.raises(GradientMismatch, match="answer in float64"):
        parity.check(lambda: AvgPool2D(3, stride=2, padding=1), peer, np.ones((1, 5, 5, 1)), is_image=True)


def test_of_equal_numbers_the_first_gets_the_gradient() -> None:
    x = Tensor(np.ones((1, 2, 2, 1)), requires_grad=True)
    MaxPool2D(2)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.reshape(-1).tolist() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("length", [4, 5, 6, 7])
@pytest.mark.parametrize(("kernel", "stride", "padding"), WINDOWS)
def test_the_spec_foresees_every_shape(length: int, kernel: int, stride: int, padding: int) -> None:
    for kind in (MaxPool2D, AvgPool2D):
        layer = kind(kernel, stride=stride, padding=padding)
        answer = layer(Tensor(np.zeros((1, length, length + 1, 2), np.float32))).shape[1:]
        assert layer.spec.shape_of(layer.settings(), (length, length + 1, 2)) == answer
        assert layer.spec.shape_of(layer.settings(), (-1, -1, 2)) == (-1, -1, 2)


def test_impossible_windows_are_refused() -> None:
    with pytest.raises(LayerInvalid, match="at most half of the kernel"):
        MaxPool2D(3, padding=2)
    with pytest.raises(LayerInvalid, match="kernel must be at least 1"):
        AvgPool2D(0)


@pytest.mark.parametrize("make", [lambda: MaxPool2D(3), lambda: AvgPool2D(3), GlobalAvgPool2D])
def test_what_is_no_image_is_refused(make: Callable[[], Layer]) -> None:
    layer = make()
    with pytest.raises(ShapeError, match=r"x \(2, 5, 3\); needed is \(n, height, width, channels\)"):
        layer(Tensor(np.zeros((2, 5, 3), np.float32)))
    with pytest.raises(LayerInvalid, match=r"takes \(height, width, channels\) per sample, not shape \(5, 3\)"):
        layer.spec.shape_of(layer.settings(), (5, 3))


def test_a_window_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"window \(3, 3\) is larger than \(2, 5\)"):
        MaxPool2D(3)(Tensor(np.zeros((1, 2, 5, 1), np.float32)))
    with pytest.raises(LayerInvalid, match="MaxPool2D's window of 3 is larger than 2"):
        MaxPool2D.spec.shape_of(MaxPool2D(3).settings(), (2, 5, 1))
