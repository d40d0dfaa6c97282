"""A model as a program: every layer writes itself, blocks write what they hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from azuraforge_learner.errors import OnnxUnsupported
from azuraforge_learner.layers import (
    GRU,
    LAYERS,
    LSTM,
    Add,
    AvgPool2D,
    BatchNorm,
    Bidirectional,
    Concat,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool2D,
    Graph,
    GroupNorm,
    Layer,
    LayerNorm,
    Linear,
    LogSoftmax,
    MaxPool2D,
    MultiHeadAttention,
    PositionalEncoding,
    Reshape,
    Residual,
    RMSNorm,
    Sequential,
    SiLU,
    Softmax,
    Softplus,
    TransformerEncoder,
    to_graph,
)
from azuraforge_learner.layers.blocks import Branches
from azuraforge_learner.layers.graph_document import JOINS
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.attention import write_attention, write_encoder, write_positions
from azuraforge_learner.onnx.elementwise import (
    SINGLE_OPERATORS,
    write_dropout,
    write_silu,
    write_single,
    write_softmax,
    write_softplus,
)
from azuraforge_learner.onnx.linear import write_embedding, write_linear
from azuraforge_learner.onnx.normalization import write_batch_norm, write_group_norm, write_layer_norm, write_rms_norm
from azuraforge_learner.onnx.orders import natural
from azuraforge_learner.onnx.program import Axis, Port, Program
from azuraforge_learner.onnx.recurrent import write_recurrent
from azuraforge_learner.onnx.shaping import write_flatten, write_reshape
from azuraforge_learner.onnx.windows import write_convolution, write_global_pool, write_pool, write_transposed
from azuraforge_learner.onnx.writer import Draft, Value, Writer

INPUT: Final = "x"
OUTPUT: Final = "y"
GRAPH_KEY: Final = "azuraforge.graph"
"""Under this name a file's metadata holds the model's `azf.graph/1` document."""

_FREE_AXES: Final[Mapping[int, tuple[str, ...]]] = {2: ("time",), 3: ("height", "width")}
"""Names of axes that may have any length, by the axes of one sample."""

LayerWriter = Callable[[Writer, Any, Value], Value]

_OWN: Final[dict[type[Layer], LayerWriter]] = {
    AvgPool2D: write_pool,
    BatchNorm: write_batch_norm,
    Bidirectional: write_recurrent,
    Conv1D: write_convolution,
    Conv2D: write_convolution,
    ConvTranspose2D: write_transposed,
    Dropout: write_dropout,
    Embedding: write_embedding,
    Flatten: write_flatten,
    GRU: write_recurrent,
    GlobalAvgPool2D: write_global_pool,
    GroupNorm: write_group_norm,
    LSTM: write_recurrent,
    LayerNorm: write_layer_norm,
    Linear: write_linear,
    LogSoftmax: write_softmax,
    MaxPool2D: write_pool,
    MultiHeadAttention: write_attention,
    PositionalEncoding: write_positions,
    RMSNorm: write_rms_norm,
    Reshape: write_reshape,
    SiLU: write_silu,
    Softmax: write_softmax,
    Softplus: write_softplus,
    TransformerEncoder: write_encoder,
}
WRITERS: Final[Mapping[type[Layer], LayerWriter]] = MappingProxyType(
    {**_OWN, **dict.fromkeys(SINGLE_OPERATORS.values(), write_single)}
)
"""How each layer is written that a document can name."""

_PASSES_INTEGERS: Final = (Flatten, Reshape, Dropout)


def write_model(
    model: Sequential | Graph, *, input_shape: Shape, metadata: Mapping[str, str], dtype: str | None = None
) -> Program:
    """The whole model for samples of `input_shape`, where -1 is an axis of any length.

    `dtype` is that of its weights; a model without any is written in float32 unless it says float64.

    Raises:
        OnnxUnsupported: names the layer that cannot be written.
        GraphInvalid: a layer of no known type, or one that stands at two places.
        LayerInvalid: a layer that does not fit the shape before it.
    """
    document = json.dumps(to_graph(model), sort_keys=True, separators=(",", ":"))
    dtype = dtype_of(model, wanted=dtype)
    draft = Draft(names={INPUT, OUTPUT})
    rank = len(input_shape) + 1
    first = Port(INPUT, "int64" if _reads_integers(model) else dtype, _axes(input_shape))
    out = Writer(draft, dtype=dtype)
    x = Value(INPUT, input_shape, natural(rank))
    y = out.naturally(_write_network(out, model, x) if isinstance(model, Graph) else _write_chain(out, model.layers, x))
    rename_values(draft, {y.name: OUTPUT})
    return Program(
        nodes=tuple(draft.nodes),
        weights=dict(sorted(draft.weights.items())),
        input=first,
        output=Port(OUTPUT, dtype, _axes(y.shape)),
        metadata={**metadata, GRAPH_KEY: document},
    )


def _write_chain(out: Writer, layers: Sequence[Layer], x: Value) -> Value:
    for i, layer in enumerate(layers):
        x = _write_layer(out.inside(str(i)), layer, x)
    return x


def _write_layer(out: Writer, layer: Layer, x: Value) -> Value:
    kind = type(layer)
    if kind is Sequential:
        return _write_chain(out, layer.layers, x)  # type: ignore[attr-defined]
    if kind is Graph:
        return _write_network(out, layer, x)  # type: ignore[arg-type]
    if kind is Residual:
        return _write_residual(out, layer, x)  # type: ignore[arg-type]
    if isinstance(layer, Branches):
        return _write_branches(out, layer, x)
    writer = WRITERS.get(kind)
    if writer is None:
        raise OnnxUnsupported(
            f"layer {out.path} is a {kind.__name__}, which has no counterpart in ONNX here; "
            f"supported are {', '.join(sorted(LAYERS))} and the blocks Sequential, Residual, Add, Concat"
        )
    layer.spec.shape_of(layer.settings(), x.shape)  # refuses what does not fit before a node is made of it
    return writer(out, layer, x)


def _write_residual(out: Writer, layer: Residual, x: Value) -> Value:
    y = _write_chain(out.inside("body"), layer.body.layers, x)
    return Value(out.apply("Add", out.stored_as(x, y.order).name, y.name), y.shape, y.order)


def _write_branches(out: Writer, layer: Branches, x: Value) -> Value:
    answers = [_write_chain(out.inside(str(i)), branch.layers, x) for i, branch in enumerate(layer.branches)]
    return _write_join(out, type(layer), answers)


def _write_network(out: Writer, layer: Graph, x: Value) -> Value:
    """Every leaf in the order of execution; what several read is written once."""
    wiring, layers = layer.wiring, layer.children()
    if len(wiring.inputs) != 1 or len(wiring.outputs) != 1:
        raise OnnxUnsupported(f"a file has one input and one output here, not {wiring.inputs} and {wiring.outputs}")
    values = [x]
    for leaf in wiring.leaves:
        place, reads = out.inside(leaf.path), [values[i] for i in leaf.reads]
        if leaf.path in layers:
            values.append(_write_layer(place, layers[leaf.path], reads[0]))
        else:
            values.append(_write_join(place, JOINS[leaf.node.content["type"]], reads))
    return values[wiring.answers[0]]


def _write_join(out: Writer, kind: type[Branches], answers: Sequence[Value]) -> Value:
    shape, order = kind.join_shapes([answer.shape for answer in answers]), answers[0].order
    names = [out.stored_as(answer, order).name for answer in answers]
    if kind is Concat:
        return Value(out.apply("Concat", *names, axis=order.index(len(order) - 1)), shape, order)
    return Value(out.apply("Add" if len(names) == 2 else "Sum", *names), shape, order)


def rename_values(draft: Draft, swap: Mapping[str, str]) -> None:
    """Call what leaves the graph by its own name."""
    for i, node in enumerate(draft.nodes):
        inputs, outputs = (tuple(swap.get(part, part) for part in names) for names in (node.inputs, node.outputs))
        draft.nodes[i] = replace(node, inputs=inputs, outputs=outputs)


def dtype_of(model: Layer, *, wanted: str | None) -> str:
    """The one dtype of a model's weights."""
    dtypes = {str(array.dtype) for array in model.arrays().values()} or {wanted or "float32"}
    if len(dtypes) > 1 or not dtypes <= {"float32", "float64"} or wanted not in {None, *dtypes}:
        asked = f", asked for is {wanted}" if wanted else ""
        raise OnnxUnsupported(f"the model's dtype is {', '.join(sorted(dtypes))}{asked}; cast it to float32 or float64")
    return dtypes.pop()


def _reads_integers(layer: Layer) -> bool:
    if isinstance(layer, Sequential):
        rest = [inner for inner in layer.layers if not isinstance(inner, _PASSES_INTEGERS)]
        return bool(rest) and _reads_integers(rest[0])
    if isinstance(layer, Graph):
        return _network_reads_integers(layer)
    if isinstance(layer, Add | Concat):
        return any(_reads_integers(branch) for branch in layer.branches)
    return isinstance(layer, Embedding)


def _network_reads_integers(model: Graph) -> bool:
    """Whether an Embedding reads the input itself, perhaps in another shape."""
    untouched, layers = {0}, model.children()
    for value, leaf in enumerate(model.wiring.leaves, start=1):
        layer = layers.get(leaf.path)
        if layer is None or leaf.reads[0] not in untouched:
            continue
        if isinstance(layer, _PASSES_INTEGERS):
            untouched.add(value)
        elif _reads_integers(layer):
            return True
    return False


def _axes(shape: Shape) -> tuple[Axis, ...]:
    names = _FREE_AXES.get(len(shape), ())
    return (
        "batch",
        *(length if length != -1 else names[i] if i < len(names) else f"axis{i + 1}" for i, length in enumerate(shape)),
    )
