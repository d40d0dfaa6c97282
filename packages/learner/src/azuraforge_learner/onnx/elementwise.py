"""Layers that change number by number, and the two that do so along the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from azuraforge_learner.layers import LAYERS, Dropout, Layer, LogSoftmax, SiLU, Softmax, Softplus
from azuraforge_learner.onnx.orders import keeps_last
from azuraforge_learner.onnx.program import shortest
from azuraforge_learner.onnx.reading import Found, Page, Step
from azuraforge_learner.onnx.writer import Value, Writer

SINGLE_OPERATORS: Final[Mapping[str, type[Layer]]] = MappingProxyType(
    {
        kind.spec.onnx_op: kind
        for kind in LAYERS.values()
        if kind.spec.onnx_op is not None and kind.spec.onnx_attributes is not None
    }
)
"""Layers whose spec says all there is to say, by their operator."""


def write_single(out: Writer, layer: Layer, x: Value) -> Value:
    """The operator of the layer's spec with its settings as attributes."""
    names, settings = layer.spec.onnx_attributes or {}, layer.settings()
    attributes = {attribute: settings[setting] for setting, attribute in names.items()}
    return Value(out.apply(layer.spec.onnx_op or "", x.name, **attributes), x.shape, x.order)


def read_single(page: Page) -> Step:
    """The layer whose spec names this operator."""
    kind = SINGLE_OPERATORS[page.node.op]
    names = kind.spec.onnx_attributes or {}
    page.only_known(**dict.fromkeys(names.values()))
    settings = {
        setting: _plain(page.node.attributes[attribute])
        for setting, attribute in names.items()
        if attribute in page.node.attributes
    }
    return _same(page, Found(kind.spec.type, settings))


def write_silu(out: Writer, layer: SiLU, x: Value) -> Value:
    """`x * sigmoid(x)`; the operator Swish came in opset 24."""
    del layer
    return Value(out.apply("Mul", x.name, out.apply("Sigmoid", x.name)), x.shape, x.order)


def write_softplus(out: Writer, layer: Softplus, x: Value) -> Value:
    """Softplus, between a product and a quotient where `beta` is not 1."""
    if layer.beta == 1.0:
        return Value(out.apply("Softplus", x.name), x.shape, x.order)
    beta = out.number("beta", layer.beta)
    steep = out.apply("Softplus", out.apply("Mul", x.name, beta))
    return Value(out.apply("Div", steep, beta), x.shape, x.order)


def read_softplus(page: Page) -> Step:
    """Softplus of beta 1."""
    page.only_known()
    return _same(page, Found("Softplus"))


def write_softmax(out: Writer, layer: Softmax | LogSoftmax, x: Value) -> Value:
    """Softmax or LogSoftmax over the features."""
    x = x if keeps_last(x.order) else out.naturally(x)
    return Value(out.apply(type(layer).__name__, x.name, axis=-1), x.shape, x.order)


def read_softmax(page: Page) -> Step:
    """Softmax or LogSoftmax over the features, wherever the file stores them."""
    page.only_known(axis=None)
    axis = page.attribute("axis", -1)
    if not -page.x.rank <= axis < page.x.rank or page.x.order[axis] != page.x.rank - 1:
        page.refuse(f"ours runs over the features, not over axis {axis}")
    return _same(page, Found(page.node.op))


def write_dropout(out: Writer, layer: Dropout, x: Value) -> Value:
    """Dropout, which lets everything through outside training; it stays so that a file shows the whole model."""
    return Value(out.apply("Dropout", x.name, out.number("ratio", layer.p)), x.shape, x.order)


def read_dropout(page: Page) -> Step:
    """Dropout with its ratio; a mask that someone reads, or one that is on in use, is refused."""
    page.only_known(seed=None, ratio=None)
    training = page.find_weight(2)
    if page.flow.is_used(*page.node.outputs[1:]) or (page.has(2) and (training is None or training.any())):
        page.refuse("it drops in use")
    ratio = page.number(1, "ratio") if page.has(1) else page.attribute("ratio", 0.5)
    return _same(page, Found("Dropout", {"p": shortest(ratio)}))


def read_identity(page: Page) -> Step:
    """Identity: no layer at all."""
    return _same(page)


def _same(page: Page, *layers: Found) -> Step:
    return page.answer(*layers, shape=page.x.shape, spread=page.x.spread)


def _plain(value: Any) -> Any:
    return shortest(value) if isinstance(value, float) else value
