"""Convolutions and pools: ours are channels last with square windows, those of ONNX channels first."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import (
    LAYERS,
    AvgPool2D,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    GlobalAvgPool2D,
    MaxPool2D,
)
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.orders import channels_first, natural
from azuraforge_learner.onnx.reading import Found, Page, Seen, Step
from azuraforge_learner.onnx.writer import Value, Writer

_RANKS: Final = {3: "Conv1D", 4: "Conv2D"}


def write_convolution(out: Writer, layer: Conv1D | Conv2D, x: Value) -> Value:
    """Conv; weights (*kernel, channels / groups, outputs) become (outputs, channels / groups, *kernel)."""
    rank = layer.rank
    return _convolve(out, "Conv", layer, x=x, turn=(rank + 1, rank, *range(rank)))


def write_transposed(out: Writer, layer: ConvTranspose2D, x: Value) -> Value:
    """ConvTranspose; weights (*kernel, outputs / groups, channels) become (channels, outputs / groups, *kernel)."""
    more = (layer.output_padding,) * 2
    return _convolve(out, "ConvTranspose", layer, x=x, turn=(3, 2, 0, 1), output_padding=more)


def write_pool(out: Writer, layer: MaxPool2D | AvgPool2D, x: Value) -> Value:
    """MaxPool or AveragePool, which counts the zeros of the padding as ours does."""
    op = layer.spec.onnx_op or ""
    first = out.stored_as(x, channels_first(x.rank))
    window = {
        "kernel_shape": (layer.kernel,) * 2,
        "strides": (layer.stride or layer.kernel,) * 2,
        "pads": (layer.padding,) * 4,
    }
    counting = {} if isinstance(layer, MaxPool2D) else {"count_include_pad": 1}
    shape = layer.spec.shape_of(layer.settings(), x.shape)
    return Value(out.apply(op, first.name, **window, **counting), shape, first.order)


def write_global_pool(out: Writer, layer: GlobalAvgPool2D, x: Value) -> Value:
    """GlobalAveragePool, and Flatten of the axes of length 1 that it leaves."""
    del layer
    first = out.stored_as(x, channels_first(x.rank))
    pooled = out.apply("GlobalAveragePool", first.name)
    return Value(out.apply("Flatten", pooled, axis=1), x.shape[-1:], natural(2))


def read_convolution(page: Page) -> Step:
    """Conv over one or two axes."""
    weight = _weights(page)
    name = _RANKS[weight.ndim]
    settings = _window(page, weight) | {"channels": page.x.shape[-1], "outputs": weight.shape[0]}
    turned = np.moveaxis(weight, (0, 1), (-1, -2))
    return _layer(page, name, settings, arrays=_with_bias(page, settings, turned))


def read_transposed(page: Page) -> Step:
    """ConvTranspose over two axes."""
    weight = _weights(page)
    if weight.ndim != 4:
        page.refuse("ours works over two axes")
    settings = _window(page, weight)
    more = _one(page, "output_padding", page.attribute("output_padding", (0, 0)))
    channels, each = weight.shape[:2]
    settings |= {"channels": channels, "outputs": each * settings["groups"], "output_padding": more}
    return _layer(
        page, "ConvTranspose2D", settings, arrays=_with_bias(page, settings, np.moveaxis(weight, (0, 1), (-1, -2)))
    )


def read_pool(page: Page) -> Step:
    """MaxPool or AveragePool over two axes."""
    page.need_order(channels_first(page.x.rank))
    page.only_known(
        kernel_shape=None,
        strides=None,
        pads=None,
        dilations=(1, 1),
        ceil_mode=0,
        storage_order=0,
        count_include_pad=None,
        auto_pad="NOTSET",
    )
    if page.flow.is_used(*page.node.outputs[1:]):
        page.refuse("nothing of ours reads which position was largest")
    kernel = _one(page, "kernel_shape", page.attribute("kernel_shape", ()))
    stride = _one(page, "strides", page.attribute("strides", (1, 1)))
    padding = _one(page, "pads", page.attribute("pads", (0, 0, 0, 0)))
    if page.node.op == "AveragePool" and padding and not page.attribute("count_include_pad", 0):
        page.refuse("ours counts the zeros of the padding; supported is count_include_pad = 1")
    settings = {"kernel": kernel, "stride": 0 if stride == kernel else stride, "padding": padding}
    return _layer(page, "MaxPool2D" if page.node.op == "MaxPool" else "AvgPool2D", settings, arrays={})


def read_global_pool(page: Page) -> Step:
    """GlobalAveragePool and what takes away the axes of length 1 after it."""
    page.only_known()
    page.need_order(channels_first(4))
    pooled = page.node.outputs[0]
    following = page.flow.find_only_reader(pooled)
    if following is None or not _drops_space(page.at(following, page.x)):
        page.refuse("ours answers (n, channels): Flatten, Squeeze or Reshape must follow it")
    after = Seen(following.outputs[0], page.x.shape[-1:], natural(2))
    return Step((Found("GlobalAvgPool2D"),), after)


def read_mean(page: Page) -> Step:
    """ReduceMean over both axes of an image."""
    page.only_known(axes=None, keepdims=0, noop_with_empty_axes=0)
    page.need_order(channels_first(4))
    axes = page.integers(1, "axes") if page.has(1) else list(page.attribute("axes", ()))
    if {axis % 4 for axis in axes} != {2, 3} or page.attribute("keepdims", 1):
        page.refuse("ours is the mean over height and width that leaves (n, channels)")
    return page.answer(Found("GlobalAvgPool2D"), shape=page.x.shape[-1:], order=natural(2))


def _convolve(
    out: Writer,
    op: str,
    layer: Conv1D | Conv2D | ConvTranspose2D,
    *,
    x: Value,
    turn: tuple[int, ...],
    **more: tuple[int, ...],
) -> Value:
    first = out.stored_as(x, channels_first(x.rank))
    rank = x.rank - 2
    inputs = [first.name, out.parameter("weight", array=layer.weight.data.transpose(turn))]
    if layer.bias is not None:
        inputs.append(out.parameter("bias", array=layer.bias.data))
    window = {
        "kernel_shape": (layer.kernel,) * rank,
        "strides": (layer.stride,) * rank,
        "pads": (layer.padding,) * (2 * rank),
        "dilations": (layer.dilation,) * rank,
    }
    shape = layer.spec.shape_of(layer.settings(), x.shape)
    return Value(out.apply(op, *inputs, group=layer.groups, **window, **more), shape, first.order)


def _weights(page: Page) -> Array:
    page.only_known(
        kernel_shape=None,
        strides=None,
        pads=None,
        dilations=None,
        group=None,
        output_padding=None,
        auto_pad="NOTSET",
    )
    weight = page.weight(1, "weight")
    if weight.ndim not in _RANKS or weight.ndim != page.x.rank:
        page.refuse(f"ours work over one or two axes: its weight is {weight.shape}")
    page.need_order(channels_first(weight.ndim))
    return weight


def _window(page: Page, weight: Array) -> dict[str, Any]:
    rank = weight.ndim - 2
    kernel = page.attribute("kernel_shape", weight.shape[2:])
    if kernel != weight.shape[2:]:
        page.refuse(f"its kernel_shape {kernel} is not that of its weight {weight.shape}")
    return {
        "kernel": _one(page, "kernel_shape", kernel),
        "stride": _one(page, "strides", page.attribute("strides", (1,) * rank)),
        "padding": _one(page, "pads", page.attribute("pads", (0,) * (2 * rank))),
        "dilation": _one(page, "dilations", page.attribute("dilations", (1,) * rank)),
        "groups": page.attribute("group", 1),
        "has_bias": page.has(2),
    }


def _one(page: Page, name: str, sizes: tuple[int, ...]) -> int:
    if len(set(sizes)) != 1:
        page.refuse(f"our windows are square and padded alike on every side, its {name} is {sizes}")
    return sizes[0]


def _with_bias(page: Page, settings: dict[str, Any], weight: Array) -> dict[str, Array]:
    return {"weight": weight} | ({"bias": page.weight(2, "bias")} if settings["has_bias"] else {})


def _layer(page: Page, name: str, settings: dict[str, Any], *, arrays: dict[str, Array]) -> Step:
    try:
        shape: Shape = LAYERS[name].spec.shape_of(LAYERS[name].spec.resolve(settings), page.x.shape)
    except LayerInvalid as error:
        page.refuse(str(error))
    return page.answer(Found(name, settings, arrays), shape=shape)


def _drops_space(page: Page) -> bool:
    if page.node.op == "Flatten":
        return bool(page.attribute("axis", 1) == 1)
    places = page.find_weight(1)
    if page.node.op == "Squeeze":
        axes = page.attribute("axes", ()) if places is None else tuple(places.reshape(-1).tolist())
        return {axis % 4 for axis in axes} == {2, 3}
    return page.node.op == "Reshape" and places is not None and places.shape == (2,)
