"""The full form of a document, read: blocks are put in the place of their uses, edges become numbers.

A `Network` is the document as it stands. Its `Wiring` is what runs: leaves only, in one order of execution, each of
them reading values by their number; the inputs come first, then the answer of every leaf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers.graph_document import (
    BODY_KEYS,
    GRAPH_FORMAT,
    MAX_DEPTH,
    MAX_NODES,
    NETWORK_KEYS,
    NETWORK_OPTIONS,
    expect_format,
    expect_name,
    expect_names,
    expect_node,
    expect_nodes,
    expect_object,
    expect_shape,
    is_chain,
    spec_of,
)
from azuraforge_learner.layers.graph_edges import End, Places, order_nodes, read_edges
from azuraforge_learner.layers.spec import Ports, Shape

_NONE: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True)
class Node:
    """A node as it is written; `place` is the pointer to it."""

    content: Mapping[str, Any]
    place: str
    ports: Ports


@dataclass(frozen=True)
class Body:
    """Nodes and edges of the document itself or of a block; nodes are in the order of execution."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: Mapping[str, Node]
    reads: Mapping[str, tuple[End, ...]]
    """By node and by output: where the value at each of its ports comes from."""


@dataclass(frozen=True)
class Network:
    """A document of the full form."""

    body: Body
    blocks: Mapping[str, Body]
    shapes: Mapping[str, Shape]


@dataclass(frozen=True)
class Leaf:
    """A layer or a join of the expanded network; parameters of the layer are below `path`."""

    path: str
    node: Node
    reads: tuple[int, ...]


@dataclass(frozen=True)
class Wiring:
    """The expanded network; `answers` are the numbers of the values that come out."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    answers: tuple[int, ...]


def read_network(document: object, *, where: str = "") -> Network:
    """Read a document and refuse what does not hold together; settings and shapes are not looked at.

    Raises:
        GraphInvalid: names what is wrong and where.
    """
    written = expect_object(document, keys=NETWORK_KEYS, options=NETWORK_OPTIONS, where=where)
    expect_format(written, where=where)
    blocks = _read_blocks(written.get("blocks", _NONE), where=f"{where}/blocks")
    ports = _read_ports(blocks, where=f"{where}/blocks")
    body = _read_body(written, ports=ports, where=where)
    bodies = {name: _read_body(block, ports=ports, where=f"{where}/blocks/{name}") for name, block in blocks.items()}
    _Uses(bodies, where=where).check(body)
    return Network(body, bodies, _read_shapes(written.get("shapes", _NONE), body.inputs, where=f"{where}/shapes"))


def widen(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A checked chain as a document of the full form, from `x` to `y`; its nodes are called by their place."""
    if not is_chain(document):
        return document
    nodes = [{**node, "id": str(i)} for i, node in enumerate(document["nodes"])]
    names = ["x", *(node["id"] for node in nodes), "y"]
    edges = [[names[i], names[i + 1]] for i in range(len(names) - 1)]
    return {"format": GRAPH_FORMAT, "inputs": ["x"], "outputs": ["y"], "nodes": nodes, "edges": edges}


def expand(network: Network) -> Wiring:
    """Put blocks in the place of their uses, as often as they are repeated; a repetition reads the one before it."""
    expansion = _Expansion(network.blocks, len(network.body.inputs))
    answers = expansion.add(network.body, tuple(range(len(network.body.inputs))), path="")
    return Wiring(network.body.inputs, network.body.outputs, tuple(expansion.leaves), answers)


class _Expansion:
    def __init__(self, blocks: Mapping[str, Body], inputs: int) -> None:
        self._blocks = blocks
        self._inputs = inputs
        self.leaves: list[Leaf] = []

    def add(self, body: Body, given: Sequence[int], *, path: str) -> tuple[int, ...]:
        known: dict[End, int] = {(name, 0): value for name, value in zip(body.inputs, given, strict=True)}
        for name, node in body.nodes.items():
            reads = tuple(known[end] for end in body.reads[name])
            known |= {(name, i): value for i, value in enumerate(self._node(node, reads, path=f"{path}{name}"))}
        return tuple(known[body.reads[name][0]] for name in body.outputs)

    def _node(self, node: Node, reads: tuple[int, ...], *, path: str) -> tuple[int, ...]:
        if "block" not in node.content:
            self.leaves.append(Leaf(path, node, reads))
            return (self._inputs + len(self.leaves) - 1,)
        for i in range(node.content.get("repeat", 1)):
            reads = self.add(self._blocks[node.content["block"]], reads, path=f"{path}.{i}.")
        return reads


