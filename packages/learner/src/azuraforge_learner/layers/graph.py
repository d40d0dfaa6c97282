"""A model as an `azf.graph/1` document, and back.

```json
{"format": "azf.graph/1",
 "nodes": [{"id": "0", "type": "LSTM", "version": 1, "parameters": {"features": 5, "units": 64}}, ...],
 "edges": [["0", "1"], ...]}
```

A node of the type `Sequential` or `Residual` holds another document under `graph`, one of the type `Add` or `Concat`
a list of them under `branches`. Within a document every node feeds the next one. A document is data: each node is
checked against its `LayerSpec` and against limits on depth, nodes and parameters before the first array is made, and
no value in it is ever evaluated or used as a name to import.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from azuraforge_core import Generator
from azuraforge_learner.errors import GraphInvalid, LayerInvalid
from azuraforge_learner.layers.blocks import MAX_BRANCHES, Add, Branches, Concat, Residual, residual_shape
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.sequential import Sequential
from azuraforge_learner.layers.spec import Settings, Shape

GRAPH_FORMAT: Final = "azf.graph/1"
MAX_NODES: Final = 512
MAX_DEPTH: Final = 8
MAX_PARAMETERS: Final = 100_000_000
"""Together over the whole document: 400 MB of float32."""
MAX_ANSWER: Final = 100_000_000
"""Numbers in what one layer answers to one sample; a transposed convolution can ask for far more."""

_GRAPH_KEYS: Final = frozenset({"format", "nodes", "edges"})
_LAYER_KEYS: Final = frozenset({"id", "type", "version", "parameters"})
_BLOCK_KEYS: Final = frozenset({"id", "type", "version", "graph"})
_BRANCH_KEYS: Final = frozenset({"id", "type", "version", "branches"})
_BLOCKS: Final[Mapping[str, type[Layer]]] = MappingProxyType({kind.spec.type: kind for kind in (Sequential, Residual)})
_BRANCHES: Final[Mapping[str, type[Branches]]] = MappingProxyType({kind.spec.type: kind for kind in (Add, Concat)})


def to_graph(model: Sequential) -> dict[str, Any]:
    """The model's architecture as a document; weights are not part of it.

    Raises:
        GraphInvalid: a layer is of no known type, or stands at two places (a document cannot share one).
    """
    return _write(model, seen=set(), where="")


def from_graph(document: object, *, generator: Generator) -> Sequential:
    """Build the model with first values from `generator`.

    Raises:
        GraphInvalid: names what is wrong and where; nothing was built.
    """
    check_graph(document)
    return _build(_expect_object(document, keys=_GRAPH_KEYS, where=""), generator=generator)


def check_graph(document: object, *, input_shape: Shape | None = None) -> Shape | None:
    """Refuse what `from_graph` could not build; with one sample's `input_shape` also layers that do not fit.

    Returns the shape of one answer when `input_shape` is given.
    """
    budget = _Budget()
    return _check_graph(document, budget=budget, shape=input_shape, where="", depth=1)


class _Budget:
    """What a whole document may still ask for."""

    def __init__(self) -> None:
        self.nodes = MAX_NODES
        self.parameters = MAX_PARAMETERS

    def spend(self, *, parameters: int, where: str) -> None:
        self.nodes -= 1
        self.parameters -= parameters
        if self.nodes < 0:
            raise GraphInvalid(f"more than {MAX_NODES} layers", where=where)
        if self.parameters < 0:
            raise GraphInvalid(f"more than {MAX_PARAMETERS:,} parameters together", where=where)


def _write(model: Sequential, *, seen: set[int], where: str) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = []
    for i, layer in enumerate(model.layers):
        place = f"{where}/nodes/{i}"
        if id(layer) in seen:
            raise GraphInvalid("the same layer stands at two places; a document cannot share one", where=place)
        seen.add(id(layer))
        node = {"id": str(i), "type": layer.spec.type, "version": layer.spec.version}
        nodes.append(node | _content(layer, seen=seen, where=place))
    edges = [[str(i), str(i + 1)] for i in range(len(nodes) - 1)]
    return {"format": GRAPH_FORMAT, "nodes": nodes, "edges": edges}


def _content(layer: Layer, *, seen: set[int], where: str) -> dict[str, Any]:
    name = layer.spec.type
    if type(layer) is Sequential or type(layer) is Residual:
        chain = layer.body if isinstance(layer, Residual) else layer
        return {"graph": _write(chain, seen=seen, where=f"{where}/graph")}
    if isinstance(layer, Branches) and _BRANCHES.get(name) is type(layer):
        places = [f"{where}/branches/{i}" for i in range(len(layer.branches))]
        branches = zip(layer.branches, places, strict=True)
        return {"branches": [_write(branch, seen=seen, where=place) for branch, place in branches]}
    if LAYERS.get(name) is not type(layer):
        raise GraphInvalid(f"{type(layer).__name__} is not a layer that a document can name", where=where)
    return {"parameters": _plain(layer.settings())}


def _plain(settings: Settings) -> dict[str, Any]:
    """The settings as JSON holds them: a row is a list."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _build(document: Mapping[str, Any], *, generator: Generator) -> Sequential:
    return Sequential(*(_build_node(node, generator=generator) for node in document["nodes"]))


def _build_node(node: Mapping[str, Any], *, generator: Generator) -> Layer:
    if "graph" in node:
        chain = _build(node["graph"], generator=generator)
        return Residual(*chain.layers) if node["type"] == Residual.spec.type else chain
    if "branches" in node:
        return _BRANCHES[node["type"]](*(_build(branch, generator=generator) for branch in node["branches"]))
    return make_layer(node["type"], node["parameters"], generator=generator)


