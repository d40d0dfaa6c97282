"""A model or a bundle to an ONNX file: written whole or not at all, and compared with onnxruntime before it appears."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from azuraforge_core import Array
from azuraforge_learner.bundles import Bundle
from azuraforge_learner.errors import GraphInvalid, OnnxUnsupported
from azuraforge_learner.layers import Graph, Layer, Sequential, check_graph, to_graph
from azuraforge_learner.layers.sequence import Recurrent
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.program import OPSET
from azuraforge_learner.onnx.protobuf import to_bytes
from azuraforge_learner.onnx.sequence_reader import compare_reading, write_reader
from azuraforge_learner.onnx.verification import compare_answers
from azuraforge_learner.onnx.write_model import GRAPH_KEY, write_model
from azuraforge_learner.sealed import PARTIAL_SUFFIX, sync_folder

FORMAT_KEY: Final = "azuraforge.format"
ONNX_FORMAT: Final = "azf.onnx/1"
_BUNDLE_KEYS: Final = ("sha256", "signature", "preprocess", "manifest")
_RESERVED: Final = frozenset({FORMAT_KEY, GRAPH_KEY, *(f"azuraforge.bundle.{key}" for key in _BUNDLE_KEYS)})


@dataclass(frozen=True)
class OnnxExport:
    """A file that was written. `largest_difference` is to onnxruntime, None if it was not asked for."""

    path: Path
    sha256: str
    bytes: int
    opset: int
    nodes: int
    largest_difference: float | None


def export_onnx(
    model: Layer | Bundle,
    path: Path,
    *,
    input_shape: Shape | None = None,
    metadata: Mapping[str, str] | None = None,
    verify: bool = False,
    samples: Array | None = None,
    dtype: str | None = None,
) -> OnnxExport:
    """Write `model`, as it is in use, for samples of `input_shape`; the same model gives the same bytes.

    The batch may always have any length, other axes where `input_shape` holds -1. It may be left out for a bundle
    whose signature tells it. A layer that is neither `Sequential` nor `Graph` is exported as one around it: its
    parameters are then `0.weight` and so on. `metadata` are ids and notes of the caller's. With `verify` onnxruntime
    answers random samples, or `samples`, and what differs by more than 1e-5 is not written. The dtype is that of the
    weights; a model without any is float32 unless `dtype` says float64.

    Raises:
        OnnxMissing: `onnx` is not installed, or `verify` is asked for without onnxruntime.
        OnnxUnsupported: a layer, a dtype or a shape that cannot be exported.
        OnnxMismatch: onnxruntime answers otherwise.
    """
    notes = {**_about(model), FORMAT_KEY: ONNX_FORMAT}
    if taken := sorted(_RESERVED & (metadata or {}).keys()):
        raise OnnxUnsupported(f"the metadata {taken[0]!r} is written by export_onnx itself")
    shape = _need_shape(model, input_shape)
    chain = _chain(model.model if isinstance(model, Bundle) else model)
    try:
        check_graph(to_graph(chain), input_shape=shape)
        program = write_model(chain, input_shape=shape, metadata={**(metadata or {}), **notes}, dtype=dtype)
    except GraphInvalid as error:
        raise OnnxUnsupported(f"the model cannot be exported for samples of {shape}: {error}") from error
    content = to_bytes(program)
    difference = compare_answers(content, program, chain, samples=samples) if verify else None
    _write(path, content)
    digest = hashlib.sha256(content).hexdigest()
    return OnnxExport(path, digest, len(content), OPSET, len(program.nodes), difference)


def export_reader(
    layer: Recurrent, path: Path, *, metadata: Mapping[str, str] | None = None, verify: bool = False
) -> OnnxExport:
    """Write a recurrent layer as its `read`: x, `lengths`, `h` and (LSTM) `c` go in, y, `h_last` and `c_last` come out.

    For whoever feeds sequences piece by piece or of several lengths at once; `onnx/sequence_reader.py` says the shapes.
    Parameters are called `0.w_x` and so on. With `verify` it is compared with the layer on random sequences.

    Raises:
        OnnxMissing: `onnx` is not installed, or `verify` is asked for without onnxruntime.
        OnnxUnsupported: this is no recurrent layer, or its weights have several dtypes.
        OnnxMismatch: onnxruntime answers otherwise.
    """
    if not isinstance(layer, Recurrent):
        raise OnnxUnsupported(f"{type(layer).__name__} has no state to read from: export_onnx writes it")
    if FORMAT_KEY in (metadata or {}):
        raise OnnxUnsupported(f"the metadata {FORMAT_KEY!r} is written by export_reader itself")
    program = write_reader(layer, metadata={**(metadata or {}), FORMAT_KEY: ONNX_FORMAT})
    content = to_bytes(program)
    difference = compare_reading(content, layer) if verify else None
    _write(path, content)
    return OnnxExport(path, hashlib.sha256(content).hexdigest(), len(content), OPSET, len(program.nodes), difference)


def _about(model: Layer | Bundle) -> dict[str, str]:
    """What a bundle knows of its model, as text; its transforms are not part of the graph."""
    if not isinstance(model, Bundle):
        return {}
    manifest = {key: value for key, value in model.manifest.items() if key not in {"files", "seal", "signature"}}
    known = (model.sha256, _json(dict(model.signature)), _json(dict(model.preprocess)), _json(manifest))
    return {f"azuraforge.bundle.{key}": text for key, text in zip(_BUNDLE_KEYS, known, strict=True)}


def _need_shape(model: Layer | Bundle, given: Shape | None) -> Shape:
    shape: Any = given
    if shape is None and isinstance(model, Bundle):
        entry = model.signature.get("input")
        shape = entry.get("shape") if isinstance(entry, Mapping) else None
    if shape is None:
        raise OnnxUnsupported("say input_shape: one sample's shape without the batch, -1 for an axis of any length")
    is_row = isinstance(shape, list | tuple) and all(type(length) is int for length in shape)
    if not is_row or any(length < 1 and length != -1 for length in shape):
        raise OnnxUnsupported(f"input_shape must hold lengths from 1 on, or -1 for any, not {str(shape)[:60]}")
    return tuple(shape)


def _chain(model: Layer) -> Sequential | Graph:
    if type(model) is Sequential or type(model) is Graph:
        return model
    chain = Sequential(model)
    chain.is_training = model.is_training
    return chain


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)
