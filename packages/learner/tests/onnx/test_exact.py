"""Our own files come back as the very model, and only as long as document and graph agree."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import OnnxUnsupported
from azuraforge_learner.layers import LSTM, Dropout, Graph, Linear, ReLU, Sequential, Tanh, to_graph
from azuraforge_learner.onnx import export_onnx, import_onnx


def small() -> Sequential:
    g = Generator(5)
    return Sequential(LSTM(2, 3, generator=g), Dropout(0.2), Linear(3, 3, generator=g), Tanh())


def change(path: Path, edit: Callable[[Any], None]) -> None:
    model = onnx.load(path)
    edit(model)
    onnx.save(model, path)


def set_document(document: object) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        (entry,) = [entry for entry in model.metadata_props if entry.key == "azuraforge.graph"]
        entry.value = document if isinstance(document, str) else json.dumps(document)

    return edit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_model_comes_back_bit_for_bit(case: Any, dtype: str, path: Path) -> None:
    model = case.model(dtype)
    export_onnx(model, path, input_shape=case.shape, dtype=dtype)
    back = import_onnx(path)
    assert back.is_exact
    assert to_graph(back.model) == to_graph(model)
    assert back.input_shape == case.shape
    own, theirs = model.arrays(), back.model.arrays()
    assert own.keys() == theirs.keys()
    assert all(own[name].tobytes() == theirs[name].tobytes() for name in own)
    x = case.samples(2, dtype=dtype)
    assert back.input_axes == tuple(range(x.ndim))
    answer = model(Tensor(x)).data
    assert back.output_axes == tuple(range(answer.ndim))
    assert np.array_equal(back.model(Tensor(x)).data, answer)


def free_edges() -> Graph:
    """Words through an Embedding, a path around a repeated block, and three values of different age side by side."""

    def node(name: str, kind: str, **parameters: object) -> dict[str, Any]:
        return {"id": name, "type": kind, "version": 1, "parameters": parameters}

    cell = {
        "inputs": ["in"],
        "outputs": ["out"],
        "nodes": [node("dense", "Linear", inputs=4, outputs=4), node("sum", "Add")],
        "edges": [["in", "dense"], ["dense", "sum.0"], ["in", "sum.1"], ["sum", "out"]],
    }
    document = {
        "format": "azf.graph/1",
        "inputs": ["x"],
        "outputs": ["y"],
        "nodes": [
            node("words", "Embedding", count=9, width=4),
            {"id": "stage", "block": "cell", "repeat": 2},
            node("tanh", "Tanh"),
            node("all", "Concat"),
            node("end", "Linear", inputs=12, outputs=2),
        ],
        "edges": [
            *(["x", "words"], ["words", "stage"], ["stage", "tanh"], ["tanh", "all.0"], ["stage", "all.1"]),
            *(["words", "all.2"], ["all", "end"], ["end", "y"]),
        ],
        "blocks": {"cell": cell},
    }
    return Graph(document, generator=Generator(5))


def test_a_network_of_free_edges_comes_back_bit_for_bit(path: Path) -> None:
    model = free_edges()
    export = export_onnx(model, path, input_shape=(-1,), verify=True)
    assert export.largest_difference is not None
    assert export.largest_difference <= 1e-5
    back = import_onnx(path)
    assert back.is_exact
    assert isinstance(back.model, Graph)
    assert to_graph(back.model) == to_graph(model)
    x = Tensor(Generator(6).integers((3, 5), high=9))
    assert np.array_equal(back.model(x).data, model.eval()(x).data)


def test_a_network_of_several_inputs_is_not_exported(path: Path) -> None:
    document = free_edges().document
    document["outputs"].append("z")
    document["edges"].append(["tanh", "z"])
    with pytest.raises(OnnxUnsupported, match="one input and one output here"):
        export_onnx(Graph(document, generator=Generator(5)), path, input_shape=(-1,))


def test_negative_zeros_and_odd_numbers_come_back_too(path: Path) -> None:
    model = small()
    layer = model.layers[0]
    layer.b.data[:4] = [-0.0, np.inf, np.nan, 1e-42]  # type: ignore[attr-defined]
    export_onnx(model, path, input_shape=(-1, 2))
    back = import_onnx(path)
    assert back.is_exact
    assert back.model.arrays()["0.b"].tobytes() == layer.b.data.tobytes()  # type: ignore[attr-defined]


def test_weights_that_someone_trained_on_come_along(path: Path) -> None:
    export_onnx(small(), path, input_shape=(-1, 2))

    def edit(model: Any) -> None:
        for tensor in model.graph.initializer:
            if tensor.name == "2.weight":
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 2, tensor.name))

    change(path, edit)
    back = import_onnx(path)
    assert back.is_exact
    assert np.array_equal(back.model.arrays()["2.weight"], small().arrays()["2.weight"] * 2)


@pytest.mark.parametrize(
    "document",
    [
        to_graph(Sequential(*small().layers[:3], ReLU())),
        to_graph(Sequential(*small().layers[:3])),
        {"format": "azf.graph/1", "nodes": [], "edges": []},
        "not JSON",
        "[" * 100_000,
        {"format": "azf.graph/1", "nodes": [{"id": "0", "type": "os.system", "version": 1, "parameters": {}}]},
        {
            "format": "azf.graph/1",
            "nodes": [
                {"id": "0", "type": "Linear", "version": 1, "parameters": {"inputs": 2, "outputs": 40_000_000}},
            ],
            "edges": [],
        },
    ],
)
def test_a_document_that_is_not_the_graph_is_not_believed(path: Path, document: object) -> None:
    model = small()
    export_onnx(model, path, input_shape=(-1, 2))
    change(path, set_document(document))
    back = import_onnx(path)
    assert not back.is_exact
    x = Generator(1).normal((3, 4, 2))
    assert [type(layer).__name__ for layer in back.model.layers] == ["LSTM", "Dropout", "Linear", "Tanh"]
    assert np.array_equal(back.model(Tensor(x)).data, model.eval()(Tensor(x)).data)


def test_a_wide_document_over_a_small_graph_is_not_built(path: Path) -> None:
    export_onnx(Sequential(Tanh()), path, input_shape=(9_000,))
    wide = {"inputs": 9_000, "outputs": 9_000, "has_bias": True}
    node = {"id": "0", "type": "Linear", "version": 1, "parameters": wide}
    change(path, set_document({"format": "azf.graph/1", "nodes": [node], "edges": []}))
    back = import_onnx(path)
    assert not back.is_exact
    assert back.model.arrays() == {}


def test_a_graph_that_was_changed_is_read_as_it_is_now(path: Path) -> None:
    export_onnx(small(), path, input_shape=(-1, 2))

    def edit(model: Any) -> None:
        model.graph.node[-1].op_type = "Sigmoid"

    change(path, edit)
    back = import_onnx(path)
    assert not back.is_exact
    assert type(back.model.layers[-1]).__name__ == "Sigmoid"


def test_a_changed_graph_beyond_our_layers_is_refused(path: Path) -> None:
    export_onnx(small(), path, input_shape=(-1, 2))

    def edit(model: Any) -> None:
        model.graph.node[-1].op_type = "Erf"

    change(path, edit)
    with pytest.raises(OnnxUnsupported, match=r"node '3/Tanh' \(Erf\): it is none of ours"):
        import_onnx(path)
