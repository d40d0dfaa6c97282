"""A program as the bytes of an ONNX file, and back. The only file that speaks to the library `onnx`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.errors import OnnxInvalid, OnnxUnsupported
from azuraforge_learner.onnx.library import need_onnx
from azuraforge_learner.onnx.program import IR_VERSION, Attribute, Axis, Node, Port, Program
from azuraforge_learner.onnx.wire import MAX_FILE_BYTES, check_wire

MIN_OPSET: Final = 13
MAX_OPSET: Final = 28
"""Opsets whose meaning of the supported operators was read."""
PRODUCER: Final = "azuraforge-learner"
GRAPH_NAME: Final = "azuraforge"
_CODES: Final = {"float32": 1, "int64": 7, "float64": 11, "int32": 6, "bool": 9}
_DTYPES: Final = {code: name for name, code in _CODES.items()}
_NUMBERS: Final = {1: "float_data", 6: "int32_data", 7: "int64_data", 9: "int32_data", 11: "double_data"}
_MAX_AXES: Final = 8
MAX_NODES: Final = 8192
_FLOAT, _INT, _STRING, _INTS = 1, 2, 3, 7
"""Kinds of the attributes that we write, as onnx.proto numbers them."""


def to_bytes(program: Program) -> bytes:
    """The file: checked by onnx's own checker, the same bytes for the same program.

    Raises:
        OnnxMissing: the library `onnx` is not installed.
        OnnxUnsupported: more than a protobuf file can hold, or refused by the checker.
    """
    onnx = need_onnx()
    if sum(array.nbytes for array in program.weights.values()) > MAX_FILE_BYTES:
        raise OnnxUnsupported(f"the weights are more than the {MAX_FILE_BYTES:,} bytes that one file may have")
    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name=PRODUCER, producer_version=version(PRODUCER))
    model.opset_import.add(domain="", version=program.opset)
    graph = model.graph
    graph.name = GRAPH_NAME
    for port in (program.input, *program.more_inputs):
        _write_port(graph.input.add(), port)
    for port in (program.output, *program.more_outputs):
        _write_port(graph.output.add(), port)
    for name, array in program.weights.items():
        _write_tensor(graph.initializer.add(), name, array)
    for node in program.nodes:
        _write_node(graph.node.add(), node)
    for key, value in sorted(program.metadata.items()):
        model.metadata_props.add(key=key, value=value)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise OnnxUnsupported(f"onnx's checker refuses the exported graph: {error}") from error
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def from_bytes(content: bytes) -> Program:
    """The program in a file. Nothing but these bytes is read, and no array is made that they do not hold.

    Raises:
        OnnxMissing: the library `onnx` is not installed.
        OnnxInvalid: damaged, or not a graph that can run: a cycle, a name made twice, lengths that do not fit.
        OnnxUnsupported: a whole file with parts that no model of ours has.
    """
    if len(content) > MAX_FILE_BYTES:
        raise OnnxInvalid(f"it is longer than {MAX_FILE_BYTES:,} bytes")
    onnx = need_onnx()
    check_wire(content)
    try:
        model = onnx.ModelProto.FromString(content)
    except Exception as error:  # the parser's class of error differs between its builds
        raise OnnxInvalid(f"it is not an ONNX file: {error}") from error
    opset = _opset(model)
    graph = model.graph
    if len(graph.node) > MAX_NODES:
        raise OnnxUnsupported(f"it has {len(graph.node):,} nodes; supported are {MAX_NODES:,}")
    weights = {tensor.name: _read_tensor(tensor) for tensor in graph.initializer}
    for node in graph.node:
        _check_node(onnx, node, opset=opset)
    nodes = tuple(_read_node(node) for node in graph.node)
    inputs = [value for value in graph.input if value.name not in weights]  # before opset 9, weights stood here too
    if len(inputs) != 1 or len(graph.output) != 1:
        raise OnnxUnsupported(f"it has {len(inputs)} inputs and {len(graph.output)} outputs; ours have one of each")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    program = Program(nodes, weights, _read_port(inputs[0]), _read_port(graph.output[0]), metadata, opset)
    _check_order(program)
    return program


def _write_port(value: Any, port: Port) -> None:
    value.name = port.name
    tensor = value.type.tensor_type
    tensor.elem_type = _CODES[port.dtype]
    for axis in port.axes:
        tensor.shape.dim.add(**({"dim_value": axis} if isinstance(axis, int) else {"dim_param": axis}))


def _write_tensor(tensor: Any, name: str, array: Array) -> None:
    tensor.name = name
    tensor.data_type = _CODES[str(array.dtype)]
    tensor.dims.extend(array.shape)
    tensor.raw_data = array.astype(array.dtype.newbyteorder("<")).tobytes()


def _write_node(proto: Any, node: Node) -> None:
    proto.op_type, proto.name = node.op, node.name
    proto.input.extend(node.inputs)
    proto.output.extend(node.outputs)
    for name, value in sorted(node.attributes.items()):
        attribute = proto.attribute.add(name=name)
        if isinstance(value, str):
            attribute.type, attribute.s = _STRING, value.encode()
        elif isinstance(value, float):
            attribute.type, attribute.f = _FLOAT, value
        elif isinstance(value, int):
            attribute.type, attribute.i = _INT, int(value)
        else:
            attribute.type = _INTS
            attribute.ints.extend(value)


def _opset(model: Any) -> int:
    domains = {entry.domain: int(entry.version) for entry in model.opset_import}
    opset = domains.get("", domains.get("ai.onnx", 0))
    if not MIN_OPSET <= opset <= MAX_OPSET:
        raise OnnxUnsupported(f"its opset is {opset}; supported are {MIN_OPSET} to {MAX_OPSET}")
    return opset


def _read_port(value: Any) -> Port:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        raise OnnxUnsupported(f"{value.name[:60]!r} must be a tensor of known axes")
    dims = tensor.shape.dim
    if not 1 <= len(dims) <= _MAX_AXES:
        raise OnnxUnsupported(f"{value.name[:60]!r} has {len(dims)} axes; supported are 1 to {_MAX_AXES}")
    return Port(
        value.name, _dtype(tensor.elem_type, value.name), tuple(_read_axis(dim, i) for i, dim in enumerate(dims))
    )


def _read_axis(dim: Any, place: int) -> Axis:
    if dim.HasField("dim_value") and dim.dim_value > 0:
        return int(dim.dim_value)
    return str(dim.dim_param) or f"axis{place}"


def _dtype(code: int, name: str) -> str:
    if code not in _DTYPES:
        raise OnnxUnsupported(f"{name[:60]!r} is of the dtype numbered {code}; supported are {', '.join(_CODES)}")
    return _DTYPES[code]


def _read_tensor(tensor: Any) -> Array:
    name, dims = tensor.name[:60], [int(length) for length in tensor.dims]
    if tensor.external_data or tensor.data_location:
        raise OnnxUnsupported(f"the weights {name!r} lie in another file; store them within this one")
    dtype = np.dtype(_dtype(tensor.data_type, name))
    if len(dims) > _MAX_AXES or min(dims, default=0) < 0:
        raise OnnxInvalid(f"the weights {name!r} have the lengths {dims[:_MAX_AXES]}")
    count = math.prod(dims)
    if tensor.raw_data:
        stored, unit = len(tensor.raw_data), dtype.itemsize
    else:
        stored, unit = len(getattr(tensor, _NUMBERS[tensor.data_type])), 1
    if stored != count * unit:
        raise OnnxInvalid(
            f"the weights {name!r} of {dims} need {count * unit:,} bytes or numbers, the file has {stored:,}"
        )
    if tensor.raw_data:
        return np.frombuffer(tensor.raw_data, dtype=dtype.newbyteorder("<")).astype(dtype).reshape(dims)
    return np.array(getattr(tensor, _NUMBERS[tensor.data_type]), dtype=dtype).reshape(dims)


def _check_node(onnx: Any, node: Any, *, opset: int) -> None:
    """Return if a node has the inputs, outputs and kinds of attributes that ONNX says; unknown operators pass."""
    if node.domain not in {"", "ai.onnx"} or not onnx.defs.has(node.op_type):
        return
    place = f"node {node.name[:60]!r} ({node.op_type})"
    try:
        schema = onnx.defs.get_schema(node.op_type, opset, "")
    except onnx.defs.SchemaError as error:
        raise OnnxUnsupported(f"{place}: opset {opset} does not have it") from error
    least = schema.min_input
    if not least <= len(node.input) <= schema.max_input or not all(node.input[:least]):
        raise OnnxInvalid(f"{place} has {len(node.input)} inputs; needed are {least} to {schema.max_input}")
    if not schema.min_output <= len(node.output) <= schema.max_output:
        raise OnnxInvalid(f"{place} has {len(node.output)} outputs; ONNX does not")
    for attribute in node.attribute:
        known = schema.attributes.get(attribute.name)
        if known is not None and int(known.type.value) != attribute.type:
            raise OnnxInvalid(f"{place}: its attribute {attribute.name} is of another kind than ONNX says")
    if missing := [name for name, known in schema.attributes.items() if known.required and name not in _names(node)]:
        raise OnnxInvalid(f"{place} has no attribute {missing[0]}")


def _names(node: Any) -> set[str]:
    return {attribute.name for attribute in node.attribute}


def _read_node(node: Any) -> Node:
    if node.domain not in {"", "ai.onnx"}:
        raise OnnxUnsupported(
            f"node {node.name[:60]!r} is {node.op_type[:40]!r} of {node.domain[:60]!r}, not of ONNX itself"
        )
    attributes = {attribute.name: _read_attribute(attribute, node) for attribute in node.attribute}
    return Node(node.op_type, node.name, tuple(node.input), tuple(node.output), attributes)


_ATTRIBUTES: Final[Mapping[int, Callable[[Any], Attribute]]] = {
    1: lambda attribute: float(attribute.f),
    2: lambda attribute: int(attribute.i),
    3: lambda attribute: str(attribute.s.decode("utf-8", "replace")),
    4: lambda attribute: _read_tensor(attribute.t),
    6: lambda attribute: tuple(float(number) for number in attribute.floats),
    7: lambda attribute: tuple(int(number) for number in attribute.ints),
    8: lambda attribute: tuple(part.decode("utf-8", "replace") for part in attribute.strings),
}
"""What an attribute holds, by its kind as onnx.proto numbers them."""


def _read_attribute(attribute: Any, node: Any) -> Attribute:
    read = _ATTRIBUTES.get(attribute.type)
    if read is None:
        raise OnnxUnsupported(
            f"node {node.name[:60]!r} ({node.op_type[:40]}): its attribute {attribute.name[:40]!r} is of no known kind"
        )
    return read(attribute)


def _check_order(program: Program) -> None:
    """Every name is made once and before it is read: no cycle, nothing from nowhere."""
    known = {program.input.name, *program.weights}
    made: Iterable[str]
    for node in program.nodes:
        for name in node.inputs:
            if name and name not in known:
                raise OnnxInvalid(f"{node} reads {name[:60]!r} before anything makes it: a cycle, or a part is missing")
        made = [name for name in node.outputs if name]
        if not made or len(set(made)) != len(made) or known.intersection(made):
            raise OnnxInvalid(f"{node} makes {[name[:60] for name in made]}, nothing or what is there already")
        known.update(made)
    if program.output.name not in known:
        raise OnnxInvalid(f"nothing makes the output {program.output.name[:60]!r}")
