"""The workloads' models as ONNX graphs, written by hand in the form that onnxruntime runs fastest.

Not our exporter's graphs: the peer must not lose time to a Transpose that we left in, and its answer checks ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from engine.workloads import Start, Workload

OPSET, IR_VERSION = 20, 10
Floats = np.ndarray


class Graph:
    """Nodes and weights in the order in which they are added; every call names its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """A node; the name of its first output."""
        names = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0]

    def split(self, x: str, *, parts: int) -> list[str]:
        """Equal parts along the last axis."""
        names = [f"Split_{len(self.nodes)}_{i}" for i in range(parts)]
        self.nodes.append(helper.make_node("Split", [x], names, axis=-1, num_outputs=parts))
        return names

    def constant(self, array: Floats) -> str:
        """A stored array."""
        name = f"constant_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def linear(self, x: str, w: Floats, b: Floats) -> str:
        """x @ w + b for rows of any rank."""
        return self.add("Add", self.add("MatMul", x, self.constant(w)), self.constant(b))

    def gemm(self, x: str, w: Floats, b: Floats) -> str:
        """x @ w + b for (n, features)."""
        return self.add("Gemm", x, self.constant(w), self.constant(b))


def _recurrent_input(graph: Graph, workload: Workload) -> str:
    """(1, time, features) as (time, 1, features): the same bytes."""
    return graph.add("Reshape", "x", graph.constant(np.array([-1, 1, workload.sizes["features"]])))


def _lstm(graph: Graph, workload: Workload, p: dict[str, Floats]) -> str:
    units = workload.sizes["units"]

    def rows(w: Floats) -> Floats:  # ours are columns i, f, o, g; ONNX has rows i, o, f, c
        i, f, o, g = np.split(w, 4, axis=-1)
        return np.concatenate([i, o, f, g], axis=-1).T[None]

    bias = np.concatenate([rows(p["0.b"]), np.zeros((1, 4 * units), np.float32)], axis=1)
    operands = (graph.constant(rows(p["0.w_x"])), graph.constant(rows(p["0.w_h"])), graph.constant(bias))
    graph.add("LSTM", _recurrent_input(graph, workload), *operands, outputs=3, hidden_size=units)
    last = f"{graph.nodes[-1].output[1]}"
    return graph.gemm(graph.add("Reshape", last, graph.constant(np.array([1, units]))), p["1.weight"], p["1.bias"])


def _mlp(graph: Graph, workload: Workload, p: dict[str, Floats]) -> str:
    del workload
    x = graph.add("Relu", graph.gemm("x", p["0.weight"], p["0.bias"]))
    x = graph.add("Relu", graph.gemm(x, p["2.weight"], p["2.bias"]))
    return graph.gemm(x, p["4.weight"], p["4.bias"])


def _cnn(graph: Graph, workload: Workload, p: dict[str, Floats]) -> str:
    del workload
    x = graph.add("Reshape", "x", graph.constant(np.array([1, 1, 28, 28])))
    for place in ("0", "3"):
        window = p[f"{place}.weight"].transpose(3, 2, 0, 1)
        x = graph.add("Relu", graph.add("Conv", x, graph.constant(window), graph.constant(p[f"{place}.bias"])))
        x = graph.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    rows = p["7.weight"].reshape(5, 5, 32, 10).transpose(2, 0, 1, 3).reshape(800, 10)
    return graph.gemm(graph.add("Flatten", x), rows, p["7.bias"])


def _transformer(graph: Graph, workload: Workload, p: dict[str, Floats]) -> str:
    width, heads = workload.sizes["width"], workload.sizes["heads"]

    def norm(x: str, name: str) -> str:
        weight, bias = graph.constant(p[f"0.{name}.weight"]), graph.constant(p[f"0.{name}.bias"])
        return graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=1e-5)

    packed = graph.linear(norm("x", "first_norm"), p["0.attention.w_in"], p["0.attention.b_in"])
    into = graph.constant(np.array([0, 0, heads, width // heads]))
    q, k, v = (
        graph.add("Transpose", graph.add("Reshape", part, into), perm=perm)
        for part, perm in zip(graph.split(packed, parts=3), ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
    )
    scale = graph.constant(np.array(1 / math.sqrt(width // heads), np.float32))
    weights = graph.add("Softmax", graph.add("Mul", graph.add("MatMul", q, k), scale), axis=-1)
    joined = graph.add("Transpose", graph.add("MatMul", weights, v), perm=(0, 2, 1, 3))
    flat = graph.add("Reshape", joined, graph.constant(np.array([0, 0, width])))
    x = graph.add("Add", "x", graph.linear(flat, p["0.attention.w_out"], p["0.attention.b_out"]))
    wide = graph.add("Relu", graph.linear(norm(x, "second_norm"), p["0.widen.weight"], p["0.widen.bias"]))
    return graph.add("Add", x, graph.linear(wide, p["0.narrow.weight"], p["0.narrow.bias"]))


FAMILIES: dict[str, Callable[[Graph, Workload, dict[str, Floats]], str]] = {
    "lstm": _lstm,
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
}


def graph_of(workload: Workload, start: Start) -> ModelProto:
    """The model for one row, input `x` in our layout, output `y`."""
    graph = Graph()
    answer = FAMILIES[workload.family](graph, workload, start.parameters)
    graph.nodes.append(helper.make_node("Identity", [answer], ["y"]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *workload.input_shape])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    made = helper.make_graph(graph.nodes, workload.name, [x], [y], graph.weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
