"""Linear is Gemm for one row per sample, MatMul and Add for more axes; Embedding is Gather."""

from __future__ import annotations

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.layers import Embedding, Linear
from azuraforge_learner.onnx.orders import keeps_last, natural
from azuraforge_learner.onnx.reading import Found, Page, Seen, Step
from azuraforge_learner.onnx.writer import Value, Writer


def write_linear(out: Writer, layer: Linear, x: Value) -> Value:
    """`x @ weight + bias`; the weight goes as it is."""
    x = x if keeps_last(x.order) else out.naturally(x)
    shape = (*x.shape[:-1], layer.outputs)
    weight = out.parameter("weight", array=layer.weight.data)
    if layer.bias is None:
        return Value(out.apply("MatMul", x.name, weight), shape, x.order)
    bias = out.parameter("bias", array=layer.bias.data)
    if x.rank == 2:
        return Value(out.apply("Gemm", x.name, weight, bias), shape, x.order)
    return Value(out.apply("Add", out.apply("MatMul", x.name, weight), bias), shape, x.order)


def read_gemm(page: Page) -> Step:
    """Gemm with weights on the right, turned or not."""
    page.only_known(alpha=1.0, beta=1.0, transA=0, transB=None)
    weight = _right(page)
    if page.x.rank != 2:
        page.refuse(f"it takes (n, features), not one more axis: {page.x.shape}")
    weight = weight.T if page.attribute("transB", 0) else weight
    bias = page.weight(2, "bias") if page.has(2) else None
    return _linear(page, weight, bias, after=page.node.outputs[0])


def read_matmul(page: Page) -> Step:
    """MatMul with weights on the right, and the Add of a bias where there is one."""
    page.only_known()
    weight = _right(page)
    product = page.node.outputs[0]
    following = page.flow.find_only_reader(product)
    if following is not None and following.op == "Add":
        others = [name for name in following.inputs if name != product]
        bias = page.flow.weights.get(others[0]) if len(others) == 1 else None
        if bias is not None and bias.shape == weight.shape[1:]:
            return _linear(page, weight, bias, after=following.outputs[0])
    return _linear(page, weight, None, after=product)


def write_embedding(out: Writer, layer: Embedding, x: Value) -> Value:
    """Gather of rows; the answer has one axis more."""
    x = out.naturally(x)
    weight = out.parameter("weight", array=layer.weight.data)
    shape = (*x.shape, layer.width)
    return Value(out.apply("Gather", weight, x.name, axis=0), shape, natural(len(shape) + 1))


def read_gather(page: Page) -> Step | None:
    """Gather of rows of a stored table; the other Gathers are somebody else's."""
    table = page.find_weight(0)
    if table is None or table.ndim != 2 or page.attribute("axis", 0) != 0:
        return None
    page.need_natural()
    count, width = table.shape
    found = Found("Embedding", {"count": count, "width": width}, {"weight": table})
    shape = (*page.x.shape, width)
    return page.answer(found, shape=shape, order=natural(len(shape) + 1))


def _right(page: Page) -> Array:
    if page.node.inputs[0] != page.x.name:
        page.refuse("our Linear has its weights on the right")
    weight = page.weight(1, "weight")
    if weight.ndim != 2:
        page.refuse(f"its weight has {weight.ndim} axes, ours has 2")
    return weight


def _linear(page: Page, weight: Array, bias: Array | None, *, after: str) -> Step:
    x = page.x
    if x.spread is None:
        page.need_last()
    elif weight.shape[0] != len(x.spread):
        page.refuse(f"its weight {weight.shape} does not fit the {len(x.spread)} features before it")
    else:
        weight = weight[x.spread]
    if bias is not None and bias.size == 1 and weight.shape[1] != 1:
        bias = np.broadcast_to(bias.reshape(1), weight.shape[1:])
    arrays = {"weight": weight} | ({} if bias is None else {"bias": bias.reshape(-1)})
    settings = {"inputs": weight.shape[0], "outputs": weight.shape[1], "has_bias": bias is not None}
    return Step((Found("Linear", settings, arrays),), Seen(after, (*x.shape[:-1], weight.shape[1]), x.order))