class _Uses:
    """Which block uses which: none itself, none in vain, and not more layers together than a document may have."""

    def __init__(self, bodies: Mapping[str, Body], *, where: str) -> None:
        self._bodies = bodies
        self._where = where
        self._sizes: dict[str, tuple[int, int]] = {}

    def check(self, body: Body) -> None:
        self._size(body, trail=(), where=f"{self._where}/nodes")
        if unused := sorted(self._bodies.keys() - self._sizes.keys()):
            raise GraphInvalid("no node uses this block", where=f"{self._where}/blocks/{unused[0]}")

    def _size(self, body: Body, *, trail: tuple[str, ...], where: str) -> tuple[int, int]:
        """How many leaves a body becomes, and how deep blocks lie within it."""
        leaves = depth = 0
        for node in body.nodes.values():
            inner, below = (1, 0) if "block" not in node.content else self._block(node, trail=trail)
            leaves, depth = leaves + inner, max(depth, below)
        if leaves > MAX_NODES:
            raise GraphInvalid(f"more than {MAX_NODES} layers, repetitions counted: {leaves:,}", where=where)
        return leaves, depth

    def _block(self, node: Node, *, trail: tuple[str, ...]) -> tuple[int, int]:
        name, repeat = node.content["block"], node.content.get("repeat", 1)
        if name in trail:
            raise GraphInvalid(f"blocks use each other in a circle: {' → '.join([*trail, name])}", where=node.place)
        if name not in self._sizes and len(trail) < MAX_DEPTH:
            where = f"{self._where}/blocks/{name}/nodes"
            self._sizes[name] = self._size(self._bodies[name], trail=(*trail, name), where=where)
        leaves, depth = self._sizes.get(name, (0, MAX_DEPTH))
        if len(trail) + depth + 1 > MAX_DEPTH:
            raise GraphInvalid(f"blocks are nested more than {MAX_DEPTH} deep", where=node.place)
        if repeat > 1 and len(node.ports.inputs) != len(node.ports.outputs):
            raise GraphInvalid("a block is repeated that has not as many outputs as inputs", where=node.place)
        return leaves * repeat, depth + 1


def _read_blocks(given: object, *, where: str) -> dict[str, Mapping[str, Any]]:
    if not isinstance(given, Mapping) or len(given) > MAX_NODES:
        raise GraphInvalid(f"blocks must be an object of at most {MAX_NODES} bodies by name", where=where)
    names = [expect_name(name, what="a block's name", where=where) for name in given]
    return {name: expect_object(given[name], keys=BODY_KEYS, where=f"{where}/{name}") for name in names}


def _read_ports(blocks: Mapping[str, Mapping[str, Any]], *, where: str) -> dict[str, Ports]:
    return {name: Ports(*_read_ends(block, where=f"{where}/{name}")) for name, block in blocks.items()}


def _read_ends(body: Mapping[str, Any], *, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    inputs = expect_names(body["inputs"], what="an input's name", where=f"{where}/inputs")
    return inputs, expect_names(body["outputs"], what="an output's name", where=f"{where}/outputs")


def _read_body(body: Mapping[str, Any], *, ports: Mapping[str, Ports], where: str) -> Body:
    inputs, outputs = _read_ends(body, where=where)
    nodes: dict[str, Node] = {}
    for i, given in enumerate(expect_nodes(body["nodes"], where=f"{where}/nodes")):
        place = f"{where}/nodes/{i}"
        content = expect_node(given, where=place, is_wired=True)
        if content["id"] in nodes:
            raise GraphInvalid("two layers have the same id", where=f"{where}/nodes")
        nodes[content["id"]] = Node(content, place, _ports_of(content, ports, where=place))
    names = [*inputs, *outputs, *nodes]
    if twice := [name for name in names if names.count(name) > 1]:
        raise GraphInvalid(f"{twice[0]!r} is the name of more than one input, output or node", where=where)
    places = Places(inputs, outputs, {name: node.ports for name, node in nodes.items()})
    reads = read_edges(body["edges"], places, where=f"{where}/edges")
    order = order_nodes(tuple(nodes), reads, where=f"{where}/edges")
    return Body(inputs, outputs, {name: nodes[name] for name in order}, reads)


def _ports_of(node: Mapping[str, Any], blocks: Mapping[str, Ports], *, where: str) -> Ports:
    if "block" not in node:
        spec = spec_of(node)
        return Ports() if spec is None else spec.ports
    if node["block"] not in blocks:
        known = ", ".join(blocks) or "none"
        raise GraphInvalid(f"there is no block {node['block']!r}; there are {known[:200]}", where=f"{where}/block")
    return blocks[node["block"]]


def _read_shapes(given: object, inputs: tuple[str, ...], *, where: str) -> dict[str, Shape]:
    if not isinstance(given, Mapping) or not given.keys() <= set(inputs):
        raise GraphInvalid("shapes must be an object of one sample's shape by the name of an input", where=where)
    return {name: expect_shape(given[name], where=f"{where}/{name}") for name in inputs if name in given}
