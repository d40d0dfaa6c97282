"""Random graphs of fused ops: the same graph of plain ops agrees on values and gradients, and so do differences."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge_core import Array, Tensor, ops
from azuraforge_core.errors import GradientMismatch
from azuraforge_core.testing import assert_close, gradcheck, plant_sign_error, random_tensor

ROWS, WIDTH = 3, 2
SHAPES = {"a": (ROWS, WIDTH), "b": (ROWS, WIDTH), "w": (WIDTH, WIDTH), "v": (WIDTH,), "k": (3, WIDTH, WIDTH)}
SHAPES |= {"x4": (WIDTH, 4 * WIDTH), "h4": (WIDTH, 4 * WIDTH), "b4": (4 * WIDTH,)}
Leaves = dict[str, Tensor]
Step = Callable[[Tensor, Tensor, Leaves], Tensor]
"""From two (rows, width) tensors and the weights to another one."""


def plain_linear(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    return x @ leaf["w"] + leaf["v"]


def plain_layer_norm(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    centred = x - ops.mean(x, 1, keepdims=True)
    return centred / ops.sqrt(ops.mean(centred * centred, 1, keepdims=True) + 1e-5) * leaf["v"] + leaf["w"][0]


def plain_rms_norm(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    return x / ops.sqrt(ops.mean(x * x, 1, keepdims=True) + 1e-6) * leaf["v"]


def plain_softmax(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    exps = ops.exp(x)
    return exps / ops.sum(exps, 1, keepdims=True)


def plain_attention(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    scores = ops.exp(x @ y.transpose() * (1 / math.sqrt(WIDTH)) + Tensor(np.where(np.tri(ROWS), 0.0, -1e30)))
    return scores / ops.sum(scores, 1, keepdims=True) @ (x + y)


def plain_convolution(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    padded = ops.pad(x, [(1, 1), (0, 0)])
    parts = [padded[place : place + ROWS] @ leaf["k"][place] for place in range(3)]
    return parts[0] + parts[1] + parts[2] + leaf["v"]


def plain_lstm(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    h, c, answers = y[:1], ops.tanh(y[1:2]), []
    for step in range(ROWS):
        i, f, o, g = ops.split(x[step : step + 1] @ leaf["x4"] + h @ leaf["h4"] + leaf["b4"], [WIDTH] * 4, axis=1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        answers.append(h)
    return ops.concat(answers) + c


def plain_gru(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    h, answers, wide = y[:1], [], 3 * WIDTH
    for step in range(ROWS):
        r_x, z_x, n_x = ops.split(x[step : step + 1] @ leaf["x4"][:, :wide] + leaf["b4"][:wide], [WIDTH] * 3, axis=1)
        r_h, z_h, n_h = ops.split(h @ leaf["h4"][:, :wide] + leaf["b4"][:wide], [WIDTH] * 3, axis=1)
        z = ops.sigmoid(z_x + z_h)
        h = (1 - z) * ops.tanh(n_x + ops.sigmoid(r_x + r_h) * n_h) + z * h
        answers.append(h)
    return ops.concat(answers)


def fused_lstm(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    sequence, _, c = ops.lstm(x[None], y[:1], ops.tanh(y[1:2]), leaf["x4"], leaf["h4"], leaf["b4"])
    return sequence[0] + c


def fused_gru(x: Tensor, y: Tensor, leaf: Leaves) -> Tensor:
    wide = 3 * WIDTH
    bias = leaf["b4"][:wide]
    return ops.gru(x[None], y[:1], leaf["x4"][:, :wide], leaf["h4"][:, :wide], bias, bias)[0][0]


TWINS: dict[str, tuple[Step, Step]] = {
    "add": (lambda x, y, _: x + y, lambda x, y, _: y + x),
    "attention": (lambda x, y, _: ops.attention(x, y, x + y, is_causal=True), plain_attention),
    "convolution": (
        lambda x, y, leaf: ops.conv1d(x[None], leaf["k"], leaf["v"], padding=1)[0],
        plain_convolution,
    ),
    "dot": (lambda x, y, _: ops.einsum("ij,kj,kl->il", x, y, y), lambda x, y, _: x @ y.transpose() @ y),
    "gelu": (lambda x, y, _: ops.gelu(x), lambda x, y, _: x * 0.5 * (ops.erf(x * math.sqrt(0.5)) + 1)),
    "gru": (fused_gru, plain_gru),
    "layer_norm": (lambda x, y, leaf: ops.layer_norm(x, leaf["v"], leaf["w"][0]), plain_layer_norm),
    "linear": (lambda x, y, leaf: ops.linear(x, leaf["w"], leaf["v"]), plain_linear),
    "log_softmax": (
        lambda x, y, _: ops.log_softmax(x),
        lambda x, y, _: x - ops.log(ops.sum(ops.exp(x), 1, keepdims=True)),
    ),
    "lstm": (fused_lstm, plain_lstm),
    "mse": (lambda x, y, _: x * ops.mse(x, y), lambda x, y, _: x * ops.mean(ops.square(x - y))),
    "rms_norm": (lambda x, y, leaf: ops.rms_norm(x, leaf["v"]), plain_rms_norm),
    "silu": (lambda x, y, _: ops.silu(x), lambda x, y, _: x * ops.sigmoid(x)),
    "softmax": (lambda x, y, _: ops.softmax(x), plain_softmax),
    "softplus": (lambda x, y, _: ops.softplus(x), lambda x, y, _: ops.log(ops.exp(x) + 1)),
    "variance": (
        lambda x, y, _: y * ops.variance(x, 1, keepdims=True),
        lambda x, y, _: y * (ops.mean(x * x, 1, keepdims=True) - ops.square(ops.mean(x, 1, keepdims=True))),
    ),
}
NAMES = sorted(TWINS)
GRAPHS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8)
Graph = list[tuple[str, int, int]]


def leaves_of(seed: int) -> list[Tensor]:
    return [random_tensor(shape, seed=seed + k, scale=0.7) for k, shape in enumerate(SHAPES.values())]


def build(graph: Graph, leaves: tuple[Tensor, ...], *, twin: int) -> Tensor:
    """Every step reads two results before it; tanh keeps numbers where finite differences can follow."""
    named = dict(zip(SHAPES, leaves, strict=True))
    known = [named["a"], named["b"]]
    for name, left, right in graph:
        made = TWINS[name][twin](known[left % len(known)], known[right % len(known)], named)
        known.append(ops.tanh(made))
    total = known[2]
    for other in known[3:]:
        total = total + other
    return total


def values_and_gradients(graph: Graph, *, seed: int, twin: int) -> tuple[Array, list[Array]]:
    leaves = leaves_of(seed)
    y = build(graph, tuple(leaves), twin=twin)
    y.backward(random_tensor(y.shape, seed=99).data)
    return y.data, [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves]


def compare(graph: Graph, seed: int) -> None:
    fused, plain = (values_and_gradients(graph, seed=seed, twin=twin) for twin in (0, 1))
    assert_close(fused[0], plain[0], tolerance=1e-11, what="value")
    for name, ours, theirs in zip(SHAPES, fused[1], plain[1], strict=True):
        assert_close(ours, theirs, tolerance=1e-9, what=f"gradient of {name}")


@pytest.mark.parametrize("name", NAMES)
def test_each_fused_op_alone_agrees_with_its_twin(name: str) -> None:
    for seed in range(3):
        compare([(name, 0, 1), (name, 1, 2)], seed)


@settings(max_examples=60)
@given(graph=GRAPHS, seed=st.integers(0, 10_000))
def test_random_graphs_agree_with_their_plain_twins(graph: Graph, seed: int) -> None:
    compare(graph, seed)


@settings(max_examples=12)
@given(graph=GRAPHS, seed=st.integers(0, 10_000))
def test_random_graphs_agree_with_finite_differences(graph: Graph, seed: int) -> None:
    gradcheck(lambda *leaves: build(graph, leaves, twin=0), leaves_of(seed), tolerance=1e-5)


@pytest.mark.slow
@settings(max_examples=600)
@given(graph=GRAPHS, seed=st.integers(0, 10_000))
def test_hundreds_of_random_graphs_agree_with_their_plain_twins(graph: Graph, seed: int) -> None:
    compare(graph, seed)


@pytest.mark.slow
@settings(max_examples=120)
@given(graph=GRAPHS, seed=st.integers(0, 10_000))
def test_many_random_graphs_agree_with_finite_differences(graph: Graph, seed: int) -> None:
    gradcheck(lambda *leaves: build(graph, leaves, twin=0), leaves_of(seed), tolerance=1e-5)


def test_a_planted_sign_anywhere_in_a_graph_is_caught() -> None:
    graph: Graph = [("lstm", 0, 1), ("layer_norm", 2, 0), ("attention", 1, 3), ("gru", 3, 4), ("convolution", 5, 0)]
    graph += [("linear", 6, 0)]
    for position in range(len(SHAPES)):
        leaves = [x if k == position else x.detach() for k, x in enumerate(leaves_of(1))]
        planted = plant_sign_error(lambda *given: build(graph, given, twin=0), leaves[position])
        with pytest.raises(GradientMismatch, match=f"input {position}"):
            gradcheck(planted, leaves, tolerance=1e-5)


def test_a_wrong_fused_op_is_caught_by_its_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = TWINS["gelu"]
    monkeypatch.setitem(TWINS, "gelu", (lambda x, y, _: ops.gelu(x, approximation="tanh"), honest[1]))
    with pytest.raises(GradientMismatch, match="value"):
        compare([("gelu", 0, 1)], 0)
