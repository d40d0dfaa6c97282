"""A program as a model: layer after layer from the input to the output, branches where paths part and meet again.

What is no such row of brackets is read as a network of free edges: see `networks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NoReturn

from azuraforge_core import Array, Generator
from azuraforge_learner.errors import CheckpointMismatch, GraphInvalid, LayerInvalid, OnnxUnsupported
from azuraforge_learner.layers import GRAPH_FORMAT, LAYERS, Graph, Sequential, check_graph, from_graph
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.composites import read_composite
from azuraforge_learner.onnx.elementwise import (
    SINGLE_OPERATORS,
    read_dropout,
    read_identity,
    read_single,
    read_softmax,
    read_softplus,
)
from azuraforge_learner.onnx.flow import Flow
from azuraforge_learner.onnx.linear import read_gather, read_gemm, read_matmul
from azuraforge_learner.onnx.networks import JOIN_OPERATORS, arrays_of, document_of, join_shape, read_parts
from azuraforge_learner.onnx.normalization import read_batch_norm, read_group_norm, read_layer_norm, read_rms_norm
from azuraforge_learner.onnx.orders import Order, channels_first, natural, permutation, time_major
from azuraforge_learner.onnx.program import Node, Program
from azuraforge_learner.onnx.reading import Found, OrderUnsupported, Page, Reader, Seen, Step
from azuraforge_learner.onnx.recurrent import read_recurrent
from azuraforge_learner.onnx.shaping import read_flatten, read_reshape, read_transpose
from azuraforge_learner.onnx.windows import (
    read_convolution,
    read_global_pool,
    read_mean,
    read_pool,
    read_transposed,
)

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "AveragePool": read_pool,
        "BatchNormalization": read_batch_norm,
        "Conv": read_convolution,
        "ConvTranspose": read_transposed,
        "Dropout": read_dropout,
        "Flatten": read_flatten,
        "GRU": read_recurrent,
        "Gather": read_gather,
        "Gemm": read_gemm,
        "GlobalAveragePool": read_global_pool,
        "GroupNormalization": read_group_norm,
        "Identity": read_identity,
        "LSTM": read_recurrent,
        "LayerNormalization": read_layer_norm,
        "LogSoftmax": read_softmax,
        "MatMul": read_matmul,
        "MaxPool": read_pool,
        "RMSNormalization": read_rms_norm,
        "ReduceMean": read_mean,
        "Reshape": read_reshape,
        "Softmax": read_softmax,
        "Softplus": read_softplus,
        "Transpose": read_transpose,
    }
    | dict.fromkeys(SINGLE_OPERATORS, read_single)
)
_MAX_DEPTH: Final = 8
_MAX_LAYERS: Final = 512


@dataclass(frozen=True)
class ReadModel:
    """A model and how the file's axes lie to ours."""

    model: Sequential | Graph
    input_axes: tuple[int, ...]
    output_axes: tuple[int, ...]
    input_shape: Shape


def read_model(program: Program) -> ReadModel:
    """Find our layers in a graph. How its input is stored is tried out: as ours, channels first, time first.

    Raises:
        OnnxUnsupported: names the node that is none of our layers.
    """
    flow, rank = Flow(program), len(program.input.axes)
    refusals: list[tuple[int, bool, OnnxUnsupported]] = []
    guesses = [natural(rank), *([channels_first(rank)] if rank > 2 else []), *([time_major(rank)] if rank == 3 else [])]
    for order in guesses:
        shape = _sample_shape(program, order)
        trail: list[Node] = []
        try:
            layers, after = _read_chain(flow, Seen(program.input.name, shape, order), trail=trail)
        except OnnxUnsupported as refusal:
            refusals.append((len(trail), not isinstance(refusal, OrderUnsupported), refusal))
        else:
            return _build(layers, _document(layers), _arrays(layers), after, order=order, shape=shape)
    return _read_network(flow, program, guesses, refusals)


def _read_network(
    flow: Flow, program: Program, guesses: Sequence[Order], refusals: Sequence[tuple[int, bool, OnnxUnsupported]]
) -> ReadModel:
    for order in guesses:
        shape = _sample_shape(program, order)
        try:
            parts, after = read_parts(flow, Seen(program.input.name, shape, order), readers=READERS)
        except OnnxUnsupported:  # the refusals of the row say more: they know where paths part
            continue
        layers = tuple(part.found for part in parts if not part.is_join)
        return _build(layers, document_of(parts), arrays_of(parts), after, order=order, shape=shape)
    raise max(refusals, key=lambda entry: entry[:2])[2]  # of the guess that came furthest


def _sample_shape(program: Program, order: Order) -> Shape:
    lengths = [axis if isinstance(axis, int) else -1 for axis in program.input.axes]
    whole = [lengths[order.index(axis)] for axis in range(len(order))]
    return tuple(whole[1:])


def _read_chain(
    flow: Flow,
    x: Seen,
    *,
    trail: list[Node],
    heads: Sequence[Node] = (),
    join: Node | None = None,
    depth: int = 1,
) -> tuple[tuple[Found, ...], Seen]:
    """Layers from `x` on, through `heads` where only some of its readers are meant, up to `join` or the output."""
    layers: list[Found] = []
    if depth > _MAX_DEPTH:
        raise OnnxUnsupported(f"paths part more than {_MAX_DEPTH} times within each other")
    while heads or not _is_end(flow, x, join):
        step = _read_step(flow, x, heads or flow.readers[x.name], trail=trail, depth=depth)
        layers, x, heads = [*layers, *step.layers], step.after, ()
        if len(layers) > _MAX_LAYERS:
            raise OnnxUnsupported(f"more than {_MAX_LAYERS} layers")
    return tuple(layers), x


