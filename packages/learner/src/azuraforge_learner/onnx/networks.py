"""A program as a network of free edges, where its paths do not part and meet like brackets.

Node after node is read in the order of the file, each from values that are known already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azuraforge_core import Array
from azuraforge_learner.errors import LayerInvalid, OnnxUnsupported
from azuraforge_learner.layers import GRAPH_FORMAT, LAYERS, Add, Concat
from azuraforge_learner.layers.graph_document import JOINS, MAX_NODES
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.composites import read_composite
from azuraforge_learner.onnx.flow import Flow
from azuraforge_learner.onnx.program import Node
from azuraforge_learner.onnx.reading import Found, Page, Reader, Seen, Step

JOIN_OPERATORS = frozenset({"Add", "Concat", "Sum"})


@dataclass(frozen=True)
class Part:
    """A layer or a join, and the numbers of the values that it reads: 0 is the input, then the answer of each part."""

    found: Found
    reads: tuple[int, ...]

    @property
    def is_join(self) -> bool:
        """Whether it joins what it reads."""
        return self.found.type in JOINS


def read_parts(flow: Flow, x: Seen, *, readers: Mapping[str, Reader]) -> tuple[tuple[Part, ...], Seen]:
    """Every node from the input `x` on.

    Raises:
        OnnxUnsupported: names the node that is none of our layers.
    """
    walk = _Walk(flow, readers, {x.name: (0, x)})
    for node in flow.nodes:
        if len(walk.parts) > MAX_NODES:
            raise OnnxUnsupported(f"more than {MAX_NODES} layers")
        if node.outputs[0] not in walk.covered:
            walk.read(node)
    number, after = walk.values.get(flow.output, (0, x))
    if number != len(walk.parts) or not walk.parts:
        raise OnnxUnsupported("its output is not what its last layer answers")
    return tuple(walk.parts), after


def document_of(parts: Sequence[Part]) -> dict[str, Any]:
    """The parts as a document; each is called by its type and its place."""
    names = ["x", *(_name(part, i) for i, part in enumerate(parts))]
    nodes, edges = [], []
    for name, part in zip(names[1:], parts, strict=True):
        spec = (JOINS[part.found.type] if part.is_join else LAYERS[part.found.type]).spec
        settings = dict(part.found.settings)
        nodes.append({"id": name, "type": spec.type, "version": spec.version, "parameters": settings})
        ports = [f"{name}.{i}" for i in range(len(part.reads))] if part.is_join else [name]
        edges += [[names[number], port] for number, port in zip(part.reads, ports, strict=True)]
    edges.append([names[-1], "y"])
    return {"format": GRAPH_FORMAT, "inputs": ["x"], "outputs": ["y"], "nodes": nodes, "edges": edges}


def arrays_of(parts: Sequence[Part]) -> dict[str, Array]:
    """Parameters and buffers of the document's model."""
    return {
        f"{_name(part, i)}.{name}": array for i, part in enumerate(parts) for name, array in part.found.arrays.items()
    }


def join_shape(page: Page, values: Sequence[Seen]) -> Shape:
    """What the values that meet in a node become.

    Raises:
        OnnxUnsupported: they meet in a way in which ours do not.
    """
    order, is_concat = values[0].order, page.node.op == "Concat"
    if any(value.order != order or value.spread is not None for value in values):
        page.refuse("its paths end in different orders of axes")
    if is_concat and page.attribute("axis", 0) not in {order.index(len(order) - 1) - back for back in (0, len(order))}:
        page.refuse("ours lays answers side by side on the axis of features")
    try:
        return (Concat if is_concat else Add).join_shapes([value.shape for value in values])
    except LayerInvalid as error:
        page.refuse(str(error))


@dataclass
class _Walk:
    flow: Flow
    readers: Mapping[str, Reader]
    values: dict[str, tuple[int, Seen]]
    parts: list[Part] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)

    def read(self, node: Node) -> None:
        given = [self.values.get(name) for name in node.inputs if name and name not in self.flow.weights]
        known = [value for value in given if value is not None]
        if not known or len(known) < len(given):
            raise OnnxUnsupported(f"{node}: it reads what no layer of ours answers")
        number, x = known[0]
        page = Page(self.flow, node, x)
        if node.op in JOIN_OPERATORS and len(known) == len(node.inputs) > 1:
            self._join(page, known)
            return
        step = read_composite(page)
        if step is None and len(known) == 1 and (reader := self.readers.get(node.op)) is not None:
            step = reader(page)
        if step is None:
            raise OnnxUnsupported(f"{node}: it is none of ours")
        self._follow(step, number, page)

    def _follow(self, step: Step, number: int, page: Page) -> None:
        for found in step.layers:
            self.parts.append(Part(found, (number,)))
            number = len(self.parts)
        self.values[step.after.name] = (number, step.after)
        if step.after.name != page.node.outputs[0]:  # it was read together with nodes that come after it
            self.covered |= self.flow.list_upstream(step.after.name) - self.flow.list_upstream(page.x.name)

    def _join(self, page: Page, known: Sequence[tuple[int, Seen]]) -> None:
        values = [value for _, value in known]
        shape = join_shape(page, values)
        kind = "Concat" if page.node.op == "Concat" else "Add"
        self.parts.append(Part(Found(kind), tuple(number for number, _ in known)))
        after = Seen(page.node.outputs[0], shape, values[0].order)
        self.values[after.name] = (len(self.parts), after)


def _name(part: Part, place: int) -> str:
    return f"{part.found.type}_{place}"
