"""A model and its document: round trips, and everything a hostile document may try."""

import copy
import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers import (
    LSTM,
    Concat,
    Dropout,
    Flatten,
    Layer,
    Linear,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    canonical_graph,
    check_graph,
    from_graph,
    to_graph,
)


def make_model() -> Sequential:
    g = Generator(1)
    return Sequential(
        LSTM(3, 4, generator=g, return_sequences=True),
        Sequential(Dropout(0.25), Tanh(), Flatten()),
        Linear(20, 2, generator=g, has_bias=False),
        ReLU(),
        Sigmoid(),
    )


GRAPH = to_graph(make_model())


def broken(path: str, value: object) -> dict[str, object]:
    """GRAPH with one value replaced; DELETE takes it away."""
    graph = copy.deepcopy(GRAPH)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: object = graph
    for part in parents:
        place = place[part]  # type: ignore[index]
    if value is DELETE:
        del place[last]  # type: ignore[attr-defined]
    else:
        place[last] = value  # type: ignore[index]
    return graph


DELETE = object()


def test_model_survives_the_round_trip_through_json() -> None:
    model = make_model()
    again = from_graph(json.loads(json.dumps(to_graph(model))), generator=Generator(9))
    again.load_arrays(model.arrays())
    x = Tensor(Generator(2).normal((2, 5, 3)))
    assert np.array_equal(model.eval()(x).data, again.eval()(x).data)
    assert to_graph(again) == to_graph(model)


STORED: dict[str, Any] = {
    "edges": [["0", "1"], ["1", "2"], ["2", "3"]],
    "format": "azf.graph/1",
    "nodes": [
        {"id": "0", "parameters": {"has_bias": True, "inputs": 3, "outputs": 4}, "type": "Linear", "version": 1},
        {
            "graph": {
                "edges": [],
                "format": "azf.graph/1",
                "nodes": [
                    {
                        "id": "0",
                        "parameters": {"has_bias": True, "inputs": 4, "outputs": 4},
                        "type": "Linear",
                        "version": 1,
                    }
                ],
            },
            "id": "1",
            "type": "Residual",
            "version": 1,
        },
        {"id": "2", "parameters": {"p": 0.25}, "type": "Dropout", "version": 1},
        {
            "branches": [
                {
                    "edges": [],
                    "format": "azf.graph/1",
                    "nodes": [{"id": "0", "parameters": {}, "type": name, "version": 1}],
                }
                for name in ("Tanh", "Sigmoid")
            ],
            "id": "3",
            "type": "Concat",
            "version": 1,
        },
    ],
}
"""As bundles have held it since the format began."""


def test_a_stored_chain_means_what_it_always_meant() -> None:
    model = from_graph(STORED, generator=Generator(3))
    source = Generator(3)
    by_hand = Sequential(
        Linear(3, 4, generator=source),
        Residual(Linear(4, 4, generator=source)),
        Dropout(0.25),
        Concat(Tanh(), Sigmoid()),
    )
    assert type(model) is Sequential
    assert list(model.arrays()) == ["0.weight", "0.bias", "1.body.0.weight", "1.body.0.bias"]
    assert all(np.array_equal(array, by_hand.arrays()[name]) for name, array in model.arrays().items())
    x = Tensor(Generator(2).normal((5, 3)))
    assert np.array_equal(model.eval()(x).data, by_hand.eval()(x).data)
    assert to_graph(model) == STORED == canonical_graph(STORED)


