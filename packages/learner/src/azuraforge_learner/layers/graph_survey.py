"""A document followed from its inputs to its outputs, nothing built: shapes, parameters, FLOPs, and every refusal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from azuraforge_learner.errors import GraphInvalid, LayerInvalid
from azuraforge_learner.layers.blocks import MAX_BRANCHES, Residual, residual_shape
from azuraforge_learner.layers.graph_document import (
    CHAIN_KEYS,
    GRAPH_TYPE,
    JOINS,
    MAX_ANSWER,
    MAX_DEPTH,
    MAX_NODES,
    MAX_PARAMETERS,
    expect_format,
    expect_node,
    expect_nodes,
    expect_object,
    is_chain,
    is_join,
)
from azuraforge_learner.layers.graph_network import Leaf, expand, read_network
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.spec import Shape


@dataclass(frozen=True)
class GraphSurvey:
    """What a document says about its model. Shapes are one sample's; None where the input's is not known.

    `shapes` holds what every layer and join answers, by its path and in the order of execution. `flops` is None while
    a shape or an axis is open; `LayerSpec` says what a layer counts.
    """

    outputs: Mapping[str, Shape | None]
    shapes: Mapping[str, Shape | None]
    parameters: int
    flops: int | None


def survey_graph(document: object, *, input_shape: Shape | Mapping[str, Shape] | None = None) -> GraphSurvey:
    """Follow a document; nothing is built and nothing in it is evaluated.

    `input_shape` is one sample's, of several inputs one by name; it stands for what the document's `shapes` say.

    Raises:
        GraphInvalid: the document is no model, or a layer does not fit the shape before it.
    """
    survey = _Survey()
    if is_chain(document):
        if isinstance(input_shape, Mapping):
            raise GraphInvalid("a chain has one input without a name: give its shape alone")
        outputs = {"y": survey.chain(document, None if input_shape is None else tuple(input_shape), _TOP)}
    else:
        outputs = survey.network(document, input_shape, _TOP)
    return GraphSurvey(outputs, survey.shapes, survey.parameters, survey.flops)


@dataclass(frozen=True)
class _At:
    """Where in the document the survey is: the pointer, the path of parameters, how deep, and who was before."""

    where: str
    path: str
    depth: int
    before: str = "the input"

    def document(self, key: str, path: str) -> _At:
        return _At(f"{self.where}/{key}", f"{self.path}{path}", self.depth + 1, self.before)


_TOP: Final = _At("", "", 1)


class _Survey:
    """The sums so far, against what a whole document may ask for."""

    def __init__(self) -> None:
        self.nodes = 0
        self.parameters = 0
        self.flops: int | None = 0
        self.shapes: dict[str, Shape | None] = {}

    def chain(self, document: object, shape: Shape | None, at: _At) -> Shape | None:
        """What the last layer answers."""
        _expect_depth(at)
        graph = expect_object(document, keys=CHAIN_KEYS, where=at.where)
        expect_format(graph, where=at.where)
        nodes, before = expect_nodes(graph["nodes"], where=f"{at.where}/nodes"), at.before
        for i, given in enumerate(nodes):
            place = f"{at.where}/nodes/{i}"
            node = expect_node(given, where=place, is_wired=False)
            shape = self._node(node, shape, _At(place, f"{at.path}{i}", at.depth, before))
            before = _named(node["id"], node)
        ids = [node["id"] for node in nodes]
        if len(set(ids)) != len(ids):
            raise GraphInvalid("two layers have the same id", where=f"{at.where}/nodes")
        if graph["edges"] != [[a, b] for a, b in pairwise(ids)]:
            raise GraphInvalid(
                "edges must lead from each layer to the next one; free edges need a document with inputs and outputs",
                where=f"{at.where}/edges",
            )
        return shape

    def network(self, document: object, given: Shape | Mapping[str, Shape] | None, at: _At) -> dict[str, Shape | None]:
        """What each output brings."""
        _expect_depth(at)
        network = read_network(document, where=at.where)
        shapes = {**network.shapes, **_given_shapes(given, network.body.inputs, where=at.where)}
        wiring = expand(network)
        values: list[Shape | None] = [shapes.get(name) for name in wiring.inputs]
        names = [f"the input {name!r}" for name in wiring.inputs]
        for leaf in wiring.leaves:
            place = _At(leaf.node.place, f"{at.path}{leaf.path}", at.depth, names[leaf.reads[0]])
            reads = [values[i] for i in leaf.reads]
            if is_join(leaf.node.content):
                values.append(self._join(leaf, reads, [names[i] for i in leaf.reads], place))
            else:
                values.append(self._node(leaf.node.content, reads[0], place))
            names.append(_named(leaf.path, leaf.node.content))
        return {name: values[i] for name, i in zip(wiring.outputs, wiring.answers, strict=True)}

    def _node(self, node: Mapping[str, Any], shape: Shape | None, at: _At) -> Shape | None:
        if "parameters" in node:
            return self._layer(node, shape, at)
        self._spend(at)
        if "branches" in node:
            answer = self._branches(node, shape, at)
        elif node["type"] == GRAPH_TYPE:
            answer = self._inner(node["graph"], shape, at.document("graph", "."))
        else:
            is_residual = node["type"] == Residual.spec.type
            answer = self.chain(node["graph"], shape, at.document("graph", ".body." if is_residual else "."))
            if is_residual and shape is not None and answer is not None:
                with _refused_at(at.where):
                    residual_shape(shape, answer)
                self._count(None if -1 in answer else math.prod(answer))
        return self._keep(answer, at)

    def _inner(self, document: object, shape: Shape | None, at: _At) -> Shape | None:
        if is_chain(document):
            raise GraphInvalid("a Graph holds a document with inputs and outputs", where=at.where)
        network = read_network(document, where=at.where)
        if len(network.body.inputs) != 1 or len(network.body.outputs) != 1:
            raise GraphInvalid("a Graph within a document has one input and one output; use a block", where=at.where)
        (answer,) = self.network(document, shape, at).values()
        return answer

    def _branches(self, node: Mapping[str, Any], shape: Shape | None, at: _At) -> Shape | None:
        branches = node["branches"]
        if not isinstance(branches, list) or not 2 <= len(branches) <= MAX_BRANCHES:
            raise GraphInvalid(f"there must be a list of 2 to {MAX_BRANCHES} documents", where=f"{at.where}/branches")
        places = [at.document(f"branches/{i}", f".{i}.") for i in range(len(branches))]
        answers = [self.chain(branch, shape, place) for branch, place in zip(branches, places, strict=True)]
        with _refused_at(at.where):
            return self._joined(node, answers)

    def _join(self, leaf: Leaf, shapes: Sequence[Shape | None], sources: Sequence[str], at: _At) -> Shape | None:
        self._spend(at)
        try:
            answer = self._joined(leaf.node.content, shapes)
        except LayerInvalid as error:
            reads = " and ".join(f"{shape} from {name}" for shape, name in zip(shapes, sources, strict=True))
            own = _named(leaf.path, leaf.node.content)
            raise GraphInvalid(f"{error}; {own} reads {reads}", where=at.where) from error
        return self._keep(answer, at)

    def _joined(self, node: Mapping[str, Any], shapes: Sequence[Shape | None]) -> Shape | None:
        known = [shape for shape in shapes if shape is not None]
        if len(known) < len(shapes):
            self._count(None)
            return None
        kind = JOINS[node["type"]]
        answer = kind.join_shapes(known)
        self._count(None if any(-1 in shape for shape in known) else kind.join_flops(known))
        return answer

    def _layer(self, node: Mapping[str, Any], shape: Shape | None, at: _At) -> Shape | None:
        spec, where = LAYERS[node["type"]].spec, f"{at.where}/parameters"
        with _refused_at(where):
            settings = spec.resolve(node["parameters"])
            parameters = spec.parameters_of(settings)
        self._spend(at, parameters=parameters)
        if shape is None:
            self._count(None)
            return self._keep(None, at)
        try:
            answer = spec.shape_of(settings, shape)
        except LayerInvalid as error:
            own = _named(at.path, node)
            raise GraphInvalid(f"{error}; {own} reads {shape} from {at.before}", where=where) from error
        self._count(spec.count_flops(settings, shape))
        return self._keep(answer, at)

    def _keep(self, answer: Shape | None, at: _At) -> Shape | None:
        if answer is not None and (numbers := math.prod(abs(length) for length in answer)) > MAX_ANSWER:
            raise GraphInvalid(f"one sample becomes {numbers:,} numbers, more than {MAX_ANSWER:,}", where=at.where)
        self.shapes[at.path] = answer
        return answer

    def _spend(self, at: _At, *, parameters: int = 0) -> None:
        self.nodes += 1
        self.parameters += parameters
        if self.nodes > MAX_NODES:
            raise GraphInvalid(f"more than {MAX_NODES} layers", where=at.where)
        if self.parameters > MAX_PARAMETERS:
            raise GraphInvalid(f"more than {MAX_PARAMETERS:,} parameters together", where=at.where)

    def _count(self, flops: int | None) -> None:
        self.flops = None if flops is None or self.flops is None else self.flops + flops


@contextmanager
def _refused_at(where: str) -> Iterator[None]:
    try:
        yield
    except LayerInvalid as error:
        raise GraphInvalid(str(error), where=where) from error


def _expect_depth(at: _At) -> None:
    if at.depth > MAX_DEPTH:
        raise GraphInvalid(f"blocks are nested more than {MAX_DEPTH} deep", where=at.where)


def _given_shapes(given: Shape | Mapping[str, Shape] | None, inputs: Sequence[str], *, where: str) -> dict[str, Shape]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        if unknown := sorted(given.keys() - set(inputs)):
            raise GraphInvalid(f"a shape is given for {unknown[0]!r}, which is no input of it", where=where)
        return {name: tuple(shape) for name, shape in given.items()}
    if len(inputs) != 1:
        raise GraphInvalid(f"it has several inputs: give a shape for each of {', '.join(inputs)}", where=where)
    return {inputs[0]: tuple(given)}


def _named(name: str, node: Mapping[str, Any]) -> str:
    return f"node {name!r} ({node['type']})"
