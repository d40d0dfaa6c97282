"""What a document of the full form may not be: each is refused where it is wrong, before anything is made."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_core import Generator
from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers import Graph, canonical_graph, check_graph, from_graph, to_graph
from azuraforge_learner.layers.graph_network import expand, read_network


def node(name: str, kind: str, **parameters: object) -> dict[str, Any]:
    return {"id": name, "type": kind, "version": 1, "parameters": parameters}


CELL = {
    "inputs": ["in"],
    "outputs": ["out"],
    "nodes": [node("dense", "Linear", inputs=4, outputs=4), node("sum", "Add")],
    "edges": [["in", "dense"], ["dense", "sum.1"], ["in", "sum.0"], ["sum", "out"]],
}
TWO_WAYS = {
    "inputs": ["left", "right"],
    "outputs": ["both", "one"],
    "nodes": [node("sum", "Add"), node("tanh", "Tanh")],
    "edges": [["left", "sum.0"], ["right", "sum.1"], ["sum", "both"], ["right", "tanh"], ["tanh", "one"]],
}
GRAPH: dict[str, Any] = {
    "format": "azf.graph/1",
    "inputs": ["x"],
    "outputs": ["y"],
    "shapes": {"x": [3]},
    "nodes": [
        node("a", "Linear", inputs=3, outputs=4),
        node("b", "Linear", inputs=3, outputs=4),
        node("sum", "Add"),
        {"id": "stage", "block": "cell", "repeat": 2},
        {"id": "pair", "block": "two-ways"},
        node("all", "Concat"),
    ],
    "edges": [
        ["x", "a"],
        ["x", "b"],
        ["a", "sum.0"],
        ["b", "sum.1"],
        ["sum", "stage"],
        ["stage", "pair.left"],
        ["sum", "pair.right"],
        ["pair.both", "all.0"],
        ["pair.one", "all.1"],
        ["all", "y"],
    ],
    "blocks": {"cell": CELL, "two-ways": TWO_WAYS},
}
DELETE = object()


def broken(path: str, value: object) -> dict[str, Any]:
    """GRAPH with one value replaced; DELETE takes it away, a path that ends in + adds it to a list."""
    graph = copy.deepcopy(GRAPH)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = graph
    for part in parents:
        place = place[part]
    if last == "+":
        place.append(value)
    elif value is DELETE:
        del place[last]
    else:
        place[last] = value
    return graph


def test_the_whole_document_is_accepted() -> None:
    assert check_graph(GRAPH) == (8,)
    paths = [leaf.path for leaf in expand(read_network(GRAPH)).leaves]
    assert paths[:3] == ["a", "b", "sum"]
    assert paths[3:7] == ["stage.0.dense", "stage.0.sum", "stage.1.dense", "stage.1.sum"]
    assert paths[7:] == ["pair.0.sum", "pair.0.tanh", "all"]


EDGES = [
    (broken("edges", {}), "/edges", "list of at most"),
    (broken("edges/0", ["x", "a", "b"]), "/edges/0", "a list of two"),
    (broken("edges/0", {"from": "x"}), "/edges/0", "a list of two"),
    (broken("edges/0", ["x", 1]), "/edges/0", "from a name to a name"),
    (broken("edges/0", ["x.", "a"]), "/edges/0", "from a name to a name"),
    (broken("edges/0", ["x", "../a"]), "/edges/0", "from a name to a name"),
    (broken("edges/0", ["nowhere", "a"]), "/edges/0", "'nowhere', which is neither a node nor an input"),
    (broken("edges/0", ["x", "nowhere"]), "/edges/0", "'nowhere', which is neither a node nor an output"),
    (broken("edges/0", ["y", "a"]), "/edges/0", "begins at 'y', which is an output"),
    (broken("edges/0", ["a", "x"]), "/edges/0", "ends at 'x', which is an input"),
    (broken("edges/0", ["x", "a.left"]), "/edges/0", "'a' has no port 'left'; it has x"),
    (broken("edges/0", ["x.out", "a"]), "/edges/0", "'x' has no port 'out'; it has only one, without a name"),
    (broken("edges/2", ["a", "sum"]), "/edges/2", "'sum' joins several values: write sum.0, sum.1"),
    (broken("edges/2", ["a", "sum.00"]), "/edges/2", "'sum' joins several values"),
    (broken("edges/2", ["a", "sum.64"]), "/edges/2", "'sum' joins several values"),
    (broken("edges/2", ["a", "sum.2"]), "/edges", "no edge leads to sum.0"),
    (broken("edges/5", ["stage", "pair"]), "/edges/5", "'pair' has several ports: write one of pair.left, pair.right"),
    (broken("edges/7", ["pair", "all.0"]), "/edges/7", "'pair' has several ports: write one of pair.both, pair.one"),
    (broken("edges/+", ["a", "sum.0"]), "/edges/10", "a second edge to 'sum.0'"),
    (broken("edges/+", ["b", "sum.0"]), "/edges/10", "a second edge to 'sum.0'"),
    (broken("edges/+", ["stage", "y"]), "/edges/10", "a second edge to 'y'"),
    (broken("edges/3", DELETE), "/edges", "no edge leads to sum.1"),
    (broken("edges/4", DELETE), "/edges", "no edge leads to stage.in"),
    (broken("edges/9", DELETE), "/edges", "no edge leads to y"),
    (broken("edges/8", ["pair.both", "all.1"]), "/edges", "nothing reads what 'pair.one' answers"),
    (broken("nodes/+", node("left-over", "Tanh")), "/edges", "no edge leads to left-over.x"),
    (broken("edges", [["x", "y"]]), "/edges/0", "the output 'y' must come from a node"),
    (broken("inputs/+", "z"), "/edges", "nothing reads the input 'z'"),
    (broken("edges/0", ["stage", "a"]), "/edges", "in a circle: a → sum → stage → a"),
    (broken("edges/0", ["a", "a"]), "/edges", "in a circle: a → a"),
]
NAMES = [
    (broken("nodes/0/id", name), "/nodes/0/id", "an id is a text of 1 to 64")
    for name in ("", ".", "..", "a/b", "a\\b", "a.b", "a b", "<b>", "a\n", "-a", "ı", "a" * 65, None, 3, ["a"])
] + [
    (broken("nodes/0/id", "b"), "/nodes", "two layers have the same id"),
    (broken("nodes/0/id", "x"), "", "'x' is the name of more than one"),
    (broken("outputs", ["x"]), "", "'x' is the name of more than one"),
    (broken("inputs", ["x", "x"]), "/inputs", "two of them have the same name"),
    (broken("inputs", ["../x"]), "/inputs/0", "an input's name is a text"),
    (broken("inputs", []), "/inputs", "a list of 1 to 64 names"),
    (broken("outputs", "y"), "/outputs", "a list of 1 to 64 names"),
    (broken("blocks", {"<script>": CELL}), "/blocks", "a block's name is a text"),
]
BLOCKS = [
    (broken("nodes/3/block", "nowhere"), "/nodes/3/block", "there is no block 'nowhere'; there are cell, two-ways"),
    (broken("nodes/3/block", ["cell"]), "/nodes/3/block", "a block's name is a text"),
    (broken("nodes/3/repeat", 0), "/nodes/3/repeat", "an integer from 1 to 512"),
    (broken("nodes/3/repeat", 10**9), "/nodes/3/repeat", "an integer from 1 to 512"),
    (broken("nodes/3/repeat", True), "/nodes/3/repeat", "an integer from 1 to 512"),
    (broken("nodes/3/repeat", 2.0), "/nodes/3/repeat", "an integer from 1 to 512"),
    (broken("nodes/3/repeat", "2"), "/nodes/3/repeat", "an integer from 1 to 512"),
    (broken("nodes/3/repeat", 500), "/nodes", "more than 512 layers, repetitions counted: 1,006"),
    (broken("nodes/3/type", "Linear"), "/nodes/3", "exactly block, id, repeat"),
    (broken("blocks", []), "/blocks", "an object of at most 512 bodies"),
    (broken("blocks/spare", CELL), "/blocks/spare", "no node uses this block"),
    (broken("blocks/cell", None), "/blocks/cell", "exactly edges, inputs, nodes, outputs"),
    (broken("blocks/cell/blocks", {}), "/blocks/cell", "exactly edges, inputs, nodes, outputs"),
    (broken("blocks/cell/edges/0", ["x", "dense"]), "/blocks/cell/edges/0", "'x', which is neither"),
    (broken("blocks/cell/nodes/0", {"id": "d", "block": "cell"}), "/blocks/cell/edges/0", "'dense', which is neither"),
    (
        broken("blocks/cell/nodes/0", {"id": "dense", "block": "cell"}),
        "/blocks/cell/nodes/0",
        "in a circle: cell → cell",
    ),
]
CONTENT = [
    (broken("format", "azf.graph/2"), "/format", "must be 'azf.graph/1'"),
    (broken("nodes", []), "/nodes", "at least one layer"),
    (broken("nodes", [{}] * 513), "/nodes", "more than 512 layers"),
    (broken("script", "print(1)"), "", "blocks, shapes may be left out"),
    (broken("nodes/0/type", "__import__('os')"), "/nodes/0/type", "unknown layer"),
    (broken("nodes/0/type", ["Linear"]), "/nodes/0/type", "unknown layer"),
    (broken("nodes/0/version", 2), "/nodes/0/version", "Linear of this version is 1"),
    (broken("nodes/0/version", 1.0), "/nodes/0/version", "Linear of this version is 1"),
    (broken("nodes/2/version", 2), "/nodes/2/version", "Add of this version is 1"),
    (broken("nodes/2/parameters", {"axis": 1}), "/nodes/2/parameters", "Add has no parameters"),
    (broken("nodes/2/parameters", None), "/nodes/2/parameters", "must be an object"),
    (broken("nodes/0/parameters/outputs", "2**40"), "/nodes/0/parameters", "outputs must be integer, not str"),
    (broken("nodes/0/parameters/outputs", {"$eval": "4"}), "/nodes/0/parameters", "outputs must be integer, not dict"),
    (broken("nodes/0/parameters/outputs", 10**9), "/nodes/0/parameters", "outputs must be at most 65536"),
    (broken("shapes", {"z": [3]}), "/shapes", "by the name of an input"),
    (broken("shapes", [3]), "/shapes", "by the name of an input"),
    (broken("shapes/x", [3.0]), "/shapes/x", "a shape is a list"),
    (broken("shapes/x", [True]), "/shapes/x", "a shape is a list"),
    (broken("shapes/x", [0]), "/shapes/x", "a shape is a list"),
    (broken("shapes/x", [10**9]), "/shapes/x", "a shape is a list"),
    (broken("shapes/x", [1] * 9), "/shapes/x", "a shape is a list"),
]


@pytest.mark.parametrize(("graph", "where", "words"), EDGES + NAMES + BLOCKS + CONTENT)
def test_broken_documents_are_refused_where_they_are_broken(graph: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(GraphInvalid) as refusal:
        from_graph(graph, generator=Generator(0))
    assert words in str(refusal.value)
    assert refusal.value.where == where


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    graph = broken("blocks/cell/nodes/0", node("dense", "LeakyReLU", slope=number))
    with pytest.raises(GraphInvalid, match="/blocks/cell/nodes/0/parameters: slope must be finite"):
        check_graph(graph)


def nested(deep: int, *, repeat: int = 1) -> dict[str, Any]:
    """Blocks within blocks, each of them used `repeat` times."""
    blocks: dict[str, Any] = {"b0": CELL}
    for i in range(1, deep):
        inner = {"id": "inner", "block": f"b{i - 1}", "repeat": repeat}
        blocks[f"b{i}"] = {
            "inputs": ["in"],
            "outputs": ["out"],
            "nodes": [inner],
            "edges": [["in", "inner"], ["inner", "out"]],
        }
    use = {"id": "use", "block": f"b{deep - 1}", "repeat": repeat}
    graph = {"format": "azf.graph/1", "inputs": ["x"], "outputs": ["y"], "nodes": [use], "blocks": blocks}
    return graph | {"edges": [["x", "use"], ["use", "y"]]}


def test_blocks_are_nested_eight_deep_and_no_deeper() -> None:
    model = Graph(nested(8), generator=Generator(0))
    assert next(iter(model.parameters())) == f"use.0{'.inner.0' * 7}.dense.weight"
    for deep in (9, 400):
        with pytest.raises(GraphInvalid, match="blocks are nested more than 8 deep"):
            check_graph(nested(deep))
    twice = nested(9)  # the eight that are allowed are known already when the ninth is put around them
    twice["nodes"].insert(0, {"id": "first", "block": "b7"})
    twice["edges"] = [["x", "first"], ["first", "use"], ["use", "y"]]
    with pytest.raises(GraphInvalid, match="blocks are nested more than 8 deep"):
        check_graph(twice)


def test_repetitions_that_explode_are_counted_not_made() -> None:
    with pytest.raises(GraphInvalid, match=r"more than 512 layers, repetitions counted: 1,024"):
        check_graph(nested(8, repeat=512))
    with pytest.raises(GraphInvalid, match=r"more than 512 layers, repetitions counted: 1,250"):
        check_graph(nested(4, repeat=5))


def test_parameters_are_counted_with_every_repetition() -> None:
    graph = broken("blocks/cell/nodes/0", node("dense", "Linear", inputs=8_000, outputs=8_000))
    with pytest.raises(GraphInvalid, match="more than 100,000,000 parameters together"):
        check_graph({key: value for key, value in graph.items() if key != "shapes"})


def test_a_block_that_cannot_feed_itself_is_not_repeated() -> None:
    graph = broken("nodes/4/repeat", 2)
    block = graph["blocks"]["two-ways"]
    block["outputs"] = ["both"]
    block["edges"] = [["left", "sum.0"], ["tanh", "sum.1"], ["sum", "both"], ["right", "tanh"]]
    graph["edges"][7:9] = [["pair", "all.0"], ["stage", "all.1"]]
    with pytest.raises(GraphInvalid, match="/nodes/4: a block is repeated that has not as many outputs as inputs"):
        check_graph(graph)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 300)
    | st.integers(min_value=10**6)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["x", "y", "a", "sum.0", "cell", "Add", "Graph", "Sequential"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    *GRAPH,
    *("nodes/0", "nodes/0/type", "nodes/0/parameters", "nodes/2", "nodes/3", "nodes/3/block", "nodes/3/repeat"),
    *("edges/2", "edges/2/0", "edges/2/1", "blocks/cell", "blocks/cell/edges", "blocks/cell/nodes/0", "shapes/x"),
    *("nodes/0/parameters/outputs", "inputs/0", "outputs/0", "blocks/cell/inputs", "nodes/0/graph"),
]


@given(st.sampled_from(PLACES), JSON)
def test_any_value_anywhere_is_built_or_refused(path: str, value: object) -> None:
    graph = broken(path, value)
    try:
        model = from_graph(graph, generator=Generator(0))
    except GraphInvalid:
        return
    assert to_graph(model) == canonical_graph(graph)
