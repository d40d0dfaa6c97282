"""Convolutions: PyTorch's modules agree over strides, paddings, dilations and groups; what does not fit is refused."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.errors import DtypeError, GradientMismatch, ShapeError
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import Conv1D, Conv2D, ConvTranspose2D, Layer

WINDOWS = [
    {"kernel": k, "stride": s, "padding": p, "dilation": d, "groups": g}
    for k, s, p, d, g in product([1, 3], [1, 2], [0, 1], [1, 2], [1, 2])
]


def peer_options(options: dict[str, int]) -> dict[str, int]:
    return {"kernel_size": options["kernel"], **{name: n for name, n in options.items() if name != "kernel"}}


def front(*axes: int) -> Callable[[Array], Array]:
    return lambda array: array.transpose(axes)


def same(array: Array) -> Array:
    return array


def names(order: tuple[int, ...], has_bias: bool = True) -> dict[str, tuple[str, Callable[[Array], Array]]]:
    found = {"weight": ("weight", front(*order))}
    return found | {"bias": ("bias", same)} if has_bias else found


@pytest.mark.oracle
@pytest.mark.parametrize("options", WINDOWS, ids=str)
def test_conv1d_equals_torch(torch: Any, parity: Any, options: dict[str, int]) -> None:
    parity.check(
        lambda: Conv1D(4, 6, generator=Generator(1), **options),
        torch.nn.Conv1d(4, 6, **peer_options(options)),
        Generator(2).normal((2, 9, 4), dtype=np.float64),
        names=names((2, 1, 0)),
        is_image=True,
    )


@pytest.mark.oracle
@pytest.mark.parametrize("options", WINDOWS, ids=str)
def test_conv2d_equals_torch(torch: Any, parity: Any, options: dict[str, int]) -> None:
    parity.check(
        lambda: Conv2D(4, 6, generator=Generator(1), **options),
        torch.nn.Conv2d(4, 6, **peer_options(options)),
        Generator(2).normal((2, 7, 6, 4), dtype=np.float64),
        names=names((3, 2, 0, 1)),
        is_image=True,
    )


@pytest.mark.oracle
@pytest.mark.parametrize("options", WINDOWS, ids=str)
@pytest.mark.parametrize("extra", [0, 1])
def test_conv_transpose2d_equals_torch(torch: Any, parity: Any, options: dict[str, int], extra: int) -> None:
    if extra >= options["stride"]:
        with pytest.raises(LayerInvalid, match="output_padding must be below the stride"):
            ConvTranspose2D(4, 6, generator=Generator(1), output_padding=extra, **options)
        return
    parity.check(
        lambda: ConvTranspose2D(4, 6, generator=Generator(1), output_padding=extra, **options),
        torch.nn.ConvTranspose2d(4, 6, output_padding=extra, **peer_options(options)),
        Generator(2).normal((2, 4, 3, 4), dtype=np.float64),
        names=names((3, 2, 0, 1)),
        is_image=True,
    )


@pytest.mark.oracle
def test_without_bias_equals_torch(torch: Any, parity: Any) -> None:
    parity.check(
        lambda: Conv2D(2, 3, kernel=3, generator=Generator(1), has_bias=False),
        torch.nn.Conv2d(2, 3, 3, bias=False),
        Generator(2).normal((1, 5, 5, 2), dtype=np.float64),
        names=names((3, 2, 0, 1), has_bias=False),
        is_image=True,
    )


@pytest.mark.oracle
def test_a_planted_exchange_of_height_and_width_would_be_noticed(torch: Any, parity: Any) -> None:
    with pytest.raises(GradientMismatch, match="answer in float64"):
        parity.check(
            lambda: Conv2D(2, 3, kernel=3, generator=Generator(1)),
            torch.nn.Conv2d(2, 3, 3),
            Generator(2).normal((1, 5, 5, 2), dtype=np.float64),
            names=names((3, 2, 1, 0)),
            is_image=True,
        )


@pytest.mark.parametrize("length", [5, 6, 7, 8])
@pytest.mark.parametrize("options", WINDOWS, ids=str)
def test_the_spec_foresees_every_shape(options: dict[str, int], length: int) -> None:
    g = Generator(0)
    cases: list[tuple[Layer, tuple[int, ...]]] = [
        (Conv1D(2, 4, generator=g, **options), (length, 2)),
        (Conv2D(2, 4, generator=g, **options), (length, length + 1, 2)),
        (ConvTranspose2D(2, 4, generator=g, **options), (length, length + 1, 2)),
    ]
    for layer, shape in cases:
        answer = layer(Tensor(np.zeros((1, *shape), np.float32))).shape[1:]
        assert layer.spec.shape_of(layer.settings(), shape) == answer
        assert layer.spec.shape_of(layer.settings(), (*[-1] * (len(shape) - 1), 2))[:-1] == (-1,) * (len(shape) - 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda g: Conv2D(3, 4, kernel=2, groups=2, generator=g), "groups must divide channels and outputs: 2"),
        (lambda g: Conv1D(4, 3, kernel=2, groups=2, generator=g), "groups must divide channels and outputs: 2"),
        (lambda g: Conv2D(3, 4, kernel=0, generator=g), "kernel must be at least 1"),
        (lambda g: Conv2D(3, 4, kernel=10**6, generator=g), "kernel must be at most 1024"),
        (lambda g: Conv2D(3, 4, kernel=3, stride=0, generator=g), "stride must be at least 1"),
        (lambda g: Conv2D(3, 4, kernel=3, padding=-1, generator=g), "padding must be at least 0"),
        (lambda g: Conv2D(3, 4, kernel=(3, 3), generator=g), "kernel must be integer, not tuple"),
    ],
)
def test_impossible_settings_are_refused(make: Callable[[Generator], Layer], words: str) -> None:
    with pytest.raises(LayerInvalid, match=words):
        make(Generator(0))


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((2, 5, 5, 4), r"x \(2, 5, 5, 4\).*needed are x \(n, \*space, channels\)"),
        ((2, 5, 3), r"x \(2, 5, 3\)"),
        ((2, 2, 2, 3), r"kernel \(3, 3\) with dilation \(1, 1\) is larger than \(2, 2\)"),
    ],
)
def test_an_image_that_does_not_fit_is_refused(shape: tuple[int, ...], words: str) -> None:
    layer = Conv2D(3, 4, kernel=3, generator=Generator(0))
    with pytest.raises(ShapeError, match=words):
        layer(Tensor(np.zeros(shape, np.float32)))
    with pytest.raises(LayerInvalid, match="Conv2D"):
        layer.spec.shape_of(layer.settings(), shape[1:])


def test_another_dtype_is_refused() -> None:
    with pytest.raises(DtypeError, match="x float64"):
        Conv2D(3, 4, kernel=3, generator=Generator(0))(Tensor(np.zeros((1, 4, 4, 3))))


def test_a_transposed_convolution_that_pads_everything_away_is_refused() -> None:
    layer = ConvTranspose2D(1, 1, kernel=1, padding=2, generator=Generator(0))
    with pytest.raises(LayerInvalid, match="leaves nothing of a side of 3"):
        layer.spec.shape_of(layer.settings(), (3, 3, 1))
    with pytest.raises(ShapeError, match="leaves an answer of"):
        layer(Tensor(np.zeros((1, 3, 3, 1), np.float32)))
