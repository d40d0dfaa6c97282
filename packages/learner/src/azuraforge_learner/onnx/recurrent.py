"""LSTM, GRU and Bidirectional: ONNX reads time first, keeps gates in another order and each bias twice.

| | ours | ONNX |
|---|---|---|
| LSTM | input, forget, output, candidate | input, output, forget, candidate |
| GRU | reset, update, candidate | update, reset, candidate |
| weights | (features, gates) | (directions, gates, features) |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.errors import OnnxUnsupported
from azuraforge_learner.layers import GRU, LSTM, Bidirectional
from azuraforge_learner.layers.sequence import Recurrent
from azuraforge_learner.onnx.elementwise import write_dropout
from azuraforge_learner.onnx.orders import natural, time_major
from azuraforge_learner.onnx.program import Attribute, Node
from azuraforge_learner.onnx.reading import Found, Page, Seen, Step
from azuraforge_learner.onnx.writer import Value, Writer

GATES: Final = {"LSTM": (0, 2, 1, 3), "GRU": (1, 0, 2)}
"""Place of each of ONNX's gates among ours; the same leads back, for both only swap two."""
_DIRECTIONS: Final = {"forward": 1, "bidirectional": 2}


def reorder_gates(kind: str, array: Array) -> Array:
    """The last axis with its gates in the other order."""
    parts = np.split(array, len(GATES[kind]), axis=-1)
    return np.concatenate([parts[place] for place in GATES[kind]], axis=-1)


def write_recurrent(out: Writer, layer: LSTM | GRU | Bidirectional, x: Value) -> Value:
    """One LSTM or GRU node for each layer of the stack; a node of two directions for `Bidirectional`."""
    for level in layer.levels():
        is_sequence = level.above is not None or layer.return_sequences
        x = _write(out, level, x, is_sequence=is_sequence)
        if level.between is not None and level.between.p > 0:
            x = write_dropout(out.inside("between"), level.between, x)
        out = out.inside("above")
    return x


def read_recurrent(page: Page) -> Step:
    """An LSTM or GRU node from a zero state, and what takes its axis of directions away."""
    _check(page)
    directions = _DIRECTIONS.get(page.attribute("direction", "forward"))
    if directions is None:
        page.refuse("ours read forwards, or in both directions; direction = reverse alone has no layer")
    w, r, b = page.weight(1, "weight"), page.weight(2, "weight"), page.find_weight(3)
    gates = len(GATES[page.node.op])
    units = r.shape[-1] if r.ndim else 0
    if w.shape != (directions, gates * units, page.x.shape[-1]) or r.shape != (directions, gates * units, units):
        page.refuse(f"its weights {w.shape} and {r.shape} do not fit {page.x.shape} and each other")
    if b is None:
        b = np.zeros((directions, 2 * gates * units), dtype=w.dtype)
    if b.shape != (directions, 2 * gates * units):
        page.refuse(f"its bias is {b.shape}, needed is {(directions, 2 * gates * units)}")
    arrays = [_read_arrays(page.node.op, w[i], r[i], b[i]) for i in range(directions)]
    return _read_answer(page, arrays, units=units)


def write_read(
    out: Writer, layer: Recurrent, x: Value, *, lengths: str, states: Sequence[Sequence[str]]
) -> tuple[Value, list[tuple[str, ...]]]:
    """The same from a state, over sequences of their own lengths: the answer, and the state of every level at its end.

    `states` holds for every level the names of its parts, each `(directions, batch, units)`.
    """
    lasts = []
    for level, state in zip(layer.levels(), states, strict=True):
        is_sequence = level.above is not None or layer.return_sequences
        x, last = _write_node(out, level, x, is_sequence=is_sequence, more=(lengths, *state), parts=layer.state_parts)
        lasts.append(last)
        out = out.inside("above")
    return x, lasts


def _write(out: Writer, level: Recurrent, x: Value, *, is_sequence: bool) -> Value:
    return _write_node(out, level, x, is_sequence=is_sequence)[0]