def _is_end(flow: Flow, x: Seen, join: Node | None) -> bool:
    readers = flow.readers.get(x.name, [])
    if x.name == flow.output:
        if readers:
            raise OnnxUnsupported(f"{readers[0]}: it goes on from {x.name[:60]!r}, which is the output already")
        return True
    return join is not None and readers == [join]


def _read_step(flow: Flow, x: Seen, readers: Sequence[Node], *, trail: list[Node], depth: int) -> Step:
    if not readers:
        raise OnnxUnsupported(f"nothing reads {x.name[:60]!r}, and it is not the output")
    node = readers[0]
    trail.append(node)
    step = read_composite(Page(flow, node, x)) if len(readers) == len(flow.readers[x.name]) else None
    if step is None and len(readers) > 1:
        return _read_branches(flow, x, readers, trail=trail, depth=depth)
    if step is None:
        reader = READERS.get(node.op)
        step = reader(Page(flow, node, x)) if reader is not None else None
    if step is None:
        _refuse(node)
    return step


def _read_branches(flow: Flow, x: Seen, heads: Sequence[Node], *, trail: list[Node], depth: int) -> Step:
    join = flow.find_meeting(heads)
    if join is None or join.op not in JOIN_OPERATORS:
        _refuse(join or heads[0], f"{len(heads)} paths part before it; ours meet again in Add, Sum or Concat")
    ends = []
    for name in join.inputs:
        own = [head for head in heads if head is not join and head.outputs[0] in flow.list_upstream(name)]
        layers, after = _read_chain(flow, x, trail=trail, heads=own, join=join, depth=depth + 1) if own else ((), x)
        if after.name != name:
            _refuse(join, f"what it reads as {name[:60]!r} does not come from where the paths part")
        ends.append((layers, after))
    return _joined(Page(flow, join, x), ends)


def _joined(page: Page, ends: Sequence[tuple[tuple[Found, ...], Seen]]) -> Step:
    values = [after for _, after in ends]
    shape = join_shape(page, values)
    branches, is_concat = [layers for layers, _ in ends if layers], page.node.op == "Concat"
    if len(branches) < len(ends) and (is_concat or len(ends) != 2 or len(branches) != 1):
        page.refuse("a path without a layer is supported in an Add of two, which is a Residual")
    kind = "Concat" if is_concat else "Add" if len(branches) == len(ends) else "Residual"
    found = Found(kind, branches=tuple(branches))
    return page.answer(found, shape=shape, order=values[0].order)


def _refuse(node: Node, why: str = "it is none of ours") -> NoReturn:
    raise OnnxUnsupported(f"{node}: {why}; supported are {', '.join(sorted(READERS))}")


def _build(
    layers: tuple[Found, ...],
    document: dict[str, Any],
    arrays: Mapping[str, Array],
    after: Seen,
    *,
    order: Order,
    shape: Shape,
) -> ReadModel:
    if after.spread is not None:
        raise OnnxUnsupported("the output is a flattened image in another order than ours: a Linear must follow it")
    if not document["nodes"]:
        raise OnnxUnsupported("the graph holds no layer")
    try:
        _check_sizes(layers)
        check_graph(document, input_shape=shape)
        model = from_graph(document, generator=Generator(0)).cast(_dtype(arrays))
        model.load_arrays(arrays)
    except (GraphInvalid, LayerInvalid, CheckpointMismatch) as error:
        raise OnnxUnsupported(f"its layers are beyond what ours can be: {error}") from error
    return ReadModel(model.eval(), permutation(order, natural(len(order))), after.order, shape)


def _check_sizes(layers: Sequence[Found]) -> None:
    """Every layer asks for as many parameters as the file holds for it: nothing is made that it does not hold."""
    for layer in layers:
        for branch in layer.branches:
            _check_sizes(branch)
        if not layer.branches:
            kind = LAYERS[layer.type]
            held = sum(array.size for name, array in layer.arrays.items() if name not in kind.buffer_names)
            wanted = kind.spec.parameters_of(kind.spec.resolve(layer.settings))
            if held != wanted:
                raise LayerInvalid(f"{layer.type} has {wanted:,} parameters, the file holds {held:,}")


def _dtype(arrays: Mapping[str, Array]) -> str:
    dtypes = {str(array.dtype) for array in arrays.values()}
    if not dtypes <= {"float32"} and not dtypes <= {"float64"}:
        raise OnnxUnsupported(f"its weights are {', '.join(sorted(dtypes))}; supported is all float32 or all float64")
    return dtypes.pop() if dtypes else "float32"


def _document(layers: Sequence[Found]) -> dict[str, Any]:
    nodes = [{"id": str(i), **_node(layer)} for i, layer in enumerate(layers)]
    edges = [[str(i), str(i + 1)] for i in range(len(nodes) - 1)]
    return {"format": GRAPH_FORMAT, "nodes": nodes, "edges": edges}


def _node(layer: Found) -> dict[str, Any]:
    documents = [_document(branch) for branch in layer.branches]
    if layer.type == "Residual":
        return {"type": layer.type, "version": 1, "graph": documents[0]}
    if documents:
        return {"type": layer.type, "version": 1, "branches": documents}
    return {"type": layer.type, "version": LAYERS[layer.type].spec.version, "parameters": dict(layer.settings)}


def _arrays(layers: Sequence[Found], prefix: str = "") -> dict[str, Array]:
    found: dict[str, Array] = {}
    for i, layer in enumerate(layers):
        found |= {f"{prefix}{i}.{name}": array for name, array in layer.arrays.items()}
        for k, branch in enumerate(layer.branches):
            found |= _arrays(branch, f"{prefix}{i}.{'body' if layer.type == 'Residual' else k}.")
    return found
