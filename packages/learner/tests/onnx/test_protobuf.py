"""Files of strangers: read as values, or refused without looking at anything else."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from azuraforge_core import Generator
from azuraforge_learner.errors import OnnxError, OnnxInvalid, OnnxUnsupported
from azuraforge_learner.layers import Linear, Sequential, Tanh
from azuraforge_learner.onnx import import_onnx
from azuraforge_learner.onnx.program import same_graph
from azuraforge_learner.onnx.protobuf import from_bytes, to_bytes
from azuraforge_learner.onnx.write_model import write_model


def good() -> Any:
    g = Generator(0)
    model = Sequential(Linear(2, 3, generator=g), Tanh(), Linear(3, 1, generator=g))
    return onnx.ModelProto.FromString(to_bytes(write_model(model, input_shape=(2,), metadata={"a": "1"})))


def damaged(edit: Callable[[Any], object]) -> bytes:
    model = good()
    edit(model)
    content: bytes = model.SerializeToString()
    return content


def weight(model: Any) -> Any:
    return next(tensor for tensor in model.graph.initializer if tensor.name == "0.weight")


def point_outside(model: Any) -> None:
    tensor = weight(model)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="location", value="../../../../etc/passwd")


def pretend_large(model: Any) -> None:
    tensor = weight(model)
    tensor.ClearField("dims")
    tensor.dims.extend([1_000_000_000, 1_000_000_000])


def make_a_cycle(model: Any) -> None:
    model.graph.node[0].input[0] = model.graph.node[1].output[0]


HOSTILE: dict[str, tuple[Callable[[Any], object], str]] = {
    "weights in another file": (point_outside, "lie in another file"),
    "weights said to be elsewhere": (lambda m: weight(m).external_data.add(key="location", value="x"), "another file"),
    "weights of 10^18 numbers": (pretend_large, r"need 4,000,000,000,000,000,000 bytes"),
    "weights of a negative length": (lambda m: weight(m).dims.__setitem__(0, -2), "have the lengths"),
    "weights of many axes": (lambda m: weight(m).dims.extend([1] * 40), "have the lengths"),
    "weights cut short": (lambda m: setattr(weight(m), "raw_data", b"\0" * 8), "need 24 bytes"),
    "weights of texts": (lambda m: setattr(weight(m), "data_type", TensorProto.STRING), "the dtype numbered 8"),
    "weights in 16 bits": (lambda m: setattr(weight(m), "data_type", TensorProto.FLOAT16), "the dtype numbered 10"),
    "a cycle": (make_a_cycle, "a cycle, or a part is missing"),
    "an input from nowhere": (lambda m: m.graph.node[0].input.__setitem__(1, "nothing"), "a part is missing"),
    "a name made twice": (lambda m: m.graph.node[1].output.__setitem__(0, m.graph.node[0].output[0]), "there already"),
    "an output that nothing makes": (lambda m: setattr(m.graph.output[0], "name", "z"), "nothing makes the output"),
    "two inputs": (lambda m: m.graph.input.add().CopyFrom(m.graph.output[0]), "2 inputs and 1 outputs"),
    "an operator of someone else": (lambda m: setattr(m.graph.node[0], "domain", "com.evil"), "not of ONNX itself"),
    "an unknown operator": (
        lambda m: setattr(m.graph.node[1], "op_type", "Erf"),
        r"\(Erf\): it is none of ours",
    ),
    "an operator without what it reads": (lambda m: m.graph.node[0].ClearField("input"), "has 0 inputs; needed are 2"),
    "an operator of another kind": (
        lambda m: setattr(m.graph.node[1], "op_type", "Loop"),
        r"\(Loop\) has 1 inputs; needed are 2",
    ),
    "an operator that ONNX does not have": (
        lambda m: setattr(m.graph.node[1], "op_type", "RunThis"),
        r"\(RunThis\): it is none of ours; supported are AveragePool",
    ),
    "an operator of another opset": (
        lambda m: setattr(m.graph.node[1], "op_type", "Swish"),
        "opset 21 does not have it",
    ),
    "an old opset": (lambda m: setattr(m.opset_import[0], "version", 7), "its opset is 7"),
    "an opset to come": (lambda m: setattr(m.opset_import[0], "version", 99), "its opset is 99"),
    "no opset": (lambda m: m.ClearField("opset_import"), "its opset is 0"),
    "no graph": (lambda m: m.ClearField("graph"), "0 inputs and 0 outputs"),
    "axes without end": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim.extend(
            [m.graph.input[0].type.tensor_type.shape.dim[0]] * 50
        ),
        "has 52 axes",
    ),
    "an input without axes": (lambda m: m.graph.input[0].type.tensor_type.ClearField("shape"), "known axes"),
    "an input of 10^9 numbers": (
        lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[1], "dim_value", 10**9),
        "takes 2 inputs on the last axis",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_without_other_files_or_memory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit, words = HOSTILE[name]
    content = damaged(edit)
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    opened: list[Path] = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *args, **more: opened.append(self) or real(self, *args, **more))
    monkeypatch.setattr(onnx, "load", None)
    monkeypatch.setattr(onnx.external_data_helper, "load_external_data_for_model", None)
    tracemalloc.start()
    try:
        with pytest.raises(OnnxError, match=words):
            import_onnx(path)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert opened == [path]


def test_a_missing_file_is_refused(path: Path) -> None:
    for place in (path, path.parent):
        with pytest.raises(OnnxInvalid, match="is missing, or not a file"):
            import_onnx(place)


def test_a_file_too_long_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)  # a hole: it takes no room on the disk
    tracemalloc.start()
    try:
        with pytest.raises(OnnxInvalid, match="longer than 1,073,741,824 bytes"):
            import_onnx(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_input_of_a_thousand_million_numbers_is_refused(path: Path) -> None:
    model = onnx.ModelProto.FromString(to_bytes(write_model(Sequential(Tanh()), input_shape=(2,), metadata={})))
    for port in (model.graph.input[0], model.graph.output[0]):
        port.type.tensor_type.shape.dim[1].dim_value = 10**9
    path.write_bytes(model.SerializeToString())
    with pytest.raises(OnnxUnsupported, match="one sample becomes 1,000,000,000 numbers"):
        import_onnx(path)


def test_more_nodes_than_any_model_of_ours_are_refused() -> None:
    def edit(model: Any) -> None:
        last = model.graph.node[-1]
        for i in range(9_000):
            model.graph.node.append(helper.make_node("Tanh", [last.output[0] if i == 0 else f"t{i - 1}"], [f"t{i}"]))

    with pytest.raises(OnnxUnsupported, match="9,003 nodes"):
        from_bytes(damaged(edit))


def test_parts_that_no_model_of_ours_has_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(OnnxUnsupported, match="functions of its own"):
        from_bytes(damaged(lambda model: model.functions.add(name="mine")))


def test_a_program_survives_its_bytes(case: Any) -> None:
    program = write_model(case.model(), input_shape=case.shape, metadata={"id": "7"})
    again = from_bytes(to_bytes(program))
    assert same_graph(program, again)
    assert again.metadata == program.metadata
    assert to_bytes(again) == to_bytes(program)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32, np.bool_])
def test_weights_are_read_however_a_file_stores_them(dtype: Any) -> None:
    array = np.array([[0, 1, 2], [3, 0, 1]]).astype(dtype)

    def edit(model: Any) -> None:
        model.graph.initializer.append(numpy_helper.from_array(array, "raw"))
        code = helper.np_dtype_to_tensor_dtype(array.dtype)
        model.graph.initializer.append(helper.make_tensor("listed", code, array.shape, array.reshape(-1)))

    weights = from_bytes(damaged(edit)).weights
    for name in ("raw", "listed"):
        assert weights[name].dtype == dtype
        np.testing.assert_array_equal(weights[name], array)


@given(st.data())
def test_any_damage_is_refused_or_reads_as_a_model(data: st.DataObject) -> None:
    content = bytearray(damaged(lambda model: None))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    try:
        from_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except OnnxError:
        return
