"""Normalisations: batch and group ones of ONNX read channels first, layer ones features last."""

from __future__ import annotations

from typing import Final

import numpy as np

from azuraforge_learner.layers import BatchNorm, GroupNorm, LayerNorm, RMSNorm
from azuraforge_learner.onnx.orders import channels_first, keeps_last
from azuraforge_learner.onnx.program import shortest, single
from azuraforge_learner.onnx.reading import Found, Page, Step
from azuraforge_learner.onnx.writer import Value, Writer

_DTYPE_CODE: Final = {"float32": 1, "float64": 11}
"""How ONNX numbers its dtypes."""


def write_layer_norm(out: Writer, layer: LayerNorm, x: Value) -> Value:
    """LayerNormalization over the features."""
    x = x if keeps_last(x.order) else out.naturally(x)
    weight, bias = out.parameter("weight", array=layer.weight.data), out.parameter("bias", array=layer.bias.data)
    name = out.apply("LayerNormalization", x.name, weight, bias, axis=-1, epsilon=layer.epsilon)
    return Value(name, x.shape, x.order)


def write_rms_norm(out: Writer, layer: RMSNorm, x: Value) -> Value:
    """The mathematics of RMSNorm in five operators; RMSNormalization came in opset 23."""
    x = x if keeps_last(x.order) else out.naturally(x)
    weight = out.parameter("weight", array=layer.weight.data)
    square = out.apply("Mul", x.name, x.name)
    mean = out.apply("ReduceMean", square, out.integers("features", -1), keepdims=1)
    root = out.apply("Sqrt", out.apply("Add", mean, out.number("epsilon", layer.epsilon)))
    return Value(out.apply("Mul", out.apply("Div", x.name, root), weight), x.shape, x.order)


def write_group_norm(out: Writer, layer: GroupNorm, x: Value) -> Value:
    """GroupNormalization, in the precision of the model."""
    first = out.stored_as(x, channels_first(x.rank))
    weight, bias = out.parameter("weight", array=layer.weight.data), out.parameter("bias", array=layer.bias.data)
    name = out.apply(
        "GroupNormalization",
        first.name,
        weight,
        bias,
        epsilon=layer.epsilon,
        num_groups=layer.groups,
        stash_type=_DTYPE_CODE[out.dtype],
    )
    return Value(name, x.shape, first.order)


def write_batch_norm(out: Writer, layer: BatchNorm, x: Value) -> Value:
    """BatchNormalization in use, with the averages of training; its momentum is the old's share, ours the new's."""
    first = out.stored_as(x, channels_first(x.rank))
    arrays = {"weight": layer.weight.data, "bias": layer.bias.data}
    arrays |= {name: getattr(layer, name) for name in layer.buffer_names}
    stored = [out.parameter(name, array=array) for name, array in arrays.items()]
    options = {"epsilon": layer.epsilon, "momentum": 1.0 - layer.momentum}
    return Value(out.apply("BatchNormalization", first.name, *stored, **options), x.shape, first.order)


def read_layer_norm(page: Page) -> Step:
    """LayerNormalization over the last axis."""
    page.only_known(axis=None, epsilon=None, stash_type=1)
    if page.attribute("axis", -1) not in {-1, page.x.rank - 1} or page.flow.is_used(*page.node.outputs[1:]):
        page.refuse("ours normalises the last axis, and answers nothing else")
    page.need_last()
    weight = page.weight(1, "weight")
    if weight.shape != page.x.shape[-1:]:
        page.refuse(f"its weight is {weight.shape}, needed is {page.x.shape[-1:]}")
    bias = page.weight(2, "bias") if page.has(2) else np.zeros_like(weight)
    settings = {"features": weight.shape[0], "epsilon": _epsilon(page)}
    return page.answer(Found("LayerNorm", settings, {"weight": weight, "bias": bias}), shape=page.x.shape)


def read_rms_norm(page: Page) -> Step:
    """RMSNormalization of newer opsets over the last axis."""
    page.only_known(axis=None, epsilon=None, stash_type=1)
    if page.attribute("axis", -1) not in {-1, page.x.rank - 1}:
        page.refuse("ours normalises the last axis")
    page.need_last()
    weight = page.weight(1, "weight")
    settings = {"features": weight.shape[0], "epsilon": _epsilon(page)}
    return page.answer(Found("RMSNorm", settings, {"weight": weight}), shape=page.x.shape)


def read_group_norm(page: Page) -> Step:
    """GroupNormalization with a weight per channel, as opset 21 has it."""
    page.only_known(epsilon=None, num_groups=None, stash_type=None)
    page.need_order(channels_first(page.x.rank))
    weight, bias = page.weight(1, "weight"), page.weight(2, "bias")
    if weight.shape != page.x.shape[-1:]:
        page.refuse(f"its weight is {weight.shape}, needed is one number per channel: {page.x.shape[-1:]}")
    settings = {"groups": page.attribute("num_groups", 0), "channels": weight.shape[0], "epsilon": _epsilon(page)}
    return page.answer(Found("GroupNorm", settings, {"weight": weight, "bias": bias}), shape=page.x.shape)


def read_batch_norm(page: Page) -> Step:
    """BatchNormalization in use."""
    page.only_known(epsilon=None, momentum=None, training_mode=0, spatial=1)
    if page.flow.is_used(*page.node.outputs[1:]):
        page.refuse("its averages are read, which only training changes")
    page.need_order(channels_first(page.x.rank))
    names = ("weight", "bias", "running_mean", "running_variance")
    arrays = {name: page.weight(i + 1, name) for i, name in enumerate(names)}
    momentum = shortest(single(1.0 - shortest(page.attribute("momentum", 0.9))))
    settings = {
        "channels": page.x.shape[-1],
        "momentum": min(1.0, max(1e-4, momentum)),
        "epsilon": _epsilon(page),
    }
    return page.answer(Found("BatchNorm", settings, arrays), shape=page.x.shape)


def _epsilon(page: Page) -> float:
    return shortest(page.attribute("epsilon", 1e-5))
