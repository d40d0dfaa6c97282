"""Reading a graph: what a translation is given of it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.errors import OnnxUnsupported
from azuraforge_learner.layers.spec import Settings, Shape
from azuraforge_learner.onnx.flow import Flow
from azuraforge_learner.onnx.orders import Order, keeps_last, natural
from azuraforge_learner.onnx.program import Attribute, Node


class OrderUnsupported(OnnxUnsupported):
    """Axes come in another order than a node reads: another guess of how the input is stored may do."""


@dataclass(frozen=True)
class Found:
    """A layer that was recognised. `arrays` are its parameters and buffers, `branches` the rows of layers in it."""

    type: str
    settings: Settings = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)
    branches: tuple[tuple[Found, ...], ...] = ()


@dataclass(frozen=True)
class Seen:
    """A value of the file: one sample's shape in our order, and how the file stores it.

    `spread[i]` is the place in the file of our feature i, where a file flattened an image in its own order; the next
    layer with weights per feature takes them in that order.
    """

    name: str
    shape: Shape
    order: Order
    spread: Array | None = None

    @property
    def rank(self) -> int:
        """Axes with the batch."""
        return len(self.shape) + 1


@dataclass(frozen=True)
class Step:
    """What one translation read: the layers (none for a mere transpose) and the value after them."""

    layers: tuple[Found, ...]
    after: Seen


@dataclass(frozen=True)
class Page:
    """The graph around one node, with the questions that every translation asks."""

    flow: Flow
    node: Node
    x: Seen

    def refuse(self, why: str) -> NoReturn:
        """Say that this node is none of our layers.

        Raises:
            OnnxUnsupported: always.
        """
        raise OnnxUnsupported(f"{self.node}: {why}")

    def need_order(self, order: Order) -> None:
        """Go on if the value is stored in this order.

        Raises:
            OrderUnsupported: it is not.
        """
        if self.x.order != order or self.x.spread is not None:
            self._refuse_order(f"in the order {order} of ours")

    def need_natural(self) -> None:
        """Go on if the value is stored as our layers have it."""
        self.need_order(natural(self.x.rank))

    def need_last(self) -> None:
        """Go on if features are stored last, in our order."""
        if not keeps_last(self.x.order) or self.x.spread is not None:
            self._refuse_order("with the features last")

    def weight(self, place: int, what: str) -> Array:
        """The array at an input, which must be part of the file.

        Raises:
            OnnxUnsupported: it is computed by other nodes.
        """
        found = self.find_weight(place)
        if found is None:
            self.refuse(f"its {what} must be stored in the file, not computed")
        return found

    def number(self, place: int, what: str) -> float:
        """The one number at an input, which must be part of the file."""
        array = self.weight(place, what)
        if array.size != 1:
            self.refuse(f"its {what} must be one number, not {array.shape}")
        return float(array.item())

    def integers(self, place: int, what: str) -> list[int]:
        """The row of integers at an input, which must be part of the file."""
        array = self.weight(place, what)
        if array.dtype.kind not in "iu" or array.ndim > 1:
            self.refuse(f"its {what} must be a row of integers, not {array.dtype}{array.shape}")
        return [int(number) for number in array.reshape(-1)]

    def find_weight(self, place: int) -> Array | None:
        """The array at an input, None if it is left out or computed."""
        return self.flow.weights.get(self.node.inputs[place]) if self.has(place) else None

    def has(self, place: int) -> bool:
        """Whether an input is given."""
        return place < len(self.node.inputs) and bool(self.node.inputs[place])

    def only_known(self, **known: Attribute | None) -> None:
        """Refuse attributes that are not named, and those that are not as they must be (None: any value)."""
        for name, value in self.node.attributes.items():
            if name not in known:
                self.refuse(f"its attribute {name[:40]!r} has no counterpart")
            wanted = known[name]
            if wanted is not None and not np.array_equal(np.asarray(value), np.asarray(wanted)):
                self.refuse(f"its attribute {name} is {str(value)[:40]}; supported is {wanted}")

    def attribute(self, name: str, default: Any) -> Any:
        """An attribute of the default's type.

        Raises:
            OnnxUnsupported: it is of another type.
        """
        value = self.node.attributes.get(name, default)
        if default is not None and type(value) is not type(default):
            self.refuse(f"its attribute {name} must be of type {type(default).__name__}")
        return value

    def answer(self, *layers: Found, shape: Shape, order: Order | None = None, spread: Array | None = None) -> Step:
        """The step over this node alone."""
        order = self.x.order if order is None else order
        return Step(layers, Seen(self.node.outputs[0], shape, order, spread))

    def _refuse_order(self, wanted: str) -> NoReturn:
        scattered = ", their features scattered by a Flatten" if self.x.spread is not None else ""
        raise OrderUnsupported(f"{self.node}: it reads axes {wanted}, but they come as {self.x.order}{scattered}")

    def at(self, node: Node, x: Seen) -> Page:
        """The page of a node further on."""
        return Page(self.flow, node, x)


Reader = Callable[[Page], Step | None]
"""Reads a node; None: this node is not one of its kind, another reader may try."""