def _write_node(
    out: Writer, level: Recurrent, x: Value, *, is_sequence: bool, more: Sequence[str] = (), parts: int = 0
) -> tuple[Value, tuple[str, ...]]:
    """One operator that also reads `more`, and `parts` of the state that it ends in."""
    cells = _cells(level)
    op = type(cells[0][1]).__name__
    steps = out.stored_as(x, time_major(3))
    weights = [_written(cell) for _, cell in cells]
    arrays = [("w_x",), ("w_h",), ("b",) if op == "LSTM" else ("b_x", "b_h")]
    stored = [
        out.parameter(
            *(f"{prefix}{part}" for prefix, _ in cells for part in own),
            array=np.stack([weight[i] for weight in weights]),
        )
        for i, own in enumerate(arrays)
    ]
    options: dict[str, Attribute] = {"hidden_size": level.units}
    if op == "GRU":
        options["linear_before_reset"] = 1
    if len(cells) == 2:
        options["direction"] = "bidirectional"
    skip = 0 if is_sequence else 1
    made = out.node(op, [steps.name, *stored, *more], attributes=options, skip=skip, outputs=max(1, 1 + parts - skip))
    y = _written_answer(out, made[0], x, level=level, is_sequence=is_sequence)
    return y, made[1 - skip :] if parts else ()


def _cells(level: Recurrent) -> list[tuple[str, LSTM | GRU]]:
    """What runs in each direction, with the start of its parameters' path."""
    if isinstance(level, Bidirectional):
        return [("ahead.", level.ahead), ("back.", level.back)]
    if isinstance(level, LSTM | GRU):
        return [("", level)]
    raise OnnxUnsupported(f"a recurrent layer {type(level).__name__} has no counterpart in ONNX here")


def _written(cell: LSTM | GRU) -> tuple[Array, Array, Array]:
    op = type(cell).__name__
    w, r = (reorder_gates(op, array.data).T for array in (cell.w_x, cell.w_h))
    if isinstance(cell, GRU):
        biases = [reorder_gates(op, cell.b_x.data), reorder_gates(op, cell.b_h.data)]
    else:
        biases = [reorder_gates(op, cell.b.data), np.zeros_like(cell.b.data)]  # ours has one bias for both
    return w, r, np.concatenate(biases)


def _written_answer(out: Writer, answer: str, x: Value, *, level: Recurrent, is_sequence: bool) -> Value:
    """Take the axis of directions away: states are (time, directions, n, units), the last (directions, n, units)."""
    width, both = level.directions * level.units, level.directions == 2
    shape, order = ((x.shape[0], width), time_major(3)) if is_sequence else ((width,), natural(2))
    if not both:
        name = out.apply("Squeeze", answer, out.integers("directions", 1 if is_sequence else 0))
        return Value(name, shape, order)
    turned = out.apply("Transpose", answer, perm=(0, 2, 1, 3) if is_sequence else (1, 0, 2))
    beside = out.integers("side by side", *(0,) * (len(order) - 1), width)
    return Value(out.apply("Reshape", turned, beside), shape, order)


def _check(page: Page) -> None:
    activations = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh")}[page.node.op]
    given = page.attribute("activations", activations)
    if tuple(given) not in {activations, activations * 2}:
        page.refuse(f"ours work with {', '.join(activations)}, not with {str(given)[:60]}")
    before = {"linear_before_reset": 1} if page.node.op == "GRU" else {"input_forget": 0}
    page.only_known(hidden_size=None, direction=None, activations=None, layout=0, **before)
    if page.node.op == "GRU" and page.attribute("linear_before_reset", 0) != 1:
        page.refuse("our GRU resets after the product: supported is linear_before_reset = 1")
    if page.x.rank != 3:
        page.refuse(f"it reads (time, n, features), not one sample of {page.x.shape}")
    page.need_order(time_major(3))
    for place, what in ((4, "lengths of sequences"), (5, "a first state"), (6, "a first cell"), (7, "peepholes")):
        if page.has(place):
            page.refuse(f"it has {what}; ours start from zero, read every step and have no peepholes")
    if page.flow.is_used(*page.node.outputs[2:]):
        page.refuse("someone reads its last cell, which ours keeps to itself")


def _read_arrays(op: str, w: Array, r: Array, b: Array) -> dict[str, Array]:
    first, second = (reorder_gates(op, part) for part in np.split(b, 2))
    arrays = {"w_x": reorder_gates(op, w.T), "w_h": reorder_gates(op, r.T)}
    if op == "GRU":
        return arrays | {"b_x": first, "b_h": second}
    return arrays | {"b": first + second if second.any() else first}


