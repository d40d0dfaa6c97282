"""Coming back from our own export: its metadata holds the document, and the graph proves that it is true.

The document says which layers there are. Where in the file each of their numbers lies, the writers know already: they
write a model whose parameters are numbered, and the numbers are read back. Then the model is written once more: only
if that is the file's graph, bit for bit, was the document its own. Anything else is read as a stranger's.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core import Array, Generator
from azuraforge_learner.errors import GraphInvalid, LayerInvalid, OnnxUnsupported
from azuraforge_learner.layers import from_graph, survey_graph
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.orders import natural
from azuraforge_learner.onnx.program import Program, same_graph
from azuraforge_learner.onnx.read_model import ReadModel
from azuraforge_learner.onnx.write_model import GRAPH_KEY, write_model
from azuraforge_learner.onnx.writer import is_parameter
from azuraforge_learner.sealed import SealBroken, parse_json


def find_exact(program: Program) -> ReadModel | None:
    """The very model that was exported; None if this graph is not what we write of the document in its metadata."""
    if GRAPH_KEY not in program.metadata or program.output.dtype not in {"float32", "float64"}:
        return None
    shape = tuple(axis if isinstance(axis, int) else -1 for axis in program.input.axes[1:])
    try:
        document = parse_json(program.metadata[GRAPH_KEY].encode(), name=GRAPH_KEY)
        if survey_graph(document, input_shape=shape).parameters > sum(array.size for array in program.weights.values()):
            return None
        arrays = _find_arrays(document, program, shape=shape)
        if arrays is None:
            return None
        model = from_graph(document, generator=Generator(0)).cast(program.output.dtype)
        model.load_arrays(arrays)
        again = write_model(model, input_shape=shape, metadata={}, dtype=program.output.dtype)
    except (SealBroken, GraphInvalid, LayerInvalid, OnnxUnsupported):
        return None
    axes = natural(len(program.input.axes))
    if not same_graph(again, program):
        return None
    return ReadModel(model.eval(), axes, natural(len(program.output.axes)), shape)


def _find_arrays(document: object, program: Program, *, shape: Shape) -> dict[str, Array] | None:
    """Every parameter and buffer of the document's model from the place where a writer would have put it."""
    model = from_graph(document, generator=Generator(0)).cast("float64")  # whole numbers up to 2^53 are exact there
    own = model.arrays()
    ends = np.cumsum([array.size for array in own.values()]).tolist()
    for array, end in zip(own.values(), ends, strict=True):
        array[...] = np.arange(end - array.size + 1, end + 1).reshape(array.shape)
    total = ends[-1] if ends else 0
    numbers = np.empty(total, dtype=program.output.dtype)
    is_found = np.zeros(total, dtype=bool)
    for name, places in write_model(model, input_shape=shape, metadata={}).weights.items():
        if not is_parameter(name):
            continue
        stored = program.weights.get(name)
        if stored is None or stored.shape != places.shape or stored.dtype != numbers.dtype:
            return None
        ours = places > 0  # zeros are filled in by the writer
        numbers[places[ours].astype(np.int64) - 1] = stored[ours]
        is_found[places[ours].astype(np.int64) - 1] = True
    if not is_found.all():
        return None
    return {
        name: numbers[end - array.size : end].reshape(array.shape)
        for (name, array), end in zip(own.items(), ends, strict=True)
    }
