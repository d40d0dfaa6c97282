"""What a network computes together: the same ops as a Sequential, and only where nobody else reads what is between."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, no_grad
from azuraforge_learner.layers import (
    BatchNorm,
    Conv2D,
    Graph,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    to_graph,
)

ANY = Generator(5)
IMAGE = (2, 6, 6, 3)
ROWS: dict[str, tuple[tuple[Layer, ...], tuple[int, ...]]] = {
    "linear": ((Linear(3, 4, generator=ANY), ReLU()), (2, 3)),
    "convolution": ((Conv2D(3, 4, kernel=3, generator=ANY), ReLU()), IMAGE),
    "convolution and pooling": ((Conv2D(3, 4, kernel=3, generator=ANY), ReLU(), MaxPool2D(2)), IMAGE),
    "residual": ((Residual(Conv2D(3, 3, kernel=3, padding=1, generator=ANY), BatchNorm(3)), ReLU()), IMAGE),
}


def node(name: str, kind: str, **parameters: object) -> dict[str, Any]:
    return {"id": name, "type": kind, "version": 1, "parameters": parameters}


def network(nodes: list[dict[str, Any]], edges: list[list[str]], outputs: list[str] | None = None) -> Graph:
    document = {"format": "azf.graph/1", "inputs": ["x"], "outputs": outputs or ["y"], "nodes": nodes, "edges": edges}
    return Graph(document, generator=Generator(1))


def is_one_op(y: Tensor, x: Tensor) -> bool:
    return y.node is not None and any(parent is x for parent in y.node.parents)


@pytest.mark.parametrize("name", ROWS)
def test_what_goes_together_in_a_sequential_goes_together_in_a_graph(name: str) -> None:
    layers, shape = ROWS[name]
    row = Sequential(*layers)
    model = Graph(to_graph(row), generator=Generator(0))
    model.load_arrays(row.arrays())
    x = Tensor(ANY.normal(shape), requires_grad=True)

    y = model(x)

    assert is_one_op(y, x)
    assert np.array_equal(y.data, row(x).data)


@pytest.mark.parametrize("is_normal_first", [True, False])
def test_a_skip_over_a_batch_norm_is_one_op_with_its_relu(is_normal_first: bool) -> None:
    sources = ["normal", "x"] if is_normal_first else ["x", "normal"]
    nodes = [node("bend", "Sigmoid"), node("normal", "BatchNorm", channels=3), node("sum", "Add"), node("act", "ReLU")]
    model = network(
        nodes,
        [
            *(["x", "bend"], ["bend", "normal"], [sources[0], "sum.0"], [sources[1], "sum.1"]),
            *(["sum", "act"], ["act", "y"]),
        ],
    )
    wanted = Sequential(Residual(Sigmoid(), BatchNorm(3)), ReLU())
    x = Tensor(ANY.normal(IMAGE), requires_grad=True)

    y = model(x)

    assert is_one_op(y, x)
    assert np.array_equal(y.data, wanted(x).data)
    assert np.array_equal(model.buffers()["normal.running_mean"], wanted.buffers()["0.body.1.running_mean"])


def test_a_value_that_another_reads_is_not_computed_away() -> None:
    model = network(
        [node("dense", "Linear", inputs=3, outputs=3), node("act", "ReLU"), node("sum", "Add")],
        [["x", "dense"], ["dense", "act"], ["dense", "sum.0"], ["act", "sum.1"], ["sum", "y"]],
    )
    x = Tensor(ANY.normal((4, 3)))
    plain = model.children()["dense"](x)
    assert np.array_equal(model(x).data, (plain + ReLU()(plain)).data)
    assert (plain.data < 0).any()


def test_a_value_that_is_an_answer_is_not_computed_away() -> None:
    model = network(
        [node("dense", "Linear", inputs=3, outputs=3), node("act", "ReLU")],
        [["x", "dense"], ["dense", "raw"], ["dense", "act"], ["act", "y"]],
        ["y", "raw"],
    )
    x = Tensor(ANY.normal((4, 3)))
    answers = model.run({"x": x})
    assert np.array_equal(answers["raw"].data, model.children()["dense"](x).data)
    assert np.array_equal(answers["y"].data, np.maximum(answers["raw"].data, 0))


def test_a_normalised_value_that_another_reads_stays_normalised() -> None:
    model = network(
        [node("normal", "BatchNorm", channels=3), node("sum", "Add"), node("act", "Tanh"), node("all", "Add")],
        [
            *(["x", "normal"], ["x", "sum.0"], ["normal", "sum.1"], ["normal", "act"]),
            *(["act", "all.0"], ["sum", "all.1"], ["all", "y"]),
        ],
    )
    x = Tensor(ANY.normal((4, 3)))
    normal = model.eval().children()["normal"](x)
    np.testing.assert_allclose(model(x).data, (Tanh()(normal) + (x + normal)).data, rtol=1e-6)


def test_values_are_let_go_when_nothing_reads_them_any_more() -> None:
    model = network(
        [node("first", "Tanh"), node("second", "Tanh"), node("sum", "Add"), node("third", "Tanh"), node("end", "Add")],
        [
            *(["x", "first"], ["x", "second"], ["first", "sum.0"], ["second", "sum.1"]),
            *(["sum", "third"], ["sum", "end.0"], ["third", "end.1"], ["end", "y"]),
        ],
    )
    born: list[weakref.ref[Tensor]] = []
    alive: list[int] = []
    for name in ("first", "third"):
        layer = model.children()[name]

        def forward(x: Tensor, run: Any = layer.forward) -> Tensor:
            alive.append(sum(each() is not None for each in born))
            y = run(x)
            born.append(weakref.ref(y))
            return y  # type: ignore[no-any-return]

        layer.forward = forward  # type: ignore[method-assign]
    gc.disable()
    try:
        with no_grad():
            model(Tensor(ANY.normal((4, 3))))
    finally:
        gc.enable()
    assert alive == [0, 0]
