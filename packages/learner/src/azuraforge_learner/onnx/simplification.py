"""A graph freed of what other exporters write around layers: constants, computed shapes, zero states, dead ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.onnx.program import Node

_CONSTANT_FIELDS: Final[Mapping[str, type]] = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}
_STATES: Final[Mapping[str, tuple[int, ...]]] = {"LSTM": (5, 6), "GRU": (5,)}
"""Inputs that hold a first state."""
_ZERO_STAYS: Final = frozenset({"Expand", "Tile", "Slice", "Unsqueeze", "Identity"})
"""Operators that make zeros of a zero, whatever else they read."""


def simplify(nodes: Sequence[Node], weights: dict[str, Array], *, output: str) -> list[Node]:
    """The nodes that reach the output, in the order in which they run; constants are moved into `weights`."""
    nodes = _without_zero_states(_without_constants(nodes, weights), weights)
    nodes = _without_stacked_states(_without_asked_shapes(nodes, weights), weights)
    return _with_own_transposes(_alive(nodes, output), output)


def _without_constants(nodes: Sequence[Node], weights: dict[str, Array]) -> list[Node]:
    left = []
    for node in nodes:
        array = _constant(node, weights)
        if array is None:
            left.append(node)
        else:
            weights[node.outputs[0]] = array
    return left


def _constant(node: Node, weights: Mapping[str, Array]) -> Array | None:
    if node.op == "Identity":
        return weights.get(node.inputs[0])
    if node.op != "Constant" or len(node.attributes) != 1:
        return None
    ((name, value),) = node.attributes.items()
    if isinstance(value, np.ndarray) and name == "value":
        return value
    kind = _CONSTANT_FIELDS.get(name)
    return None if kind is None else np.array(value, dtype=kind)


def _without_zero_states(nodes: Sequence[Node], weights: Mapping[str, Array]) -> list[Node]:
    """PyTorch writes a zero state as some nodes that make zeros of the batch's length; ONNX means it without them."""
    zero = {name for name, array in weights.items() if not array.any()}
    left = []
    for node in nodes:
        if node.op == "ConstantOfShape":
            value = node.attributes.get("value")
            if not isinstance(value, np.ndarray) or not value.any():
                zero.add(node.outputs[0])
        elif node.op in _ZERO_STAYS and node.inputs[0] in zero:
            zero.add(node.outputs[0])
        states = _STATES.get(node.op, ())
        inputs = tuple("" if i in states and name in zero else name for i, name in enumerate(node.inputs))
        left.append(replace(node, inputs=inputs))
    return left


def _alive(nodes: Sequence[Node], output: str) -> list[Node]:
    needed, kept = {output}, []
    for node in reversed(nodes):
        if needed.intersection(node.outputs):
            needed.update(name for name in node.inputs if name)
            kept.append(node)
    return kept[::-1]


def _with_own_transposes(nodes: Sequence[Node], output: str) -> list[Node]:
    """A Transpose for each of its readers: it is no layer, so paths do not part behind it but before it."""
    counts = Counter(name for node in nodes for name in dict.fromkeys(node.inputs))
    shared = {node.outputs[0]: node for node in nodes if node.op == "Transpose" and counts[node.outputs[0]] > 1}
    shared.pop(output, None)
    kept: list[Node] = []
    for node in nodes:
        if node.outputs[0] in shared:
            continue
        own = {name: f"{name}#{len(kept)}" for name in node.inputs if name in shared}
        kept += [replace(shared[name], outputs=(fresh,)) for name, fresh in own.items()]
        kept.append(replace(node, inputs=tuple(own.get(name, name) for name in node.inputs)))
    return kept


def _without_asked_shapes(nodes: Sequence[Node], weights: dict[str, Array]) -> list[Node]:
    """`x.view(x.size(0), -1)`: lengths that Reshape asks of its own input become 0, which means the same."""
    makers = {name: node for node in nodes for name in node.outputs}
    left = []
    for node in nodes:
        shape = makers.get(node.inputs[1]) if node.op == "Reshape" and len(node.inputs) == 2 else None
        if shape is not None and shape.op == "Concat":
            lengths = [_length(name, i, node.inputs[0], makers, weights) for i, name in enumerate(shape.inputs)]
            if None not in lengths:
                name = f"{node.outputs[0]}#shape"
                weights[name] = np.array(lengths, dtype=np.int64)
                node = replace(node, inputs=(node.inputs[0], name))  # noqa: PLW2901 - the same node, told simpler
        left.append(node)
    return left


def _length(name: str, place: int, data: str, makers: Mapping[str, Node], weights: Mapping[str, Array]) -> int | None:
    stored = weights.get(name)
    if stored is not None:
        return int(stored.item()) if stored.size == 1 else None
    for op in ("Unsqueeze", "Gather"):
        node = makers.get(name)
        if node is None or node.op != op:
            return None
        index = weights.get(node.inputs[1]) if op == "Gather" else None
        if op == "Gather" and (index is None or index.size != 1 or index.item() != place):
            return None
        name = node.inputs[0]
    shape = makers.get(name)
    return 0 if shape is not None and shape.op == "Shape" and shape.inputs[0] == data else None


def _without_stacked_states(nodes: Sequence[Node], weights: Mapping[str, Array]) -> list[Node]:
    """`h_n[-1]`: the last of the last states of several layers is the last layer's."""
    makers = {name: node for node in nodes for name in node.outputs}
    left = []
    for node in nodes:
        stack = makers.get(node.inputs[0]) if node.op == "Gather" else None
        index = weights.get(node.inputs[1]) if stack is not None else None
        if stack is not None and stack.op == "Concat" and index is not None and index.size == 1 and index.item() == -1:
            states = [makers.get(name) for name in stack.inputs]
            is_stack = all(
                state is not None and _makes_last(state, name) for state, name in zip(states, stack.inputs, strict=True)
            )
            if is_stack and node.attributes.get("axis", 0) == 0 == stack.attributes.get("axis"):
                node = replace(node, inputs=(stack.inputs[-1], node.inputs[1]))  # noqa: PLW2901 - as above
        left.append(node)
    return left


def _makes_last(node: Node, name: str) -> bool:
    return node.op in _STATES and node.outputs[1:2] == (name,) and "direction" not in node.attributes
