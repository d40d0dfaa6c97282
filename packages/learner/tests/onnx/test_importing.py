"""Any graph is read as a model or refused by a typed error: nothing that a stranger writes ends otherwise."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from azuraforge_core import Generator, Tensor
from azuraforge_core.errors import CoreError
from azuraforge_learner.errors import LearnerError, OnnxError, OnnxInvalid
from azuraforge_learner.layers import Tanh
from azuraforge_learner.onnx import export_onnx, import_onnx
from azuraforge_learner.onnx.protobuf import to_bytes
from azuraforge_learner.onnx.read_model import READERS
from azuraforge_learner.onnx.write_model import write_model

NAMES = [
    "Concat of image paths", "small image network", "LSTM stacked", "Bidirectional GRU, 1 layers, last", "RMSNorm",
    "GroupNorm of images", "ConvTranspose2D", "Embedding", "GlobalAvgPool2D", "Reshape", "Softplus(beta=3.0)",
    "AvgPool2D overlapping, padded", "Linear over time", "Softmax()", "Dropout", "BatchNorm",
]  # fmt: skip


def change(model: Any, data: st.DataObject) -> None:
    """One change such as a careless or hostile hand may make."""
    graph = model.graph
    node = graph.node[data.draw(st.integers(0, len(graph.node) - 1))]
    names = ["", *(tensor.name for tensor in graph.initializer), *(name for each in graph.node for name in each.output)]
    number = st.integers(-9, 9) | st.sampled_from([10**9, -(2**63), 2**63 - 1])
    what = data.draw(st.sampled_from(["op", "inputs", "input", "output", "attribute", "kind", "weight", "axis"]))
    if what == "op":
        node.op_type = data.draw(st.sampled_from(sorted(READERS)) | st.text(max_size=5))
    elif what == "inputs":
        del node.input[data.draw(st.integers(0, len(node.input))) :]
    elif what == "input" and node.input:
        node.input[data.draw(st.integers(0, len(node.input) - 1))] = data.draw(st.sampled_from(names))
    elif what == "output" and node.output:
        del node.output[:]
        node.output.extend(data.draw(st.lists(st.sampled_from(["y", "z", ""]), max_size=3)))
    elif what == "attribute" and node.attribute:
        attribute = node.attribute[data.draw(st.integers(0, len(node.attribute) - 1))]
        attribute.i, attribute.f = data.draw(number), data.draw(st.floats(width=32))
        del attribute.ints[:]
        attribute.ints.extend(data.draw(st.lists(number, max_size=5)))
    elif what == "kind" and node.attribute:
        node.attribute[0].type = data.draw(st.integers(0, 8))
    elif what == "weight" and graph.initializer:
        tensor = graph.initializer[data.draw(st.integers(0, len(graph.initializer) - 1))]
        shape = data.draw(st.lists(st.integers(0, 3), max_size=4))
        dtype = data.draw(st.sampled_from(["float32", "float64", "int64", "bool"]))
        array = Generator(0).integers(tuple(shape), low=-3, high=9).astype(dtype)
        tensor.CopyFrom(numpy_helper.from_array(np.asarray(array), tensor.name))
    elif what == "axis":
        axes = graph.input[0].type.tensor_type.shape.dim
        axes[data.draw(st.integers(0, len(axes) - 1))].dim_value = data.draw(number)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_is_read_or_refused(data: st.DataObject, cases: dict[str, Any], tmp_path: Path) -> None:
    case = cases[data.draw(st.sampled_from(NAMES))]
    model = onnx.ModelProto.FromString(to_bytes(write_model(case.model(), input_shape=case.shape, metadata={})))
    del model.metadata_props[data.draw(st.integers(0, 1)) :]
    for _ in range(data.draw(st.integers(1, 3))):
        change(model, data)
    path = tmp_path / "changed.onnx"
    path.write_bytes(model.SerializeToString())
    try:
        back = import_onnx(path)
    except OnnxError:
        return
    if len(back.input_axes) == len(case.shape) + 1:
        with suppress(CoreError, LearnerError):  # an input of another shape than it now takes
            back.model(Tensor(np.ascontiguousarray(case.samples(2).transpose(back.input_axes))))


def test_an_input_is_told_in_our_axes(path: Path) -> None:
    export_onnx(Tanh(), path, input_shape=(-1, 3), metadata={"id": "7"})
    back = import_onnx(path)
    assert (back.input_shape, back.input_axes, back.metadata["id"]) == ((-1, 3), (0, 1, 2), "7")
    assert not back.model.is_training


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(OnnxInvalid, match="is missing, or not a file"):
        import_onnx(path)
