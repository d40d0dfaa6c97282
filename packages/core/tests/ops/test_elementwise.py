"""Functions of one tensor: gradients, PyTorch, extreme values, dropout."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, ops
from azuraforge_core.backend.error_function import erf as erf_of_array
from azuraforge_core.errors import ArgumentError
from azuraforge_core.testing import gradcheck, random_tensor

Op = Callable[[Tensor], Tensor]

# ours, PyTorch's, and whether only positive numbers are allowed
OPS: dict[str, tuple[Op, Callable[[ModuleType], Callable[..., object]], bool]] = {
    "absolute": (ops.absolute, lambda t: t.abs, False),
    "clip": (lambda x: ops.clip(x, low=-0.5, high=0.7), lambda t: lambda x: t.clamp(x, -0.5, 0.7), False),
    "clip_low": (lambda x: ops.clip(x, low=-0.5), lambda t: lambda x: t.clamp(x, min=-0.5), False),
    "cos": (ops.cos, lambda t: t.cos, False),
    "elu": (lambda x: ops.elu(x, alpha=1.3), lambda t: lambda x: t.nn.functional.elu(x, 1.3), False),
    "erf": (ops.erf, lambda t: t.erf, False),
    "exp": (ops.exp, lambda t: t.exp, False),
    "gelu": (ops.gelu, lambda t: t.nn.functional.gelu, False),
    "gelu_tanh": (
        lambda x: ops.gelu(x, approximation="tanh"),
        lambda t: lambda x: t.nn.functional.gelu(x, approximate="tanh"),
        False,
    ),
    "leaky_relu": (
        lambda x: ops.leaky_relu(x, slope=0.2),
        lambda t: lambda x: t.nn.functional.leaky_relu(x, 0.2),
        False,
    ),
    "log": (ops.log, lambda t: t.log, True),
    "negative": (ops.negative, lambda t: t.neg, False),
    "relu": (ops.relu, lambda t: t.relu, False),
    "sigmoid": (ops.sigmoid, lambda t: t.sigmoid, False),
    "silu": (ops.silu, lambda t: t.nn.functional.silu, False),
    "sin": (ops.sin, lambda t: t.sin, False),
    "softplus": (
        lambda x: ops.softplus(x, beta=2.0),
        lambda t: lambda x: t.nn.functional.softplus(x, 2.0, 1e9),
        False,
    ),
    "sqrt": (ops.sqrt, lambda t: t.sqrt, True),
    "square": (ops.square, lambda t: t.square, False),
    "tanh": (ops.tanh, lambda t: t.tanh, False),
}
SMOOTH_EVERYWHERE = ["cos", "erf", "gelu", "gelu_tanh", "sigmoid", "silu", "sin", "softplus", "tanh", "elu", "relu"]


def values(shape: tuple[int, ...], *, is_positive: bool) -> Tensor:
    x = random_tensor(shape, seed=3, scale=2.0)
    return Tensor(np.abs(x.data) + 0.1, requires_grad=True) if is_positive else x


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (0,), (2, 0, 3)], ids=str)
@pytest.mark.parametrize("name", OPS)
def test_gradients(name: str, shape: tuple[int, ...]) -> None:
    op, _, is_positive = OPS[name]
    gradcheck(op, [values(shape, is_positive=is_positive)])


@pytest.mark.parametrize("name", OPS)
def test_gradients_of_a_view_used_twice(name: str) -> None:
    op, _, is_positive = OPS[name]
    gradcheck(lambda x: op(x[::2].transpose()) + op(x[1::2].transpose()), [values((4, 3), is_positive=is_positive)])


@pytest.mark.oracle
@pytest.mark.parametrize("name", OPS)
def test_values_and_gradients_of_pytorch(name: str, torch: ModuleType, against_torch: Callable[..., None]) -> None:
    op, theirs, is_positive = OPS[name]
    against_torch(op, theirs(torch), [values((5, 6), is_positive=is_positive).data])


@pytest.mark.parametrize("name", SMOOTH_EVERYWHERE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_numbers_stay_finite_in_both_directions(name: str, dtype: str) -> None:
    x = Tensor(np.array([-1e4, -50.0, -0.0, 0.0, 50.0, 1e4], dtype), requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = OPS[name][0](x)
        y.sum().backward()
    assert x.grad is not None
    assert y.dtype == x.grad.dtype == np.dtype(dtype)
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("name", OPS)
def test_integers_are_computed_in_float32(name: str) -> None:
    assert OPS[name][0](Tensor([1, 2])).dtype in (np.float32, np.int64 if name == "negative" else np.float32)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 4e-16), ("float32", 4e-7)])
def test_the_error_function_is_exact_to_the_last_bits(dtype: str, tolerance: float) -> None:
    x = np.linspace(-8, 8, 20_001).astype(dtype)
    expected = np.array([math.erf(v) for v in x])
    assert np.abs(erf_of_array(np, x) - expected).max() <= tolerance
    assert erf_of_array(np, np.array([np.inf, -np.inf], dtype)).tolist() == [1.0, -1.0]


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (lambda x: ops.clip(x, low=2, high=1), "clip: low 2"),
        (lambda x: ops.softplus(x, beta=0), "softplus: beta is 0"),
        (lambda x: ops.gelu(x, approximation="fast"), "'none' or 'tanh'"),
        (lambda x: ops.dropout(x, p=1.0, generator=Generator(0)), "dropout: p is 1.0"),
        (lambda x: ops.dropout(x, p=-0.1, generator=Generator(0)), "dropout: p is -0.1"),
        (lambda x: ops.dropout(x, p=float("nan"), generator=Generator(0)), "dropout: p is nan"),
    ],
)
def test_options_out_of_range_are_refused(op: Op, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        op(Tensor([1.0]))


def test_dropout_keeps_the_mean_and_the_share_it_promises() -> None:
    x = Tensor(np.ones(50_000, np.float32), requires_grad=True)
    y = ops.dropout(x, p=0.3, generator=Generator(1))
    assert set(np.unique(y.data).tolist()) == {0.0, float(np.float32(1 / 0.7))}
    assert abs(float((y.data == 0).mean()) - 0.3) < 0.01
    assert abs(float(y.data.mean()) - 1) < 0.02


def test_dropout_passes_gradients_where_it_passed_values() -> None:
    x = Tensor(np.ones(100, np.float32), requires_grad=True)
    y = ops.dropout(x, p=0.5, generator=Generator(1))
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad == y.data).all()
    gradcheck(lambda z: ops.dropout(z, p=0.5, generator=Generator(1)), [random_tensor((4, 5))])


def test_dropout_outside_training_is_the_tensor_itself() -> None:
    x, generator = Tensor([1.0, 2.0]), Generator(1)
    before = generator.state()
    assert ops.dropout(x, p=0.5, generator=generator, is_training=False) is x
    assert ops.dropout(x, p=0.0, generator=generator) is x
    assert generator.state() == before
