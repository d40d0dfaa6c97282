"""An ONNX graph as plain values: what the translations write and read, before protobuf and after it.

Only `protobuf.py` knows the library `onnx`; everything between a layer and this file is NumPy and dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from azuraforge_core import Array

OPSET: Final = 21
"""Exports are written in this opset, of May 2024: the first in which every layer of ours that ONNX had an operator for
is that one operator (GroupNormalization was mended in 21, Gelu came in 20, LayerNormalization in 17), and old enough
that onnxruntime 1.18 and the converters for phones and browsers read it. RMSNormalization (23), Swish (24) and
Attention (23) are newer than many of those: they are written as the few operators that they are made of."""
IR_VERSION: Final = 10
"""The file format that belongs to opset 21."""

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | Array
Axis = int | str
"""A length, or the name of a length that is free."""


@dataclass(frozen=True)
class Node:
    """One operator. An input that is left out is an empty name."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"node {self.name[:80]!r} ({self.op})" if self.name else f"the {self.op} node that makes {self.outputs}"


@dataclass(frozen=True)
class Port:
    """What goes in or comes out: its dtype and its axes, the batch among them."""

    name: str
    dtype: str
    axes: tuple[Axis, ...]


@dataclass(frozen=True)
class Program:
    """A graph; nodes stand in an order in which they can run.

    A model has one input and one output; what else a recurrent layer reads and answers with, its state, comes after.
    """

    nodes: tuple[Node, ...]
    weights: Mapping[str, Array]
    input: Port
    output: Port
    metadata: Mapping[str, str] = field(default_factory=dict)
    opset: int = OPSET
    more_inputs: tuple[Port, ...] = ()
    more_outputs: tuple[Port, ...] = ()


def same_graph(one: Program, other: Program) -> bool:
    """Whether both compute the same with the same weights, bit for bit and name by name; metadata may differ."""
    if (one.nodes, one.input, one.output, one.opset) != (other.nodes, other.input, other.output, other.opset):
        return False
    return one.weights.keys() == other.weights.keys() and all(
        _same_bits(array, other.weights[name]) for name, array in one.weights.items()
    )


def single(value: float) -> float:
    """A number as a float attribute keeps it: 32 bits."""
    return float(np.float32(value))


def shortest(value: float) -> float:
    """The shortest decimal that a float attribute keeps as `value`: 1e-05 where it holds 9.99999974738e-06."""
    return float(str(np.float32(value)))


def _same_bits(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
