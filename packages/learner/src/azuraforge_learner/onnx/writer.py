"""Writing a graph: nodes and weights under the names of our layers, transposes only where an order must change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.orders import Order, natural, permutation
from azuraforge_learner.onnx.program import Attribute, Node, single


@dataclass(frozen=True)
class Value:
    """What flows between layers: `shape` is one sample's in our order, `order` tells how it is stored."""

    name: str
    shape: Shape
    order: Order

    @property
    def rank(self) -> int:
        """Axes with the batch."""
        return len(self.shape) + 1


@dataclass
class Draft:
    """What has been written so far."""

    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    turned: dict[tuple[str, Order], str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Writer:
    """Where one layer writes itself; `path` is the layer's, as in `Layer.parameters()`."""

    draft: Draft
    path: str = ""
    dtype: str = "float32"

    def inside(self, name: str) -> Writer:
        """The writer of a layer below."""
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def apply(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """Add an operator that makes one thing, and answer with its name."""
        return self.node(op, inputs, attributes=attributes)[0]

    def node(
        self,
        op: str,
        inputs: Sequence[str],
        *,
        attributes: Mapping[str, Attribute],
        outputs: int = 1,
        skip: int = 0,
    ) -> tuple[str, ...]:
        """Add an operator and answer with the names of what it makes; the first `skip` of its outputs are left out."""
        name = self._free(f"{self.path}/{op}")
        made = (f"{name}.out",) if outputs == 1 else tuple(f"{name}.out{i}" for i in range(outputs))
        kept = {key: single(value) if isinstance(value, float) else value for key, value in attributes.items()}
        self.draft.nodes.append(Node(op, name, tuple(inputs), ("",) * skip + made, kept))
        return made

    def parameter(self, *names: str, array: Array) -> str:
        """A weight under the path of the parameter, or the paths of all parameters that it is made of."""
        name = "+".join(f"{self.path}.{part}" for part in names)
        self.draft.weights[name] = np.ascontiguousarray(array)
        return name

    def number(self, name: str, value: float) -> str:
        """One number in the dtype of the model."""
        return self.constant(name, np.array(value, dtype=self.dtype))

    def integers(self, name: str, *values: int) -> str:
        """A row of integers, such as a shape."""
        return self.constant(name, np.array(values, dtype=np.int64))

    def constant(self, name: str, array: Array) -> str:
        """An array that is no parameter."""
        full = self._free(f"{self.path}/{name}")
        self.draft.weights[full] = np.ascontiguousarray(array).reshape(array.shape)
        return full

    def stored_as(self, x: Value, order: Order) -> Value:
        """The same value in another order; one Transpose serves everyone who asks."""
        if order == x.order:
            return x
        key = (x.name, order)
        if key not in self.draft.turned:
            self.draft.turned[key] = self.apply("Transpose", x.name, perm=permutation(x.order, order))
        return Value(self.draft.turned[key], x.shape, order)

    def naturally(self, x: Value) -> Value:
        """The value in the order of our layers."""
        return self.stored_as(x, natural(x.rank))

    def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.draft.names:
            count += 1
            name = f"{wanted}_{count}"
        self.draft.names.add(name)
        return name


def is_parameter(name: str) -> bool:
    """Whether a weight was written by `Writer.parameter`; constants and nodes have a slash in their names."""
    return "/" not in name