def _read_answer(page: Page, arrays: Sequence[dict[str, Array]], *, units: int) -> Step:
    sequence, last = (*page.node.outputs, "")[:2]
    if page.flow.is_used(sequence) and page.flow.is_used(last):
        page.refuse("all states and the last one are both read; one of our layers answers with one of them")
    is_sequence = page.flow.is_used(sequence)
    both = len(arrays) == 2
    width = len(arrays) * units
    name = (
        _read_side_by_side(page, sequence, width=width, is_sequence=True, both=both)
        if is_sequence
        else (_read_side_by_side(page, last, width=width, is_sequence=False, both=both))
    )
    found = _found(page.node.op, arrays, features=page.x.shape[-1], units=units, is_sequence=is_sequence)
    if is_sequence:
        return _read_last_step(page, found, Seen(name, (page.x.shape[0], width), time_major(3)))
    return Step((found,), Seen(name, (width,), natural(2)))


def _found(op: str, arrays: Sequence[dict[str, Array]], *, features: int, units: int, is_sequence: bool) -> Found:
    settings = {"features": features, "units": units, "return_sequences": is_sequence}
    if len(arrays) == 1:
        return Found(op, settings, arrays[0])
    named = {
        f"{side}.{name}": array
        for side, own in zip(("ahead", "back"), arrays, strict=True)
        for name, array in own.items()
    }
    return Found("Bidirectional", settings | {"cell": op}, named)


def _read_side_by_side(page: Page, name: str, *, width: int, is_sequence: bool, both: bool) -> str:
    """The name of the answer without its axis of directions."""
    node = page.flow.find_only_reader(name)
    if both and node is not None and node.op == "Transpose":
        turned = (0, 2, 1, 3) if is_sequence else (1, 0, 2)
        following = page.flow.find_only_reader(node.outputs[0])
        is_beside = following is not None and _lays_beside(page, following, rank=len(turned) - 1, width=width)
        if following is not None and is_beside and node.attributes.get("perm") == turned:
            return following.outputs[0]
    if not both and node is not None and _takes_away(page, node, axis=1 if is_sequence else 0):
        return node.outputs[0]
    return page.refuse(
        "its axis of directions must be squeezed away, or both be laid side by side by Transpose and Reshape"
    )


def _lays_beside(page: Page, node: Node, *, rank: int, width: int) -> bool:
    shape = page.flow.weights.get(node.inputs[1]) if node.op == "Reshape" else None
    wanted = [] if shape is None else shape.reshape(-1).tolist()
    return len(wanted) == rank and wanted[-1] in {width, -1} and wanted.count(-1) <= 1


def _takes_away(page: Page, node: Node, *, axis: int) -> bool:
    """Whether a node takes the one direction out of its axis: Squeeze, or Gather as `h_n[-1]` and `h_n[0]` are."""
    stored = page.flow.weights.get(node.inputs[1]) if len(node.inputs) > 1 else None
    if node.op == "Gather":
        is_one = stored is not None and stored.shape == () and stored.item() in {0, -1}
        return is_one and node.attributes.get("axis", 0) == axis
    axes = node.attributes.get("axes") if stored is None else tuple(stored.reshape(-1).tolist())
    return node.op == "Squeeze" and axes == (axis,)


def _read_last_step(page: Page, found: Found, after: Seen) -> Step:
    """PyTorch's habit `y[:, -1]`: the last of all states, which is what our layer answers without sequences.

    Only forwards: backwards, the last step has read one step alone.
    """
    node, order = page.flow.find_only_reader(after.name), after.order
    if node is not None and node.op == "Transpose" and node.attributes.get("perm") == (1, 0, 2):
        node, order = page.flow.find_only_reader(node.outputs[0]), natural(3)
    if node is None or node.op != "Gather" or found.type == "Bidirectional":
        return Step((found,), after)
    index = page.flow.weights.get(node.inputs[1])
    axis = node.attributes.get("axis", 0)
    if index is None or index.shape != () or index.item() != -1 or axis not in {order.index(1), order.index(1) - 3}:
        return Step((found,), after)
    last = replace(found, settings={**found.settings, "return_sequences": False})
    return Step((last,), Seen(node.outputs[0], after.shape[-1:], natural(2)))
