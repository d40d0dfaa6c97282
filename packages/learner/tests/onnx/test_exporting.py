"""Files appear whole, compared and the same every time, or not at all."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from azuraforge_core import Generator
from azuraforge_learner import load_bundle, save_bundle
from azuraforge_learner.errors import OnnxMismatch, OnnxUnsupported
from azuraforge_learner.layers import GRU, LSTM, Dropout, Embedding, Flatten, Layer, Linear, Sequential, Tanh
from azuraforge_learner.onnx import ONNX_FORMAT, OPSET, export_onnx
from azuraforge_learner.onnx.recurrent import GATES


def small() -> Sequential:
    g = Generator(5)
    return Sequential(LSTM(2, 3, generator=g), Dropout(0.2), Linear(3, 1, generator=g))


def metadata(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def test_a_compared_export_tells_what_was_written(path: Path) -> None:
    export = export_onnx(small(), path, input_shape=(-1, 2), verify=True)
    content = path.read_bytes()
    assert (export.bytes, export.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (export.opset, export.nodes) == (OPSET, len(onnx.load(path).graph.node))
    assert export.largest_difference is not None
    assert export.largest_difference <= 1e-5


@pytest.mark.parametrize("layer", [LSTM, GRU])
def test_gates_in_another_order_are_caught_and_nothing_is_written(
    layer: type[Layer], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = layer.__name__
    monkeypatch.setitem(GATES, name, tuple(range(len(GATES[name]))))  # as if ONNX had our order
    model = Sequential(layer(2, 3, generator=Generator(5)))  # type: ignore[call-arg]
    with pytest.raises(OnnxMismatch, match="onnxruntime's answers differ by"):
        export_onnx(model, path, input_shape=(-1, 2), verify=True)
    assert list(path.parent.iterdir()) == []


def test_a_refused_export_leaves_the_old_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"before")
    monkeypatch.setitem(GATES, "LSTM", (3, 2, 1, 0))
    with pytest.raises(OnnxMismatch):
        export_onnx(small(), path, input_shape=(-1, 2), verify=True)
    assert path.read_bytes() == b"before"
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"before")

    def fail(descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk is full"):
        export_onnx(small(), path, input_shape=(-1, 2))
    assert path.read_bytes() == b"before"
    assert list(path.parent.iterdir()) == [path]


def test_the_same_model_gives_the_same_bytes_in_every_process(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from azuraforge_core import Generator\n"
        "from azuraforge_learner.layers import LSTM, Dropout, Linear, Sequential\n"
        "from azuraforge_learner.onnx import export_onnx\n"
        "g = Generator(5)\n"
        "model = Sequential(LSTM(2, 3, generator=g), Dropout(0.2), Linear(3, 1, generator=g))\n"
        "notes = {'b': '2', 'a': '1', 'c': '3'}\n"
        f"print(export_onnx(model, Path({str(path)!r}), input_shape=(-1, 2), metadata=notes).sha256)\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    notes = {"c": "3", "a": "1", "b": "2"}
    assert hashes == {export_onnx(small(), path, input_shape=(-1, 2), metadata=notes).sha256 + "\n"}


def test_ids_of_the_caller_are_in_the_metadata(path: Path) -> None:
    export_onnx(small(), path, input_shape=(-1, 2), metadata={"azuraforge.experiment_id": "0197"})
    notes = metadata(path)
    assert notes["azuraforge.experiment_id"] == "0197"
    assert notes["azuraforge.format"] == ONNX_FORMAT
    assert json.loads(notes["azuraforge.graph"])["format"] == "azf.graph/1"
    with pytest.raises(OnnxUnsupported, match=r"'azuraforge.graph' is written by export_onnx itself"):
        export_onnx(small(), path, input_shape=(-1, 2), metadata={"azuraforge.graph": "mine"})


def test_a_bundle_brings_its_shape_its_hash_and_its_transforms(tmp_path: Path, path: Path) -> None:
    save_bundle(
        tmp_path / "bundle",
        model=small(),
        preprocess={"scaler": {"mean": [1.5]}},
        signature={"input": {"shape": [5, 2]}},
        manifest={"pipeline": "waves"},
        card="# Waves",
    )
    bundle = load_bundle(tmp_path / "bundle")
    export_onnx(bundle, path, verify=True)
    notes = metadata(path)
    assert notes["azuraforge.bundle.sha256"] == bundle.sha256
    assert json.loads(notes["azuraforge.bundle.preprocess"]) == {"scaler": {"mean": [1.5]}}
    assert json.loads(notes["azuraforge.bundle.signature"]) == {"input": {"shape": [5, 2]}}
    assert json.loads(notes["azuraforge.bundle.manifest"])["pipeline"] == "waves"
    assert [dim.dim_value for dim in onnx.load(path).graph.input[0].type.tensor_type.shape.dim] == [0, 5, 2]


def test_a_layer_alone_is_exported_as_a_row_of_one(path: Path) -> None:
    export_onnx(Linear(2, 1, generator=Generator(0)), path, input_shape=(2,), verify=True)
    assert [tensor.name for tensor in onnx.load(path).graph.initializer] == ["0.bias", "0.weight"]


@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("is_alone", [True, False])
def test_an_export_leaves_the_model_as_it_is(path: Path, is_training: bool, is_alone: bool) -> None:
    inner = Dropout(0.4)
    model = inner if is_alone else Sequential(Tanh(), inner)
    _ = model.train() if is_training else model.eval()
    export_onnx(model, path, input_shape=(2,), verify=True)
    assert model.is_training is inner.is_training is is_training


@pytest.mark.parametrize("shape", [None, (0, 2), (-2, 2), (True, 2), ("time", 2), 7, (2.0, 2)])
def test_a_shape_that_says_nothing_is_refused(path: Path, shape: Any) -> None:
    with pytest.raises(OnnxUnsupported, match="input_shape"):
        export_onnx(small(), path, input_shape=shape)


def test_a_shape_that_does_not_fit_is_refused_with_the_place(path: Path) -> None:
    with pytest.raises(OnnxUnsupported, match=r"/nodes/0/parameters: LSTM takes \(time, 2\)"):
        export_onnx(small(), path, input_shape=(-1, 3))
    with pytest.raises(OnnxUnsupported, match="Flatten needs a fixed length"):
        export_onnx(Flatten(), path, input_shape=(-1, 3))


def test_a_layer_of_someone_else_is_refused_by_name(path: Path) -> None:
    class Mine(Tanh):
        pass

    with pytest.raises(OnnxUnsupported, match="Mine is not a layer"):
        export_onnx(Sequential(Mine()), path, input_shape=(2,))


def test_samples_of_the_caller_are_compared(path: Path) -> None:
    model = Embedding(5, 2, generator=Generator(0))
    samples = np.array([[0, 4], [2, 2]])
    assert export_onnx(model, path, input_shape=(-1,), verify=True, samples=samples).largest_difference == 0.0


def test_a_kernel_that_onnxruntime_does_not_have_is_named(path: Path) -> None:
    model = LSTM(2, 3, generator=Generator(0)).cast("float64")
    with pytest.raises(OnnxUnsupported, match=r"LSTM operator does not support double.*cast the model to float32"):
        export_onnx(model, path, input_shape=(-1, 2), verify=True)
    export_onnx(model, path, input_shape=(-1, 2))


def test_a_model_without_weights_may_be_of_either_dtype(path: Path) -> None:
    export_onnx(Tanh(), path, input_shape=(2,), verify=True, dtype="float64")
    assert onnx.load(path).graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    with pytest.raises(OnnxUnsupported, match="dtype is float32, asked for is float64"):
        export_onnx(small(), path, input_shape=(-1, 2), dtype="float64")
