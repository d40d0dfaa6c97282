"""Residual, Add and Concat: what they compute, where their documents are refused, and nothing is broadcast."""

import copy
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import GraphInvalid, LayerInvalid
from azuraforge_learner.layers import (
    Add,
    Concat,
    Flatten,
    Linear,
    ReLU,
    Reshape,
    Residual,
    Sequential,
    Tanh,
    check_graph,
    from_graph,
    to_graph,
)


def linear(inputs: int, outputs: int) -> Linear:
    return Linear(inputs, outputs, generator=Generator(inputs + outputs))


X = Generator(1).normal((4, 3))


def test_values() -> None:
    x, first, second = Tensor(X), linear(3, 2), linear(3, 2)
    np.testing.assert_array_equal(Residual(Tanh())(x).data, X + Tanh()(x).data)
    np.testing.assert_array_equal(Add(first, second)(x).data, first(x).data + second(x).data)
    joined = np.concatenate([first(x).data, Tanh()(x).data], axis=1)
    np.testing.assert_array_equal(Concat(first, Tanh())(x).data, joined)


def test_a_branch_used_twice_adds_its_gradients() -> None:
    layer = linear(3, 2)
    layer(Tensor(X)).sum().backward()
    assert layer.weight.grad is not None
    once = layer.weight.grad.copy()
    layer.weight.grad = None
    Add(layer, layer)(Tensor(X)).sum().backward()
    np.testing.assert_allclose(layer.weight.grad, 2 * once, rtol=1e-6)


def test_gradients_reach_the_input_around_and_through_the_layers() -> None:
    layer = linear(3, 3)
    layer.weight.data = np.zeros((3, 3), np.float32)
    x = Tensor(X, requires_grad=True)
    Residual(layer)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == np.ones((4, 3)).tolist()


def test_answers_that_would_broadcast_are_refused() -> None:
    with pytest.raises(LayerInvalid, match=r"answer \(4, 1\) to its input \(4, 3\)"):
        Residual(linear(3, 1))(Tensor(X))
    with pytest.raises(LayerInvalid, match=r"one shape, not \(4, 2\), \(4, 1\)"):
        Add(linear(3, 2), linear(3, 1))(Tensor(X))
    with pytest.raises(LayerInvalid, match=r"last axis only, not \(4, 3\), \(4, 3, 1\)"):
        Concat(Tanh(), Reshape((3, 1)))(Tensor(X))


def test_one_branch_and_no_layer_are_refused() -> None:
    with pytest.raises(LayerInvalid, match="Add needs 2 to 64 branches, not 1"):
        Add(Tanh())
    with pytest.raises(LayerInvalid, match="Concat needs 2 to 64 branches, not 65"):
        Concat(*[Tanh()] * 65)
    with pytest.raises(LayerInvalid, match="at least one layer"):
        Residual()


MODEL = Sequential(
    Residual(linear(3, 4), Tanh(), linear(4, 3)),
    Concat(linear(3, 2), Add(Tanh(), ReLU())),
    Flatten(),
)
GRAPH = to_graph(MODEL)


def broken(*path: str | int, value: object) -> dict[str, Any]:
    graph: Any = copy.deepcopy(GRAPH)
    place = graph
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return graph  # type: ignore[no-any-return]


def test_shapes_are_followed_through_blocks() -> None:
    assert check_graph(GRAPH, input_shape=(3,)) == (5,)
    assert check_graph(GRAPH) is None
    assert [node["type"] for node in GRAPH["nodes"]] == ["Residual", "Concat", "Flatten"]
    assert list(from_graph(GRAPH, generator=Generator(0)).parameters()) == list(MODEL.parameters())


@pytest.mark.parametrize(
    ("graph", "where", "words"),
    [
        (broken("nodes", 1, "branches", value=[]), "/nodes/1/branches", "list of 2 to 64"),
        (broken("nodes", 1, "branches", value={"0": 1}), "/nodes/1/branches", "list of 2 to 64"),
        (broken("nodes", 1, "branches", 1, value="x"), "/nodes/1/branches/1", "must be an object"),
        (broken("nodes", 1, "type", value="Residual"), "/nodes/1", "graph"),
        (broken("nodes", 0, "type", value="Add"), "/nodes/0", "branches"),
        (broken("nodes", 0, "type", value=["Residual"]), "/nodes/0", "parameters"),
        (broken("nodes", 0, "version", value=2), "/nodes/0/version", "Residual of this version is 1"),
        (broken("nodes", 1, "version", value=True), "/nodes/1/version", "Concat of this version is 1"),
        (
            broken("nodes", 1, "branches", 0, "nodes", 0, "parameters", "outputs", value=0),
            "/nodes/1/branches/0/nodes/0/parameters",
            "outputs must be at least 1",
        ),
    ],
)
def test_broken_documents_are_refused_where_they_are_broken(graph: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(GraphInvalid, match=words) as refusal:
        from_graph(graph, generator=Generator(0))
    assert refusal.value.where == where


def test_blocks_whose_answers_do_not_fit_are_refused_without_building() -> None:
    graph = broken("nodes", 0, "graph", "nodes", 2, "parameters", "outputs", value=2)
    with pytest.raises(GraphInvalid, match=r"/nodes/0: Residual adds the answer \(2,\) to its input \(3,\)"):
        check_graph(graph, input_shape=(3,))
    graph = to_graph(Sequential(Add(linear(3, 2), linear(3, 4))))
    with pytest.raises(GraphInvalid, match=r"/nodes/0: Add needs answers of one shape"):
        check_graph(graph, input_shape=(3,))


def test_depth_and_size_are_counted_through_branches() -> None:
    leaf = {"format": "azf.graph/1", "nodes": [{"id": "0", "type": "Tanh", "version": 1, "parameters": {}}]}
    deep: dict[str, Any] = leaf | {"edges": []}
    for _ in range(9):
        node = {"id": "0", "type": "Add", "version": 1, "branches": [deep, deep]}
        deep = {"format": "azf.graph/1", "nodes": [node], "edges": []}
    with pytest.raises(GraphInvalid, match="more than 8 deep"):
        check_graph(deep)
    wide = {"id": "0", "type": "Linear", "version": 1, "parameters": {"inputs": 65_536, "outputs": 1_000}}
    branch = {"format": "azf.graph/1", "nodes": [wide], "edges": []}
    block = {"id": "0", "type": "Add", "version": 1, "branches": [branch, branch]}
    with pytest.raises(GraphInvalid, match="parameters together"):
        check_graph({"format": "azf.graph/1", "nodes": [block], "edges": []})


def test_a_layer_shared_by_branches_and_a_kind_of_their_own_cannot_be_written() -> None:
    shared = linear(3, 2)
    with pytest.raises(GraphInvalid, match="two places"):
        to_graph(Sequential(Add(shared, shared)))

    class Mine(Sequential):
        """Does more than run its layers."""

    with pytest.raises(GraphInvalid, match="Mine is not a layer that a document can name"):
        to_graph(Sequential(Mine(Tanh())))
