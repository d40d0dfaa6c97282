"""Every layer answers in onnxruntime as it does here, and its graph looks as a person would draw it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner.errors import GraphInvalid, LayerInvalid, OnnxUnsupported
from azuraforge_learner.layers import (
    LAYERS,
    LSTM,
    BatchNorm,
    Conv2D,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from azuraforge_learner.onnx.program import Program
from azuraforge_learner.onnx.protobuf import to_bytes
from azuraforge_learner.onnx.write_model import WRITERS, write_model

Run = Callable[[bytes, Array], Array]
TOLERANCE = 1e-5


def assert_answers_agree(case: Any, run: Run) -> None:
    model = case.model()
    content = to_bytes(write_model(model, input_shape=case.shape, metadata={}))
    for n, free in ((1, 5), (3, 8)):
        x = case.samples(n, free=free)
        ours, theirs = model(Tensor(x)).data, run(content, x)
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        assert float(np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(ours)), initial=0)) <= TOLERANCE


def ops(program: Program) -> list[str]:
    return [node.op for node in program.nodes]


def test_every_layer_answers_alike_in_onnxruntime(case: Any, run: Run) -> None:
    assert_answers_agree(case, run)


@pytest.mark.slow
def test_every_layer_answers_alike_over_the_wide_grid(wide_case: Any, run: Run) -> None:
    assert_answers_agree(wide_case, run)


def test_no_layer_that_a_document_can_name_is_left_out(cases: dict[str, Any]) -> None:
    assert set(WRITERS) == set(LAYERS.values())
    exported = {type(layer).__name__ for case in cases.values() for _, layer in case.model().walk()}
    assert exported >= {*LAYERS, "Residual", "Add", "Concat", "Sequential"}


def test_float64_writes_the_same_graph_with_the_same_weights(case: Any) -> None:
    model = case.model()
    single = write_model(model, input_shape=case.shape, metadata={})
    double = write_model(model.cast("float64"), input_shape=case.shape, metadata={}, dtype="float64")
    without_casts = [op for op in ops(single) if op != "Cast"]
    assert [op for op in ops(double) if op != "Cast"] == without_casts
    assert double.output.dtype == "float64"
    assert double.weights.keys() == single.weights.keys()
    for name, array in single.weights.items():
        np.testing.assert_array_equal(double.weights[name].astype(array.dtype), array)
    to_bytes(double)  # the checker infers every type and shape


@pytest.mark.parametrize(
    "name",
    [
        "AvgPool2D overlapping, padded",
        "BatchNorm of images",
        "Conv2D strided",
        "Conv2D grouped",
        "ConvTranspose2D of any size",
        "ELU(alpha=0.3)",
        "GELU(approximation='none')",
        "GroupNorm of images",
        "GRU",
        "LSTM",
        "LayerNorm",
        "Linear",
        "MultiHeadAttention, -1, causal True",
        "PositionalEncoding, -1",
        "RMSNorm",
        "Softplus(beta=3.0)",
        "TransformerEncoder, 4, gelu",
        "small image network",
    ],
)
def test_float64_answers_alike_in_the_reference_of_onnx(cases: dict[str, Any], name: str) -> None:
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415 - slow to import; onnxruntime has few 64-bit kernels

    case = cases[name]
    model, x = case.model("float64"), case.samples(2, dtype="float64")
    content = to_bytes(write_model(model, input_shape=case.shape, metadata={}, dtype="float64"))
    (theirs,) = ReferenceEvaluator(content).run(None, {"x": x})
    assert theirs.dtype == np.float64
    np.testing.assert_allclose(theirs, model(Tensor(x)).data, rtol=1e-5, atol=1e-6)


def test_a_spec_names_the_operator_that_is_written(cases: dict[str, Any]) -> None:
    seen = set()
    for case in cases.values():
        layer = case.model().layers[0]
        if type(layer).__name__ in LAYERS and len(case.model().layers) == 1:
            written = ops(write_model(case.model(), input_shape=case.shape, metadata={}))
            wanted = layer.spec.onnx_op
            if wanted == "Gemm" and len(case.shape) > 1:  # Gemm knows two axes only
                wanted = "MatMul"
            if type(layer) is Linear and not layer.has_bias:
                wanted = "MatMul"
            assert wanted is None or wanted in written, case.name
            if layer.spec.onnx_attributes is not None:
                assert written == [wanted]
            seen.add(type(layer).__name__)
    assert seen == set(LAYERS)


def test_weights_are_called_as_our_parameters(case: Any) -> None:
    model = case.model()
    written = write_model(model, input_shape=case.shape, metadata={}).weights
    names = [part for name in written if "/" not in name for part in name.split("+")]
    assert sorted(names) == sorted(model.arrays())


def test_an_image_network_turns_its_axes_once_and_back_once(cases: dict[str, Any]) -> None:
    case = cases["small image network"]
    counts = Counter(ops(write_model(case.model(), input_shape=case.shape, metadata={})))
    assert counts["Transpose"] == 2  # channels first before the first Conv, ours before Flatten


def test_stacked_recurrent_layers_turn_their_axes_once() -> None:
    g = Generator(0)
    chain = [LSTM(2, 3, generator=g, return_sequences=True), Linear(3, 2, generator=g), LayerNorm(2), Tanh()]
    model = Sequential(*chain, LSTM(2, 3, generator=g, layers=2), Linear(3, 1, generator=g))
    written = ops(write_model(model, input_shape=(-1, 2), metadata={}))
    assert written == [
        "Transpose", "LSTM", "Squeeze", "MatMul", "Add", "LayerNormalization", "Tanh",
        "LSTM", "Squeeze", "LSTM", "Squeeze", "Gemm",
    ]  # fmt: skip


def test_one_transpose_serves_all_who_read_it() -> None:
    g = Generator(0)
    model = Sequential(Residual(Conv2D(2, 2, kernel=1, generator=g)), MaxPool2D(2), BatchNorm(2), ReLU())
    written = ops(write_model(model, input_shape=(4, 4, 2), metadata={}))
    assert written == ["Transpose", "Conv", "Add", "MaxPool", "BatchNormalization", "Relu", "Transpose"]


def test_free_axes_have_names_and_fixed_ones_lengths() -> None:
    program = write_model(
        Sequential(Conv2D(2, 3, kernel=1, generator=Generator(0))), input_shape=(-1, 5, 2), metadata={}
    )
    assert program.input.axes == ("batch", "height", 5, 2)
    assert program.output.axes == ("batch", "height", 5, 3)
    program = write_model(Sequential(LSTM(2, 3, generator=Generator(0))), input_shape=(-1, 2), metadata={})
    assert (program.input.axes, program.output.axes) == (("batch", "time", 2), ("batch", 3))


def test_a_layer_of_someone_else_is_refused_by_name() -> None:
    class Mine(Tanh):
        pass

    with pytest.raises(GraphInvalid, match="Mine is not a layer"):
        write_model(Sequential(Mine()), input_shape=(2,), metadata={})


def test_a_layer_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LayerInvalid, match="Flatten needs a fixed length"):
        write_model(Sequential(Flatten()), input_shape=(-1, 2), metadata={})


def test_arrays_of_two_dtypes_are_refused() -> None:
    model = Sequential(Linear(2, 2, generator=Generator(0)), Linear(2, 2, generator=Generator(0)).cast("float64"))
    with pytest.raises(OnnxUnsupported, match="float32, float64; cast it"):
        write_model(model, input_shape=(2,), metadata={})