def test_check_follows_shapes_through_the_graph() -> None:
    assert check_graph(GRAPH, input_shape=(5, 3)) == (2,)
    with pytest.raises(GraphInvalid, match="/nodes/2/parameters: Linear takes 20 inputs"):
        check_graph(GRAPH, input_shape=(6, 3))


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("format", "azf.graph/2", "/format"),
        ("nodes", [], "/nodes"),
        ("nodes", {"0": 1}, "/nodes"),
        ("nodes/0/type", "os.system", "/nodes/0/type"),
        ("nodes/0/type", "__import__('os').system('true')", "/nodes/0/type"),
        ("nodes/0/type", ["LSTM"], "/nodes/0/type"),
        ("nodes/0/version", 2, "/nodes/0/version"),
        ("nodes/0/version", True, "/nodes/0/version"),
        ("nodes/0/id", "", "/nodes/0/id"),
        ("nodes/0/id", 0, "/nodes/0/id"),
        ("nodes/0/id", "2", "/nodes"),
        ("nodes/0/id", DELETE, "/nodes/0"),
        ("nodes/0/extra", 1, "/nodes/0"),
        ("nodes/0/parameters", None, "/nodes/0/parameters"),
        ("nodes/0/parameters/units", "64", "/nodes/0/parameters"),
        ("nodes/0/parameters/units", "2**40", "/nodes/0/parameters"),
        ("nodes/0/parameters/units", 2**40, "/nodes/0/parameters"),
        ("nodes/0/parameters/units", 10**400, "/nodes/0/parameters"),
        ("nodes/0/parameters/units", 65_536, "/nodes/0"),
        ("nodes/0/parameters/units", -1, "/nodes/0/parameters"),
        ("nodes/0/parameters/units", True, "/nodes/0/parameters"),
        ("nodes/0/parameters/units", 4.0, "/nodes/0/parameters"),
        ("nodes/0/parameters/units", DELETE, "/nodes/0/parameters"),
        ("nodes/0/parameters/generator", 1, "/nodes/0/parameters"),
        ("nodes/1/graph/nodes/0/parameters/p", float("nan"), "/nodes/1/graph/nodes/0/parameters"),
        ("nodes/1/graph/nodes/0/parameters/p", 2, "/nodes/1/graph/nodes/0/parameters"),
        ("nodes/1/graph", "x", "/nodes/1/graph"),
        ("edges/0", ["0", "2"], "/edges"),
        ("edges", [], "/edges"),
        ("edges/3", ["4", "0"], "/edges"),
        ("edges/0", ["0", "0"], "/edges"),
        ("edges/0", ["0", "nowhere"], "/edges"),
        ("edges/0", "01", "/edges"),
        ("nodes/2/parameters/inputs", 10**9, "/nodes/2/parameters"),
        ("nodes/2/parameters/outputs", "int(1e9)", "/nodes/2/parameters"),
        ("nodes/2/parameters/outputs", {"$eval": "4"}, "/nodes/2/parameters"),
        ("script", "print(1)", ""),
    ],
)
def test_broken_documents_are_refused_where_they_are_broken(path: str, value: object, where: str) -> None:
    with pytest.raises(GraphInvalid) as refusal:
        from_graph(broken(path, value), generator=Generator(0))
    assert refusal.value.where == where


def test_many_wide_layers_are_refused_without_allocating() -> None:
    layer = {"type": "Linear", "version": 1, "parameters": {"inputs": 65_536, "outputs": 65_536}}
    graph = {"format": "azf.graph/1", "nodes": [layer | {"id": str(i)} for i in range(100)], "edges": []}
    started = time.perf_counter()
    with pytest.raises(GraphInvalid, match="parameters together"):
        from_graph(graph, generator=Generator(0))
    assert time.perf_counter() - started < 1.0


def test_an_answer_that_no_memory_holds_is_refused_without_allocating() -> None:
    settings = {"channels": 1, "outputs": 1, "kernel": 3, "stride": 1_024}
    node = {"id": "0", "type": "ConvTranspose2D", "version": 1, "parameters": settings}
    graph = {"format": "azf.graph/1", "nodes": [node], "edges": []}
    assert check_graph(graph, input_shape=(8, 8, 1)) == (7_171, 7_171, 1)
    with pytest.raises(GraphInvalid, match="/nodes/0: one sample becomes 1,007,872,009 numbers"):
        check_graph(graph, input_shape=(32, 32, 1))


def test_too_many_layers_and_too_deep_blocks_are_refused() -> None:
    node = {"type": "ReLU", "version": 1, "parameters": {}}
    many = {"format": "azf.graph/1", "nodes": [node | {"id": str(i)} for i in range(513)], "edges": []}
    with pytest.raises(GraphInvalid, match="more than 512 layers"):
        check_graph(many)
    deep: dict[str, object] = {"format": "azf.graph/1", "nodes": [node | {"id": "0"}], "edges": []}
    for _ in range(5_000):
        block = {"id": "0", "type": "Sequential", "version": 1, "graph": deep}
        deep = {"format": "azf.graph/1", "nodes": [block], "edges": []}
    with pytest.raises(GraphInvalid, match="nested more than 8 deep"):
        check_graph(deep)


def test_shared_and_foreign_layers_cannot_be_written() -> None:
    shared = Linear(2, 2, generator=Generator(0))
    with pytest.raises(GraphInvalid, match="two places"):
        to_graph(Sequential(shared, shared))

    class Mine(Linear):
        pass

    with pytest.raises(GraphInvalid, match="Mine is not a layer"):
        to_graph(Sequential(Mine(2, 2, generator=Generator(0))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.integers(min_value=10**6) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    "format",
    "nodes",
    "edges",
    "nodes/0",
    "nodes/0/type",
    "nodes/0/parameters",
    "nodes/0/parameters/units",
    "nodes/1",
]


@given(st.sampled_from(PLACES), JSON)
def test_any_value_anywhere_is_built_or_refused(path: str, value: object) -> None:
    graph = broken(path, value)
    try:
        model = from_graph(graph, generator=Generator(0))
    except GraphInvalid:
        return
    assert isinstance(model, Layer)
    assert to_graph(model)["nodes"]
