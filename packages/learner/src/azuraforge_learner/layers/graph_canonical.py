"""One way to write each document: nodes in the order of execution, edges by their readers, every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azuraforge_learner.layers.graph_document import GRAPH_FORMAT, is_chain, spec_of
from azuraforge_learner.layers.graph_edges import End
from azuraforge_learner.layers.graph_network import Body, read_network
from azuraforge_learner.layers.spec import Settings


def canonical_graph(document: Mapping[str, Any]) -> dict[str, Any]:
    """A checked document (see `survey_graph`) in the form that a model of it is written in; it means the same.

    Nodes of a chain are called by their place.
    """
    if is_chain(document):
        return chain_of([_node(node) for node in document["nodes"]])
    network = read_network(document)
    written = {"format": GRAPH_FORMAT, **_body(network.body)}
    if network.shapes:
        written["shapes"] = {name: list(shape) for name, shape in network.shapes.items()}
    if network.blocks:
        written["blocks"] = {name: _body(block) for name, block in network.blocks.items()}
    return written


def chain_of(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """A document of the short form around its nodes."""
    edges = [[str(i), str(i + 1)] for i in range(len(nodes) - 1)]
    return {
        "format": GRAPH_FORMAT,
        "nodes": [{"id": str(i), **{k: v for k, v in node.items() if k != "id"}} for i, node in enumerate(nodes)],
        "edges": edges,
    }


def plain_settings(settings: Settings) -> dict[str, Any]:
    """The settings as JSON holds them: a row is a list."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    if "block" in node:
        return {"id": node["id"], "block": node["block"], "repeat": node.get("repeat", 1)}
    head = {name: node[name] for name in ("id", "type", "version")}
    if "graph" in node:
        return head | {"graph": canonical_graph(node["graph"])}
    if "branches" in node:
        return head | {"branches": [canonical_graph(branch) for branch in node["branches"]]}
    spec = spec_of(node)
    return head | {"parameters": {} if spec is None else plain_settings(spec.resolve(node["parameters"]))}


def _body(body: Body) -> dict[str, Any]:
    edges = [
        [_begin(body, end), _end(body, name, place)]
        for name in (*body.nodes, *body.outputs)
        for place, end in enumerate(body.reads[name])
    ]
    nodes = [_node(node.content) for node in body.nodes.values()]
    return {"inputs": list(body.inputs), "outputs": list(body.outputs), "nodes": nodes, "edges": edges}


def _begin(body: Body, end: End) -> str:
    name, place = end
    ports = body.nodes[name].ports.outputs if name in body.nodes else ("",)
    return name if len(ports) == 1 else f"{name}.{ports[place]}"


def _end(body: Body, name: str, place: int) -> str:
    if name not in body.nodes:
        return name
    ports = body.nodes[name].ports
    if ports.is_row:
        return f"{name}.{place}"
    return name if len(ports.inputs) == 1 else f"{name}.{ports.inputs[place]}"
