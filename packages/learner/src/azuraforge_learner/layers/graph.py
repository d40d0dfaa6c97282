"""A model as an `azf.graph/1` document, and whether a document is one. The format: docs/reference/graph.md.

The short form is a chain, each node feeds the next one; a node of the type `Sequential` or `Residual` holds another
chain under `graph`, one of the type `Add` or `Concat` a list of them under `branches`. The full form has inputs,
outputs, free edges and blocks. A document is data: each node is checked against its `LayerSpec` and against limits on
depth, nodes and parameters before the first array is made, and no value in it is ever evaluated or used as a name to
import.
"""

from __future__ import annotations

from typing import Any

from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers.blocks import Branches, Residual
from azuraforge_learner.layers.graph_canonical import chain_of, plain_settings
from azuraforge_learner.layers.graph_document import JOINS
from azuraforge_learner.layers.graph_layer import Graph
from azuraforge_learner.layers.graph_survey import survey_graph
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.sequential import Sequential
from azuraforge_learner.layers.spec import Shape


def to_graph(model: Layer) -> dict[str, Any]:
    """The model's architecture as a document; weights are not part of it.

    A layer that is neither `Sequential` nor `Graph` is written as a chain of one, so its parameters are `0.weight`.

    Raises:
        GraphInvalid: a layer is of no known type, or stands at two places (a document cannot share one).
    """
    seen: set[int] = set()
    if type(model) is Graph:
        return _network(model, seen=seen, where="")
    chain = model if type(model) is Sequential else Sequential(model)
    return _chain(chain, seen=seen, where="")


def check_graph(document: object, *, input_shape: Shape | None = None) -> Shape | None:
    """Refuse what `from_graph` could not build; with one sample's `input_shape` also layers that do not fit.

    Returns the shape of the answer if that of the input is known and there is one answer; else see `survey_graph`.

    Raises:
        GraphInvalid: names what is wrong and where.
    """
    outputs = list(survey_graph(document, input_shape=input_shape).outputs.values())
    return outputs[0] if len(outputs) == 1 else None


def _network(model: Graph, *, seen: set[int], where: str) -> dict[str, Any]:
    for path, layer in model.walk():
        _see(layer, seen=seen, where=f"{where}/{path}")
    return model.document


def _chain(model: Sequential, *, seen: set[int], where: str) -> dict[str, Any]:
    return chain_of([_node(layer, seen=seen, where=f"{where}/nodes/{i}") for i, layer in enumerate(model.layers)])


def _node(layer: Layer, *, seen: set[int], where: str) -> dict[str, Any]:
    if type(layer) is not Graph:
        _see(layer, seen=seen, where=where)
    return {"type": layer.spec.type, "version": layer.spec.version} | _content(layer, seen=seen, where=where)


def _content(layer: Layer, *, seen: set[int], where: str) -> dict[str, Any]:
    name = layer.spec.type
    if type(layer) is Graph:
        return {"graph": _network(layer, seen=seen, where=where)}
    if type(layer) is Sequential or type(layer) is Residual:
        chain = layer.body if isinstance(layer, Residual) else layer
        return {"graph": _chain(chain, seen=seen, where=f"{where}/graph")}
    if isinstance(layer, Branches) and JOINS.get(name) is type(layer):
        places = [f"{where}/branches/{i}" for i in range(len(layer.branches))]
        branches = zip(layer.branches, places, strict=True)
        return {"branches": [_chain(branch, seen=seen, where=place) for branch, place in branches]}
    if LAYERS.get(name) is not type(layer):
        raise GraphInvalid(f"{type(layer).__name__} is not a layer that a document can name", where=where)
    return {"parameters": plain_settings(layer.settings())}


def _see(layer: Layer, *, seen: set[int], where: str) -> None:
    if id(layer) in seen:
        raise GraphInvalid("the same layer stands at two places; a document cannot share one", where=where)
    seen.add(id(layer))
