"""Files whose paths cross come in as a Graph; what meets as ours cannot is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner.errors import OnnxUnsupported
from azuraforge_learner.layers import Graph, to_graph
from azuraforge_learner.onnx import import_onnx

Run = Callable[[bytes, Array], Array]


def node(op: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(op, inputs.split(), [output], name=f"{op} of {output}", **attributes)


def file(*nodes: Any, shape: tuple[int | str, ...] = ("n", 3), **weights: Array) -> bytes:
    stored = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [f"axis{i}" for i in range(len(shape))])
    graph = helper.make_graph(list(nodes), "other", [x], [y], stored)
    opset = helper.make_opsetid("", 20)
    content: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=10).SerializeToString()
    return content


W, V = Generator(1).normal((3, 3)), Generator(2).normal((6, 3))
CROSSING = {
    "crossing sums": [
        *(node("MatMul", "x w", "a"), node("Tanh", "a", "b"), node("Add", "a b", "c")),
        *(node("Relu", "b", "d"), node("Sum", "c d x", "y")),
    ],
    "a concatenation with itself": [node("Concat", "x x", "a", axis=-1), node("MatMul", "a v", "y")],
    "the input beside an answer": [node("Tanh", "x", "a"), node("Concat", "a x", "y", axis=1)],
    "itself added": [node("Add", "x x", "y")],
    "a formula in the middle": [
        *(node("MatMul", "x w", "a"), node("Add", "a x", "b"), node("Sigmoid", "b", "s"), node("Mul", "b s", "c")),
        *(node("Concat", "c x a", "d", axis=-1), node("Relu", "d", "y")),
    ],
}


@pytest.mark.parametrize("name", CROSSING)
def test_paths_that_cross_are_read_as_a_network(name: str, run: Run, path: Path) -> None:
    used = {entry for each in CROSSING[name] for entry in each.input}
    content = file(*CROSSING[name], **{key: array for key, array in (("w", W), ("v", V)) if key in used})
    path.write_bytes(content)

    back = import_onnx(path)

    x = Generator(3).normal((4, 3))
    assert isinstance(back.model, Graph)
    assert not back.is_exact
    np.testing.assert_allclose(back.model(Tensor(x)).data, run(content, x), rtol=1e-5, atol=1e-5)


def test_parts_are_called_by_their_type_and_place(path: Path) -> None:
    path.write_bytes(file(*CROSSING["crossing sums"], w=W))
    document = to_graph(import_onnx(path).model)
    assert [entry["id"] for entry in document["nodes"]] == ["Linear_0", "Tanh_1", "Add_2", "ReLU_3", "Add_4"]
    assert document["edges"][-4:] == [["Add_2", "Add_4.0"], ["ReLU_3", "Add_4.1"], ["x", "Add_4.2"], ["Add_4", "y"]]


REFUSED = {
    "values of two shapes": [
        *(node("MatMul", "x n", "a"), node("Tanh", "a", "b"), node("Add", "a b", "c"), node("Add", "c x", "d")),
        node("Sum", "d a x", "y"),
    ],
    "side by side on another axis": [node("Tanh", "x", "a"), node("Concat", "a x", "y", axis=0)],
    "products": [node("Tanh", "x", "a"), node("Relu", "a", "b"), node("Mul", "a b", "c"), node("Sum", "c a x", "y")],
}


def test_values_that_are_stored_in_two_orders_do_not_meet(path: Path) -> None:
    """Their shapes are the same: only the order of their axes tells that numbers of different places would be added."""
    turned = [node("Conv", "x k", "a"), node("Transpose", "a", "b", perm=(0, 2, 3, 1)), node("Add", "a b", "y")]
    path.write_bytes(file(*turned, shape=("n", 3, 3, 3), k=Generator(1).normal((3, 3, 1, 1))))
    with pytest.raises(OnnxUnsupported, match="different orders of axes"):
        import_onnx(path)


@pytest.mark.parametrize("name", REFUSED)
def test_what_meets_as_ours_cannot_is_refused(name: str, path: Path) -> None:
    weights = {"n": Generator(1).normal((3, 1))} if name == "values of two shapes" else {}
    path.write_bytes(file(*REFUSED[name], **weights))
    with pytest.raises(OnnxUnsupported):
        import_onnx(path)
