"""Shapes, parameters and FLOPs read from a document, and what does not fit, told with both names and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers import (
    Add,
    Conv2D,
    Flatten,
    Linear,
    ReLU,
    Residual,
    Sequential,
    count_flops,
    count_parameters,
    from_graph,
    survey_graph,
    to_graph,
)


def node(name: str, kind: str, **parameters: object) -> dict[str, Any]:
    return {"id": name, "type": kind, "version": 1, "parameters": parameters}


def network(nodes: list[dict[str, Any]], edges: list[list[str]], **more: Any) -> dict[str, Any]:
    return {"format": "azf.graph/1", "inputs": ["x"], "outputs": ["y"], "nodes": nodes, "edges": edges} | more


BLOCK = {
    "inputs": ["in"],
    "outputs": ["out"],
    "nodes": [node("look", "Conv2D", channels=4, outputs=4, kernel=3, padding=1), node("sum", "Add")],
    "edges": [["in", "look"], ["in", "sum.0"], ["look", "sum.1"], ["sum", "out"]],
}
IMAGE = network(
    [
        node("wide", "Conv2D", channels=3, outputs=4, kernel=3, padding=1),
        {"id": "stage", "block": "block", "repeat": 2},
        node("all", "Concat"),
        node("flat", "Flatten"),
        node("end", "Linear", inputs=8 * 8 * 8, outputs=2),
    ],
    [
        ["x", "wide"],
        ["wide", "stage"],
        ["stage", "all.0"],
        ["wide", "all.1"],
        ["all", "flat"],
        ["flat", "end"],
        ["end", "y"],
    ],
    blocks={"block": BLOCK},
    shapes={"x": [8, 8, 3]},
)


def test_shapes_are_followed_through_the_whole_network() -> None:
    survey = survey_graph(IMAGE)
    assert survey.outputs == {"y": (2,)}
    assert survey.shapes == {
        "wide": (8, 8, 4),
        **{f"stage.{i}.{name}": (8, 8, 4) for i in range(2) for name in ("look", "sum")},
        "all": (8, 8, 8),
        "flat": (512,),
        "end": (2,),
    }
    assert from_graph(IMAGE, generator=Generator(0))(Tensor(np.zeros((1, 8, 8, 3), np.float32))).shape == (1, 2)


def test_parameters_and_flops_are_those_of_the_model() -> None:
    survey = survey_graph(IMAGE)
    assert survey.parameters == count_parameters(from_graph(IMAGE, generator=Generator(0)))
    look, places = 2 * 9 * 4 * 4, 64
    per_stage = look * places + places * 4
    assert survey.flops == 2 * 9 * 3 * 4 * places + 2 * per_stage + 2 * 512 * 2


def test_a_chain_counts_as_the_network_of_the_same_layers() -> None:
    g = Generator(0)
    chain = Sequential(
        Residual(Conv2D(3, 3, kernel=3, padding=1, generator=g), ReLU()),
        Add(ReLU(), ReLU()),
        Flatten(),
        Linear(192, 2, generator=g),
    )
    document = to_graph(chain)
    survey = survey_graph(document, input_shape=(8, 8, 3))
    assert survey.parameters == count_parameters(chain)
    assert survey.flops == count_flops(document, input_shape=(8, 8, 3))
    assert list(survey.shapes) == ["0.body.0", "0.body.1", "0", "1.0.0", "1.1.0", "1", "2", "3"]


def test_unknown_and_open_shapes_stay_open() -> None:
    without = {key: value for key, value in IMAGE.items() if key != "shapes"}
    survey = survey_graph(without)
    assert survey.outputs == {"y": None}
    assert survey.flops is None
    assert survey.parameters > 0
    tanh = network([node("t", "Tanh")], [["x", "t"], ["t", "y"]], shapes={"x": [-1, 3]})
    assert survey_graph(tanh).outputs == {"y": (-1, 3)}
    assert survey_graph(tanh).flops is None
    assert survey_graph(tanh, input_shape=(5, 3)).flops == 15


def test_a_port_of_the_wrong_shape_names_both_nodes_and_shapes() -> None:
    with pytest.raises(GraphInvalid) as refusal:
        survey_graph(IMAGE, input_shape=(9, 8, 3))
    assert refusal.value.where == "/nodes/4/parameters"
    assert "node 'end' (Linear) reads (576,) from node 'flat' (Flatten)" in str(refusal.value)
    with pytest.raises(GraphInvalid, match=r"node 'wide' \(Conv2D\) reads \(8, 8, 1\) from the input 'x'"):
        survey_graph(IMAGE, input_shape=(8, 8, 1))


def test_joins_and_repetitions_that_do_not_fit_name_both_nodes_and_shapes() -> None:
    narrow = node("look", "Conv2D", channels=4, outputs=1, kernel=3, padding=1)
    graph = IMAGE | {"blocks": {"block": BLOCK | {"nodes": [narrow, node("sum", "Add")]}}}
    with pytest.raises(GraphInvalid) as refusal:
        survey_graph(graph)
    assert refusal.value.where == "/blocks/block/nodes/1"
    assert str(refusal.value).endswith(
        "node 'stage.0.sum' (Add) reads (8, 8, 4) from node 'wide' (Conv2D) "
        "and (8, 8, 1) from node 'stage.0.look' (Conv2D)"
    )


def test_a_chain_names_the_layer_before_too() -> None:
    g = Generator(0)
    chain = to_graph(Sequential(Linear(3, 4, generator=g), ReLU(), Linear(5, 1, generator=g)))
    with pytest.raises(GraphInvalid, match=r"node '2' \(Linear\) reads \(4,\) from node '1' \(ReLU\)"):
        survey_graph(chain, input_shape=(3,))


def test_an_answer_that_no_memory_holds_is_refused() -> None:
    paint = node("paint", "ConvTranspose2D", channels=1, outputs=1, kernel=3, stride=1_024)
    graph = network([paint], [["x", "paint"], ["paint", "y"]], shapes={"x": [32, 32, 1]})
    with pytest.raises(GraphInvalid, match="/nodes/0: one sample becomes 1,007,872,009 numbers"):
        survey_graph(graph)
    copies = [["x", f"all.{i}"] for i in range(64)]
    wide = network([node("all", "Concat")], [*copies, ["all", "y"]], shapes={"x": [10_000_000]})
    with pytest.raises(GraphInvalid, match="/nodes/0: one sample becomes 640,000,000 numbers"):
        survey_graph(wide)


def test_shapes_are_given_by_name_where_there_are_several_inputs() -> None:
    graph = network([node("sum", "Add")], [["x", "sum.0"], ["z", "sum.1"], ["sum", "y"]], inputs=["x", "z"])
    assert survey_graph(graph, input_shape={"x": (3,), "z": (3,)}).outputs == {"y": (3,)}
    assert survey_graph(graph, input_shape={"x": (3,)}).outputs == {"y": None}
    with pytest.raises(GraphInvalid, match="several inputs: give a shape for each of x, z"):
        survey_graph(graph, input_shape=(3,))
    with pytest.raises(GraphInvalid, match="given for 'w', which is no input"):
        survey_graph(graph, input_shape={"w": (3,)})
    with pytest.raises(GraphInvalid, match="a chain has one input without a name"):
        survey_graph(to_graph(Sequential(ReLU())), input_shape={"x": (3,)})


def test_documents_within_documents_are_what_their_node_may_hold() -> None:
    inner = {"id": "g", "type": "Graph", "version": 1, "graph": to_graph(Sequential(ReLU()))}
    edges = [["x", "g"], ["g", "y"]]
    with pytest.raises(GraphInvalid, match="/nodes/0/graph: a Graph holds a document with inputs and outputs"):
        survey_graph(network([inner], edges))
    two = network([node("sum", "Add")], [["x", "sum.0"], ["z", "sum.1"], ["sum", "y"]], inputs=["x", "z"])
    with pytest.raises(GraphInvalid, match="/nodes/0/graph: a Graph within a document has one input and one output"):
        survey_graph(network([inner | {"graph": two}], edges))
    with pytest.raises(GraphInvalid, match="/nodes/0/graph: must be an object with exactly edges, format, nodes"):
        survey_graph(network([inner | {"type": "Sequential", "graph": two}], edges))
    deep: dict[str, Any] = network([node("g", "Tanh")], edges)
    for _ in range(5_000):
        deep = network([inner | {"graph": deep}], edges)
    with pytest.raises(GraphInvalid, match="nested more than 8 deep"):
        survey_graph(deep)
