"""Attention and what stands around it, written as the operators that they are made of."""

from __future__ import annotations

import math

import numpy as np

from azuraforge_learner.layers import MultiHeadAttention, PositionalEncoding, TransformerEncoder
from azuraforge_learner.layers.positional_encoding import LONGEST_WAVE, waves
from azuraforge_learner.layers.transformer_encoder import EncoderBlock
from azuraforge_learner.onnx.elementwise import write_dropout
from azuraforge_learner.onnx.linear import write_linear
from azuraforge_learner.onnx.normalization import write_layer_norm
from azuraforge_learner.onnx.writer import Value, Writer


def write_positions(out: Writer, layer: PositionalEncoding, x: Value) -> Value:
    """Add of the waves: stored where the time is fixed, computed where it is free."""
    x = out.naturally(x)
    time, width = x.shape
    table = (
        _waves_of_any_length(out, x, width)
        if time == -1
        else out.constant("waves", waves(time, width).astype(out.dtype))
    )
    del layer
    return Value(out.apply("Add", x.name, table), x.shape, x.order)


def write_attention(out: Writer, layer: MultiHeadAttention, x: Value) -> Value:
    """Queries, keys and values by one product; then `softmax(q kᵀ / √d) v` per head; then the product that mixes."""
    x = out.naturally(x)
    width, heads = layer.width, layer.heads
    packed = _affine(out, x.name, layer, names=("w_in", "b_in"))
    parts = out.node("Split", [packed], outputs=3, attributes={"axis": -1, "num_outputs": 3})
    into = out.integers("heads", 0, 0, heads, width // heads)
    q, k, v = (
        out.apply("Transpose", out.apply("Reshape", part, into), perm=perm)
        for part, perm in zip(parts, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
    )
    scores = out.apply("Mul", out.apply("MatMul", q, k), out.number("scale", 1 / math.sqrt(width // heads)))
    if layer.is_causal:
        scores = _hide_the_future(out, scores, x)
    mixed = out.apply("MatMul", out.apply("Softmax", scores, axis=-1), v)
    joined = out.apply(
        "Reshape", out.apply("Transpose", mixed, perm=(0, 2, 1, 3)), out.integers("side by side", 0, 0, width)
    )
    return Value(_affine(out, joined, layer, names=("w_out", "b_out")), x.shape, x.order)


def write_encoder(out: Writer, layer: TransformerEncoder, x: Value) -> Value:
    """Block after block."""
    for i, block in enumerate(layer.stack):
        x = _write_block(out.inside(str(i)), block, x)
    return x


def _write_block(out: Writer, block: EncoderBlock, x: Value) -> Value:
    if block.is_norm_first:
        read = write_layer_norm(out.inside("first_norm"), block.first_norm, x)
        x = _sum(out, x, _attend(out, block, read))
        read = write_layer_norm(out.inside("second_norm"), block.second_norm, x)
        return _sum(out, x, _think(out, block, read))
    x = write_layer_norm(out.inside("first_norm"), block.first_norm, _sum(out, x, _attend(out, block, x)))
    return write_layer_norm(out.inside("second_norm"), block.second_norm, _sum(out, x, _think(out, block, x)))


def _attend(out: Writer, block: EncoderBlock, x: Value) -> Value:
    answer = write_attention(out.inside("attention"), block.attention, x)
    return write_dropout(out.inside("after_attention"), block.after_attention, answer)


def _think(out: Writer, block: EncoderBlock, x: Value) -> Value:
    wide = write_linear(out.inside("widen"), block.widen, x)
    name = out.apply("Gelu", wide.name) if block.is_gelu else out.apply("Relu", wide.name)
    active = write_dropout(out.inside("within"), block.within, Value(name, wide.shape, wide.order))
    narrow = write_linear(out.inside("narrow"), block.narrow, active)
    return write_dropout(out.inside("after_network"), block.after_network, narrow)


def _sum(out: Writer, x: Value, answer: Value) -> Value:
    return Value(out.apply("Add", out.stored_as(x, answer.order).name, answer.name), answer.shape, answer.order)


def _affine(out: Writer, x: str, layer: MultiHeadAttention, *, names: tuple[str, str]) -> str:
    weight, bias = (out.parameter(name, array=getattr(layer, name).data) for name in names)
    return out.apply("Add", out.apply("MatMul", x, weight), bias)


def _hide_the_future(out: Writer, scores: str, x: Value) -> str:
    """Minus infinity above the diagonal, where a step would see a later one."""
    never = np.array(-np.inf, dtype=out.dtype)
    if x.shape[0] != -1:
        return out.apply("Add", scores, out.constant("future", np.triu(np.full((x.shape[0],) * 2, never), k=1)))
    times = _steps(out, x)
    later = out.apply(
        "Less",
        out.apply("Unsqueeze", times, out.integers("down", 1)),
        out.apply("Unsqueeze", times, out.integers("across", 0)),
    )
    return out.apply("Where", later, out.constant("never", never), scores)


def _waves_of_any_length(out: Writer, x: Value, width: int) -> str:
    """`sin(step / length + phase)`, a cosine being a sine a quarter ahead; in 64 bits, for steps may be many."""
    columns = np.arange(width)
    lengths = LONGEST_WAVE ** ((columns - columns % 2) / width)
    steps = out.apply("Cast", _steps(out, x), to=11)
    down = out.apply("Unsqueeze", steps, out.integers("down", 1))
    angles = out.apply("Div", down, out.constant("lengths", lengths))
    table = out.apply("Sin", out.apply("Add", angles, out.constant("phases", columns % 2 * (math.pi / 2))))
    return out.apply("Cast", table, to=1) if out.dtype == "float32" else table


def _steps(out: Writer, x: Value) -> str:
    """0, 1, ... up to the time of `x`."""
    shape = out.apply("Shape", x.name, start=1, end=2)
    time = out.apply("Squeeze", shape, out.integers("first", 0))
    zero, one = out.constant("zero", np.array(0)), out.constant("one", np.array(1))
    return out.apply("Range", zero, time, one)
