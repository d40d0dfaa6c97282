"""What others export for our layers, written by hand as they write it; everything else is refused by name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner.errors import OnnxUnsupported
from azuraforge_learner.layers import to_graph
from azuraforge_learner.onnx import OnnxImport, export_onnx, import_onnx

Run = Callable[[bytes, Array], Array]
FLOAT = TensorProto.FLOAT


def numbers(*shape: int, seed: int = 1) -> Array:
    return Generator(seed).normal(shape)


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """A node; names are separated by blanks, `-` is an input left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    return helper.make_node(op, names, outputs.split(), name=f"{op} of {outputs}", **attributes)


def graph(
    nodes: Sequence[Any],
    weights: dict[str, Array],
    shape: Sequence[int | str],
    *,
    answers: int | None = None,
    opset: int = 20,
    kind: int = FLOAT,
) -> bytes:
    """A file that reads x and makes y."""
    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()]
    y = [f"axis{i}" for i in range(answers or len(shape))]
    ports = [helper.make_tensor_value_info("x", kind, shape)], [helper.make_tensor_value_info("y", FLOAT, y)]
    model = helper.make_model(
        helper.make_graph(list(nodes), "other", *ports, stored),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=10,
    )
    content: bytes = model.SerializeToString()
    return content


def types(back: OnnxImport) -> list[str]:
    return [entry["type"] for entry in to_graph(back.model)["nodes"]]


@pytest.fixture
def read(path: Path, run: Run) -> Callable[..., OnnxImport]:
    """Import a file and show that the model answers as onnxruntime does, layouts turned as the import says."""

    def check(content: bytes, x: Array) -> OnnxImport:
        path.write_bytes(content)
        back = import_onnx(path)
        assert not back.is_exact
        answer = back.model(Tensor(np.ascontiguousarray(x.transpose(back.input_axes)))).data
        np.testing.assert_allclose(answer.transpose(back.output_axes), run(content, x), rtol=1e-5, atol=1e-5)
        return back

    return check


Read = Callable[[bytes, Array], OnnxImport]


def test_gemm_with_weights_turned(read: Read) -> None:
    weights = {"w": numbers(4, 3), "b": numbers(4, seed=2)}
    content = graph([node("Gemm", "x w b", "y", transB=1)], weights, ["n", 3])
    assert types(read(content, numbers(2, 3))) == ["Linear"]


def test_gemm_with_one_bias_for_all_and_without(read: Read) -> None:
    weights = {"w": numbers(3, 4), "b": np.float32([0.5]), "v": numbers(4, 2)}
    content = graph([node("Gemm", "x w b", "h"), node("Gemm", "h v", "y")], weights, ["n", 3])
    assert types(read(content, numbers(2, 3))) == ["Linear", "Linear"]


def test_matmul_with_the_bias_on_either_side(read: Read) -> None:
    weights = {"w": numbers(3, 4), "b": numbers(4), "v": numbers(4, 2), "c": numbers(2)}
    nodes = [
        node("MatMul", "x w", "h"), node("Add", "b h", "i"), node("MatMul", "i v", "j"), node("Add", "j c", "y"),
    ]  # fmt: skip
    assert types(read(graph(nodes, weights, ["n", "t", 3]), numbers(2, 5, 3))) == ["Linear", "Linear"]


