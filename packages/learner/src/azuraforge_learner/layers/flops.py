"""What a whole model costs, read from its document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from azuraforge_learner.layers.blocks import Add, Residual
from azuraforge_learner.layers.graph import check_graph
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.spec import Shape


def count_flops(document: Mapping[str, Any], *, input_shape: Shape) -> int | None:
    """Multiplications and additions on the way forward for one sample; None while an axis of it is open.

    `LayerSpec` says what a layer counts. Nothing is built.

    Raises:
        GraphInvalid: the document is no model, or does not fit the shape.
    """
    check_graph(document, input_shape=input_shape)
    return None if -1 in input_shape else _chain(document, input_shape)[0]


def _chain(document: Mapping[str, Any], shape: Shape) -> tuple[int, Shape]:
    total = 0
    for node in document["nodes"]:
        count, shape = _node(node, shape)
        total += count
    return total, shape


def _node(node: Mapping[str, Any], shape: Shape) -> tuple[int, Shape]:
    if "graph" in node:
        total, answer = _chain(node["graph"], shape)
        is_added = node["type"] == Residual.spec.type
        return total + math.prod(answer) * is_added, answer
    if "branches" in node:
        return _branches(node, shape)
    spec = LAYERS[node["type"]].spec
    settings = spec.resolve(node["parameters"])
    return spec.flops_of(settings, shape), spec.shape_of(settings, shape)


def _branches(node: Mapping[str, Any], shape: Shape) -> tuple[int, Shape]:
    found = [_chain(branch, shape) for branch in node["branches"]]
    total, shapes = sum(count for count, _ in found), [answer for _, answer in found]
    if node["type"] == Add.spec.type:
        return total + math.prod(shapes[0]) * (len(shapes) - 1), shapes[0]
    return total, (*shapes[0][:-1], sum(answer[-1] for answer in shapes))