def make_layer(name: str, settings: Settings, *, generator: Generator) -> Layer:
    """One layer of a known type.

    Raises:
        LayerInvalid: unknown type, or settings that its spec refuses.
    """
    kind = LAYERS.get(name)
    if kind is None:
        raise LayerInvalid(f"no layer of the type {name[:60]!r}; there are {', '.join(LAYERS)}")
    resolved = kind.spec.resolve(settings)
    if kind.spec.is_drawn:
        return kind(**resolved, generator=generator)  # type: ignore[call-arg]
    return kind(**resolved)


def _check_graph(document: object, *, budget: _Budget, shape: Shape | None, where: str, depth: int) -> Shape | None:
    if depth > MAX_DEPTH:
        raise GraphInvalid(f"blocks are nested more than {MAX_DEPTH} deep", where=where)
    graph = _expect_object(document, keys=_GRAPH_KEYS, where=where)
    if graph["format"] != GRAPH_FORMAT:
        raise GraphInvalid(f"the format must be {GRAPH_FORMAT!r}", where=f"{where}/format")
    nodes = graph["nodes"]
    if not isinstance(nodes, list) or not nodes:
        raise GraphInvalid("there must be a list of at least one layer", where=f"{where}/nodes")
    for i, node in enumerate(nodes):
        shape = _check_node(node, budget=budget, shape=shape, where=f"{where}/nodes/{i}", depth=depth)
    ids = [node["id"] for node in nodes]
    if len(set(ids)) != len(ids):
        raise GraphInvalid("two layers have the same id", where=f"{where}/nodes")
    if graph["edges"] != [[a, b] for a, b in pairwise(ids)]:
        raise GraphInvalid("edges must lead from each layer to the next one", where=f"{where}/edges")
    return shape


def _check_node(given: object, *, budget: _Budget, shape: Shape | None, where: str, depth: int) -> Shape | None:
    name = given.get("type") if isinstance(given, Mapping) else None
    name = name if isinstance(name, str) else ""
    keys = _BLOCK_KEYS if name in _BLOCKS else _BRANCH_KEYS if name in _BRANCHES else _LAYER_KEYS
    node = _expect_object(given, keys=keys, where=where)
    if not isinstance(node["id"], str) or not 1 <= len(node["id"]) <= 64:
        raise GraphInvalid("an id is a text of 1 to 64 characters", where=f"{where}/id")
    if keys is _LAYER_KEYS:
        return _check_layer(node, budget=budget, shape=shape, where=where)
    _expect_version(node, known=(_BLOCKS.get(name) or _BRANCHES[name]).spec.version, where=where)
    budget.spend(parameters=0, where=where)
    try:
        if keys is _BRANCH_KEYS:
            return _check_branches(node, budget=budget, shape=shape, where=where, depth=depth)
        inner = _check_graph(node["graph"], budget=budget, shape=shape, where=f"{where}/graph", depth=depth + 1)
        if name == Residual.spec.type and shape is not None and inner is not None:
            return residual_shape(shape, inner)
    except LayerInvalid as error:
        raise GraphInvalid(str(error), where=where) from error
    return inner


def _check_branches(
    node: Mapping[str, Any], *, budget: _Budget, shape: Shape | None, where: str, depth: int
) -> Shape | None:
    branches, place = node["branches"], f"{where}/branches"
    if not isinstance(branches, list) or not 2 <= len(branches) <= MAX_BRANCHES:
        raise GraphInvalid(f"there must be a list of 2 to {MAX_BRANCHES} documents", where=place)
    answers = [
        _check_graph(branch, budget=budget, shape=shape, where=f"{place}/{i}", depth=depth + 1)
        for i, branch in enumerate(branches)
    ]
    known = [answer for answer in answers if answer is not None]
    return _BRANCHES[node["type"]].join_shapes(known) if known else None


def _check_layer(node: Mapping[str, Any], *, budget: _Budget, shape: Shape | None, where: str) -> Shape | None:
    kind = LAYERS.get(node["type"]) if isinstance(node["type"], str) else None
    if kind is None:
        raise GraphInvalid(f"unknown layer; this version has {', '.join(LAYERS)}", where=f"{where}/type")
    _expect_version(node, known=kind.spec.version, where=where)
    if not isinstance(node["parameters"], Mapping):
        raise GraphInvalid("parameters must be an object", where=f"{where}/parameters")
    try:
        settings = kind.spec.resolve(node["parameters"])
        budget.spend(parameters=kind.spec.parameters_of(settings), where=where)
        answer = None if shape is None else kind.spec.shape_of(settings, shape)
    except LayerInvalid as error:
        raise GraphInvalid(str(error), where=f"{where}/parameters") from error
    if answer is not None and (numbers := math.prod(abs(length) for length in answer)) > MAX_ANSWER:
        raise GraphInvalid(f"one sample becomes {numbers:,} numbers, more than {MAX_ANSWER:,}", where=where)
    return answer


def _expect_object(value: object, *, keys: frozenset[str], where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or value.keys() != keys:
        raise GraphInvalid(f"must be an object with exactly {', '.join(sorted(keys))}", where=where)
    return value


def _expect_version(node: Mapping[str, Any], *, known: int, where: str) -> None:
    version = node["version"]
    if version != known or isinstance(version, bool):
        raise GraphInvalid(f"{node['type']} of this version is {known}", where=f"{where}/version")