def test_an_image_network_with_its_channels_first(read: Read) -> None:
    weights = {
        "w": numbers(4, 2, 3, 3), "b": numbers(4), "s": numbers(4) ** 2, "m": numbers(4), "v": numbers(4) ** 2 + 1,
        "f": numbers(5, 24),
    }  # fmt: skip
    nodes = [
        node("Conv", "x w b", "a", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node("BatchNormalization", "a s b m v", "c", epsilon=1e-3),
        node("Relu", "c", "d"),
        node("MaxPool", "d", "e", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "e", "g"),
        node("Dropout", "g", "h"),
        node("Gemm", "h f", "y", transB=1),
    ]
    back = read(graph(nodes, weights, ["n", 2, 6, 4], answers=2), numbers(3, 2, 6, 4))
    assert types(back) == ["Conv2D", "BatchNorm", "ReLU", "MaxPool2D", "Flatten", "Dropout", "Linear"]
    assert back.input_axes == (0, 2, 3, 1)
    assert back.input_shape == (6, 4, 2)
    assert to_graph(back.model)["nodes"][1]["parameters"] == {"channels": 4, "momentum": 0.1, "epsilon": 0.001}


def test_an_image_network_that_ends_in_an_image(read: Read) -> None:
    weights = {"w": numbers(2, 3, 3, 3), "v": numbers(3, 2, 2, 2)}
    nodes = [
        node("ConvTranspose", "x w", "a", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
        node("AveragePool", "a", "b", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        node("ConvTranspose", "b v", "y"),
    ]
    back = read(graph(nodes, weights, ["n", 2, "h", "w"]), numbers(1, 2, 3, 5))
    assert types(back) == ["ConvTranspose2D", "AvgPool2D", "ConvTranspose2D"]
    assert (back.input_axes, back.output_axes) == ((0, 2, 3, 1), (0, 3, 1, 2))


def test_a_row_network_with_its_channels_first(read: Read) -> None:
    nodes = [node("Conv", "x w", "a", group=2, dilations=[2], pads=[2, 2]), node("Transpose", "a", "y", perm=[0, 2, 1])]
    back = read(graph(nodes, {"w": numbers(4, 1, 3)}, ["n", 2, "t"]), numbers(2, 2, 7))
    assert types(back) == ["Conv1D"]
    assert back.output_axes == (0, 1, 2)


@pytest.mark.parametrize(
    ("ending", "weights"),
    [
        ([node("GlobalAveragePool", "a", "b"), node("Flatten", "b", "y")], {}),
        ([node("GlobalAveragePool", "a", "b"), node("Squeeze", "b i", "y")], {"i": np.array([2, 3])}),
        ([node("GlobalAveragePool", "a", "b"), node("Reshape", "b i", "y")], {"i": np.array([0, -1])}),
        ([node("ReduceMean", "a i", "y", keepdims=0)], {"i": np.array([-1, -2])}),
    ],
)
def test_means_over_an_image(read: Read, ending: list[Any], weights: dict[str, Array]) -> None:
    content = graph(
        [node("Conv", "x w", "a"), *ending], {"w": numbers(3, 2, 1, 1), **weights}, ["n", 2, 4, 3], answers=2
    )
    assert types(read(content, numbers(2, 2, 4, 3))) == ["Conv2D", "GlobalAvgPool2D"]


def recurrent(kind: str, *, directions: int = 1) -> dict[str, Array]:
    gates = {"LSTM": 4, "GRU": 3}[kind] * 3
    return {
        "w": numbers(directions, gates, 2),
        "r": numbers(directions, gates, 3, seed=2),
        "b": numbers(directions, 2 * gates, seed=3),
        "one": np.array([1]),
        "zero": np.array([0]),
        "last": np.array(-1),
        "beside": np.array([0, 0, -1]),
        "side": np.array([-1, 3 * directions]),
        "state": np.zeros((directions, 2, 3), np.float32),
    }


OPTIONS: dict[str, dict[str, Any]] = {"LSTM": {"hidden_size": 3}, "GRU": {"hidden_size": 3, "linear_before_reset": 1}}


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_recurrent_network_that_reads_time_first(read: Read, kind: str) -> None:
    state = "state state" if kind == "LSTM" else "state"
    nodes = [node(kind, f"x w r b - {state}", "a", **OPTIONS[kind]), node("Squeeze", "a one", "y")]
    back = read(graph(nodes, recurrent(kind), ["t", "n", 2]), numbers(5, 2, 2))
    assert types(back) == [kind]
    assert (back.input_axes, back.output_axes) == ((1, 0, 2), (1, 0, 2))


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_recurrent_network_that_reads_the_batch_first_and_answers_with_the_last_step(read: Read, kind: str) -> None:
    nodes = [
        node("Transpose", "x", "a", perm=[1, 0, 2]),
        node(kind, "a w r b", "b1", **OPTIONS[kind]),
        node("Squeeze", "b1 one", "c"),
        node("Transpose", "c", "d", perm=[1, 0, 2]),
        node("Gather", "d last", "y", axis=1),
    ]
    back = read(graph(nodes, recurrent(kind), ["n", "t", 2], answers=2), numbers(2, 5, 2))
    assert to_graph(back.model)["nodes"][0]["parameters"]["return_sequences"] is False
    assert back.input_axes == (0, 1, 2)


@pytest.mark.parametrize("kind", OPTIONS)
def test_both_directions_laid_side_by_side(read: Read, kind: str) -> None:
    options = {**OPTIONS[kind], "direction": "bidirectional"}
    weights = recurrent(kind, directions=2)
    all_steps = [
        node(kind, "x w r b", "a", **options),
        node("Transpose", "a", "c", perm=[0, 2, 1, 3]),
        node("Reshape", "c beside", "y"),
    ]
    assert types(read(graph(all_steps, weights, ["t", "n", 2]), numbers(5, 2, 2))) == ["Bidirectional"]
    last_step = [
        node(kind, "x w r b", "- a".replace("-", "unread"), **options),
        node("Transpose", "a", "c", perm=[1, 0, 2]),
        node("Reshape", "c side", "y"),
    ]
    assert types(read(graph(last_step, weights, ["t", "n", 2], answers=2), numbers(5, 2, 2))) == ["Bidirectional"]


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_last_of_all_layers_last_states(read: Read, kind: str) -> None:
    weights = recurrent(kind) | {"w2": numbers(*recurrent(kind)["r"].shape, seed=9)}
    nodes = [
        node(kind, "x w r b", "a h1", **OPTIONS[kind]),
        node("Squeeze", "a one", "c"),
        node(kind, "c w2 r b", "d h2", **OPTIONS[kind]),
        node("Concat", "h1 h2", "h", axis=0),
        node("Gather", "h last", "y", axis=0),
    ]
    assert types(read(graph(nodes, weights, ["t", "n", 2], answers=2), numbers(5, 2, 2))) == [kind, kind]


def test_zero_states_of_the_batchs_length_are_no_layer(read: Read) -> None:
    weights = recurrent("LSTM") | {"at": np.array(1), "units": np.array([3]), "first": np.array([0])}
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s at", "n"),
        node("Unsqueeze", "n first", "m"),
        node("Concat", "one m units", "c", axis=0),
        node("ConstantOfShape", "c", "z"),
        node("LSTM", "x w r b - z z", "unread h", hidden_size=3),
        node("Squeeze", "h zero", "y"),
    ]
    assert types(read(graph(nodes, weights, ["t", "n", 2], answers=2), numbers(5, 2, 2))) == ["LSTM"]


def test_activations_and_normalisations(read: Read) -> None:
    weights = {"s": numbers(4), "b": numbers(4, seed=2), "r": np.float32(0.3)}
    nodes = [
        node("LayerNormalization", "x s b", "a", epsilon=1e-3),
        node("Elu", "a", "c", alpha=0.3),
        node("LeakyRelu", "c", "d"),
        node("Gelu", "d", "e", approximate="tanh"),
        node("Softplus", "e", "f"),
        node("Dropout", "f r", "g"),
        node("Identity", "g", "h"),
        node("LogSoftmax", "h", "y"),
    ]
    back = read(graph(nodes, weights, ["n", "t", 4]), numbers(2, 3, 4))
    assert types(back) == ["LayerNorm", "ELU", "LeakyReLU", "GELU", "Softplus", "Dropout", "LogSoftmax"]
    settings = [entry["parameters"] for entry in to_graph(back.model)["nodes"]]
    assert settings[0] == {"features": 4, "epsilon": 0.001}
    assert (settings[1], settings[2], settings[5]) == ({"alpha": 0.3}, {"slope": 0.01}, {"p": 0.3})


def test_formulas_of_several_operators(read: Read) -> None:
    weights = {
        "half": np.float32(0.5), "root": np.float32(np.sqrt(2)), "one": np.float32(1), "two": np.float32(2),
        "e": np.float32(1e-3), "s": numbers(4), "b": numbers(4, seed=2), "last": np.array([-1]),
    }  # fmt: skip
    nodes = [
        node("Sigmoid", "x", "a"), node("Mul", "a x", "c"),
        node("Div", "c root", "d"), node("Erf", "d", "f"), node("Add", "f one", "g"), node("Mul", "c g", "h"),
        node("Mul", "h half", "i"),
        node("ReduceMean", "i last", "j"), node("Sub", "i j", "k"), node("Pow", "k two", "l"),
        node("ReduceMean", "l last", "m"), node("Add", "m e", "n"), node("Sqrt", "n", "o"), node("Div", "k o", "p"),
        node("Mul", "s p", "q"), node("Add", "q b", "r"),
        node("Pow", "r two", "t"), node("ReduceMean", "t last", "u"), node("Add", "u e", "v"), node("Sqrt", "v", "w"),
        node("Reciprocal", "w", "z"), node("Mul", "r z", "aa"), node("Mul", "aa s", "bb"),
        node("Mul", "bb two", "cc"), node("Softplus", "cc", "dd"), node("Div", "dd two", "y"),
    ]  # fmt: skip
    back = read(graph(nodes, weights, ["n", 4]), numbers(3, 4))
    assert types(back) == ["SiLU", "GELU", "LayerNorm", "RMSNorm", "Softplus"]
    assert to_graph(back.model)["nodes"][3]["parameters"] == {"features": 4, "epsilon": 0.001}


def test_groups_as_instances(read: Read) -> None:
    weights = {
        "g": np.array([0, 2, -1]), "one": np.ones(2, np.float32), "zero": np.zeros(2, np.float32),
        "s": numbers(4, 1, 1), "b": numbers(4, 1, 1, seed=2), "k": numbers(4, 2, 1, 1),
    }  # fmt: skip
    nodes = [
        node("Conv", "x k", "w"), node("Reshape", "w g", "a"),
        node("InstanceNormalization", "a one zero", "c", epsilon=1e-3), node("Shape", "w", "d"),
        node("Reshape", "c d", "e"), node("Mul", "e s", "f"), node("Add", "f b", "y"),
    ]  # fmt: skip
    back = read(graph(nodes, weights, ["n", 2, 3, 5]), numbers(2, 2, 3, 5))
    assert to_graph(back.model)["nodes"][1]["parameters"] == {"groups": 2, "channels": 4, "epsilon": 0.001}


def test_a_table_of_rows_and_its_flattened_answer(read: Read) -> None:
    nodes = [
        node("Gather", "t x", "a"), node("Shape", "a", "s"), node("Gather", "s i", "n"), node("Unsqueeze", "n j", "m"),
        node("Concat", "m k", "c", axis=0), node("Reshape", "a c", "y"),
    ]  # fmt: skip
    weights = {"t": numbers(7, 3), "i": np.array(0), "j": np.array([0]), "k": np.array([-1])}
    content = graph(nodes, weights, ["n", 4], kind=TensorProto.INT64)
    assert types(read(content, Generator(0).integers((2, 4), high=7))) == ["Embedding", "Flatten"]


def test_paths_around_and_beside_each_other(read: Read) -> None:
    weights = {"w": numbers(3, 3), "v": numbers(3, 2)}
    nodes = [
        node("MatMul", "x w", "a"), node("Tanh", "a", "c"), node("Add", "x c", "d"),
        node("MatMul", "d v", "e"), node("Relu", "d", "f"), node("Sigmoid", "f", "g"),
        node("Concat", "e g", "h", axis=-1), node("Tanh", "h", "i"), node("Relu", "h", "j"),
        node("Sigmoid", "h", "k"), node("Sum", "i j k", "y"),
    ]  # fmt: skip
    assert types(read(graph(nodes, weights, ["n", 3]), numbers(2, 3))) == ["Residual", "Concat", "Add"]


def test_paths_within_paths(read: Read) -> None:
    nodes = [
        node("Tanh", "x", "a"), node("Relu", "x", "b"), node("Add", "a b", "c"), node("Elu", "x", "d"),
        node("Add", "c d", "y"),
    ]  # fmt: skip
    back = read(graph(nodes, {}, ["n", 3]), numbers(2, 3))
    assert types(back) == ["Add"]
    assert back.model.layers[0].children()["0"].layers[0].spec.type == "Add"  # type: ignore[attr-defined]


REFUSED: dict[str, tuple[list[Any], dict[str, Array], list[int | str], str]] = {
    "an operator that is none of ours": ([node("Erf", "x", "y")], {}, ["n", 3], r"node 'Erf of y' \(Erf\): it is none"),
    "alpha of Gemm": ([node("Gemm", "x w", "y", alpha=0.5)], {"w": numbers(3, 3)}, ["n", 3], "attribute alpha is 0.5"),
    "weights that are computed": (
        [node("Transpose", "w", "v"), node("MatMul", "x v", "y")], {"w": numbers(3, 3)}, ["n", 3],
        "must be stored in the file, not computed",
    ),
    "windows that are not square": (
        [node("Conv", "x w", "y", strides=[1, 2])], {"w": numbers(2, 2, 1, 1)}, ["n", 2, 4, 4], "its strides is",
    ),
    "padding on one side": (
        [node("Conv", "x w", "y", pads=[0, 0, 1, 1])], {"w": numbers(2, 2, 3, 3)}, ["n", 2, 4, 4], "on every side",
    ),
    "padding that is told by name": (
        [node("Conv", "x w", "y", auto_pad="SAME_UPPER")], {"w": numbers(2, 2, 3, 3)}, ["n", 2, 4, 4], "auto_pad",
    ),
    "three axes of space": (
        [node("Conv", "x w", "y")], {"w": numbers(2, 2, 1, 1, 1)}, ["n", 2, 4, 4, 4], "one or two axes",
    ),
    "a pool that rounds up": (
        [node("MaxPool", "x", "y", kernel_shape=[2, 2], ceil_mode=1)], {}, ["n", 2, 4, 4], "ceil_mode",
    ),
    "a pool that does not count padding": (
        [node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {}, ["n", 2, 4, 4], "count_include",
    ),
    "fewer weights than its channels ask for": (
        [node("Conv", "x w", "y")], {"w": numbers(60, 1, 1, 1)}, ["n", 60, 4, 4], "3,600 parameters, the file holds 60",
    ),
    "reading backwards only": (
        [node("LSTM", "x w r b", "a", hidden_size=3, direction="reverse"), node("Squeeze", "a one", "y")],
        recurrent("LSTM"), ["t", "n", 2], "direction = reverse",
    ),
    "a reset before the product": (
        [node("GRU", "x w r b", "a", hidden_size=3), node("Squeeze", "a one", "y")], recurrent("GRU"), ["t", "n", 2],
        "linear_before_reset = 1",
    ),
    "a first state": (
        [node("GRU", "x w r b - h", "a", **OPTIONS["GRU"]), node("Squeeze", "a one", "y")],
        recurrent("GRU") | {"h": numbers(1, 2, 3)}, ["t", "n", 2], "it has a first state",
    ),
    "other activations": (
        [node("GRU", "x w r b", "a", activations=["Tanh", "Tanh"], **OPTIONS["GRU"]), node("Squeeze", "a one", "y")],
        recurrent("GRU"), ["t", "n", 2], "ours work with Sigmoid, Tanh",
    ),
    "clipped cells": (
        [node("LSTM", "x w r b", "a", hidden_size=3, clip=1.0), node("Squeeze", "a one", "y")],
        recurrent("LSTM"), ["t", "n", 2], "'clip' has no counterpart",
    ),
    "the last step backwards": (
        [
            node("LSTM", "x w r b", "a", hidden_size=3, direction="bidirectional"),
            node("Transpose", "a", "c", perm=[0, 2, 1, 3]), node("Reshape", "c beside", "d"),
            node("Gather", "d last", "y", axis=0),
        ],
        recurrent("LSTM", directions=2), ["t", "n", 2], r"\(Gather\): it is none of ours",
    ),
    "softmax over another axis": ([node("Softmax", "x", "y", axis=2)], {}, ["n", 3, 4, 4], "not over axis 2"),
    "dropout in use": (
        [node("Dropout", "x r t", "y")], {"r": np.float32(0.5), "t": np.array(True)}, ["n", 3], "it drops in use",
    ),
    "a batch that is laid out": ([node("Reshape", "x s", "y")], {"s": np.array([-1, 2])}, ["n", 3], "cannot lay out"),
    "an image in another order at the end": (
        [node("Conv", "x w", "a"), node("Flatten", "a", "y")], {"w": numbers(2, 2, 1, 1)}, ["n", 2, 4, 4],
        "a Linear must follow",
    ),
    "a constant added": ([node("Add", "x b", "y")], {"b": numbers(3)}, ["n", 3], r"\(Add\): it is none of ours"),
    "paths that multiply": (
        [node("Tanh", "x", "a"), node("Relu", "x", "b"), node("Mul", "a b", "y")], {}, ["n", 3], "ours meet again in",
    ),
    "sums that are broadcast": (
        [node("MatMul", "x w", "a"), node("MatMul", "x v", "b"), node("Add", "a b", "y")],
        {"w": numbers(3, 1), "v": numbers(3, 4)}, ["n", 3], "nothing is broadcast",
    ),
    "weights of two dtypes": (
        [node("MatMul", "x w", "a"), node("MatMul", "a v", "y")],
        {"w": numbers(3, 3), "v": numbers(3, 3).astype(np.float64)}, ["n", 3], "all float32 or all float64",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_none_of_our_layers_is_refused_by_name(name: str, path: Path) -> None:
    nodes, weights, shape, words = REFUSED[name]
    path.write_bytes(graph(nodes, weights, shape))
    with pytest.raises(OnnxUnsupported, match=words):
        import_onnx(path)


def test_our_own_layers_are_found_without_the_document(case: Any, path: Path) -> None:
    """What is left when someone strips the metadata; attention is only recognised through it."""
    import onnx  # noqa: PLC0415 - beside the helpers above, for loading

    export_onnx(case.model(), path, input_shape=case.shape)
    stripped = onnx.load(path)
    del stripped.metadata_props[:]
    path.write_bytes(stripped.SerializeToString())
    if any(word in case.name for word in ("Attention", "Positional", "Transformer", "sequence network")):
        with pytest.raises(OnnxUnsupported, match=r"it is none of ours|ours meet again"):
            import_onnx(path)
        return
    x, back = case.samples(2), import_onnx(path)
    assert np.array_equal(back.model(Tensor(x)).data, case.model()(Tensor(x)).data)
