"""An ONNX file to a model: exactly the one that we exported, or what others' operators have in common with ours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azuraforge_learner.errors import OnnxInvalid
from azuraforge_learner.layers import Graph, Sequential
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.exact import find_exact
from azuraforge_learner.onnx.protobuf import from_bytes
from azuraforge_learner.onnx.read_model import read_model
from azuraforge_learner.onnx.wire import MAX_FILE_BYTES


@dataclass(frozen=True)
class OnnxImport:
    """A model that was read, ready for use.

    Others store images channels first and sequences time first: `x.transpose(input_axes)` turns the file's input into
    the model's, `y.transpose(output_axes)` the model's answer into the file's. For our own files both change nothing.
    `is_exact` says that the file is our own, unchanged: the model is the one that was exported, bit for bit.
    """

    model: Sequential | Graph
    input_shape: Shape
    input_axes: tuple[int, ...]
    output_axes: tuple[int, ...]
    metadata: Mapping[str, str]
    is_exact: bool


def import_onnx(path: Path) -> OnnxImport:
    """Read a model; no other file is touched, nothing in it is executed, no array is made that it does not hold.

    Raises:
        OnnxMissing: the library `onnx` is not installed.
        OnnxInvalid: the file is missing, damaged or too large.
        OnnxUnsupported: names the node that is none of our layers, and what is supported.
    """
    program = from_bytes(_read(path))
    exact = find_exact(program)
    read = exact if exact is not None else read_model(program)
    return OnnxImport(
        read.model, read.input_shape, read.input_axes, read.output_axes, program.metadata, exact is not None
    )


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise OnnxInvalid(f"{path} is missing, or not a file")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE_BYTES:
                raise OnnxInvalid(f"{path} is longer than {MAX_FILE_BYTES:,} bytes")
            return file.read(size)
    except OSError as error:
        raise OnnxInvalid(f"{path} cannot be read: {error}") from error
