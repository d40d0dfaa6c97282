"""Layers that others write as several operators: recognised by the formula that leads from their input to their end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.onnx.orders import channels_first, keeps_last, stored
from azuraforge_learner.onnx.program import Node, shortest
from azuraforge_learner.onnx.reading import Found, Page, Seen, Step

LONGEST: Final = 9
"""Operators on the longest path through a formula below."""

Formula = str | float | tuple["Formula", ...]
"""`x` is the layer's input, `?name` an array of the file, a number itself, a row an operator and what it reads."""

_X: Final = "x"
_ROOT_2: Final = math.sqrt(2.0)
_BELOW: Final[Formula] = ("Add", ("Erf", ("Div", _X, _ROOT_2)), 1.0)
_CUBE: Final[tuple[Formula, ...]] = (("Pow", _X, 3.0), ("Mul", _X, ("Mul", _X, _X)))
_CENTRED: Final[Formula] = ("Sub", _X, ("ReduceMean", _X))
_GROUPED: Final[Formula] = ("InstanceNormalization", ("Reshape", _X, "?groups"), "?one", "?zero")
_SQUARES: Final[tuple[Formula, ...]] = (("Mul", _X, _X), ("Pow", _X, 2.0))


def _by_tanh(cube: Formula) -> list[Formula]:
    bent: Formula = ("Tanh", ("Mul", ("Add", _X, ("Mul", cube, 0.044715)), math.sqrt(2.0 / math.pi)))
    return _halves(("Add", bent, 1.0))


def _halves(share: Formula) -> list[Formula]:
    return [("Mul", ("Mul", _X, share), 0.5), ("Mul", ("Mul", _X, 0.5), share), ("Mul", _X, ("Mul", share, 0.5))]


def _by_root(square: Formula) -> list[Formula]:
    root: Formula = ("Sqrt", ("Add", ("ReduceMean", square), "?epsilon"))
    scaled: list[Formula] = [("Div", _X, root), ("Mul", _X, ("Reciprocal", root)), ("Mul", _X, ("Div", 1.0, root))]
    return [("Mul", each, "?weight") for each in scaled]


def _by_deviation(square: Formula) -> Formula:
    deviation: Formula = ("Sqrt", ("Add", ("ReduceMean", square), "?epsilon"))
    return ("Add", ("Mul", ("Div", _CENTRED, deviation), "?weight"), "?bias")


FORMULAS: Final[tuple[tuple[str, Mapping[str, str], Formula], ...]] = (
    ("SiLU", {}, ("Mul", _X, ("Sigmoid", _X))),
    ("Softplus", {}, ("Div", ("Softplus", ("Mul", _X, "?beta")), "?beta")),
    *(("GELU", {"approximation": "none"}, formula) for formula in _halves(_BELOW)),
    *(("GELU", {"approximation": "tanh"}, formula) for cube in _CUBE for formula in _by_tanh(cube)),
    *(("RMSNorm", {}, formula) for square in _SQUARES for formula in _by_root(square)),
    ("LayerNorm", {}, _by_deviation(("Pow", _CENTRED, 2.0))),
    ("LayerNorm", {}, _by_deviation(("Mul", _CENTRED, _CENTRED))),
    ("GroupNorm", {}, ("Add", ("Mul", ("Reshape", _GROUPED, ("Shape", _X)), "?weight"), "?bias")),
    ("GroupNorm", {}, ("Add", ("Mul", ("Reshape", _GROUPED, "?shape"), "?weight"), "?bias")),
)
_COMMUTE: Final = frozenset({"Add", "Mul"})


def read_composite(page: Page) -> Step | None:
    """The layer whose formula starts at `page.x`, if there is one."""
    if page.x.spread is not None:
        return None
    for end in page.flow.list_joins(page.x.name, limit=LONGEST):
        for kind, settings, formula in FORMULAS:
            match = _Match(page, {})
            if match.holds(end.outputs[0], formula):
                make = _grouped if kind == "GroupNorm" else _step
                return make(page, kind, settings, match.arrays, end)
    return None


@dataclass(frozen=True)
class _Match:
    page: Page
    arrays: dict[str, Array]

    def holds(self, name: str, formula: Formula) -> bool:
        """Whether a value is made as the formula says; arrays are kept by their names."""
        if formula == _X:
            return name == self.page.x.name
        array = self.page.flow.weights.get(name)
        if isinstance(formula, str):
            return array is not None and self._keep(formula[1:], array)
        if isinstance(formula, float):
            return array is not None and array.size == 1 and math.isclose(array.item(), formula, rel_tol=1e-6)
        node = self.page.flow.makers.get(name)
        return node is not None and node.op == formula[0] and self._fits(node, formula)

    def _fits(self, node: Node, formula: tuple[Formula, ...]) -> bool:
        wanted, given = formula[1:], list(node.inputs[: len(formula) - 1])
        if len(given) != len(wanted) or (node.op == "ReduceMean" and not self._is_over_features(node)):
            return False
        if "epsilon" in node.attributes and not self._keep("epsilon", np.asarray(node.attributes["epsilon"])):
            return False
        return any(self._read(order, wanted) for order in ([given, given[::-1]] if node.op in _COMMUTE else [given]))

    def _read(self, names: list[str], wanted: tuple[Formula, ...]) -> bool:
        before = dict(self.arrays)
        if all(self.holds(name, part) for name, part in zip(names, wanted, strict=True)):
            return True
        self.arrays.clear()  # what a wrong order kept must not stand in the way of the right one
        self.arrays.update(before)
        return False

    def _keep(self, name: str, array: Array) -> bool:
        if name in self.arrays:
            return np.array_equal(self.arrays[name], array)
        self.arrays[name] = array
        return True

    def _is_over_features(self, node: Node) -> bool:
        stored = self.page.flow.weights.get(node.inputs[1]) if len(node.inputs) > 1 else None
        axes = node.attributes.get("axes") if stored is None else tuple(stored.reshape(-1).tolist())
        is_last = axes in {(-1,), (self.page.x.rank - 1,)} and keeps_last(self.page.x.order)
        return is_last and node.attributes.get("keepdims", 1) == 1


def _step(page: Page, kind: str, settings: Mapping[str, str], arrays: Mapping[str, Array], end: Node) -> Step | None:
    known: dict[str, str | int | float] = dict(settings)
    kept: dict[str, Array] = {}
    for name, array in arrays.items():
        if name in {"epsilon", "beta"}:
            if array.size != 1:
                return None
            known[name] = shortest(array.item())
        elif array.shape != page.x.shape[-1:]:
            return None
        else:
            kept[name], known["features"] = array, array.shape[0]
    after = Seen(end.outputs[0], page.x.shape, page.x.order)
    return Step((Found(kind, known, kept),), after)


def _grouped(page: Page, kind: str, settings: Mapping[str, str], arrays: Mapping[str, Array], end: Node) -> Step | None:
    """Before opset 21: an InstanceNormalization over groups laid out as instances, then a factor and an offset."""
    x, channels = page.x, page.x.shape[-1]
    groups, shape = (arrays[name].reshape(-1).tolist() if name in arrays else None for name in ("groups", "shape"))
    first = channels_first(x.rank)
    is_same = shape is None or shape[1:] == list(stored(first, x.shape)[1:])
    if x.order != first or not is_same or groups is None or groups[:1] + groups[2:] != [0, -1]:
        return None
    weight, bias = arrays["weight"], arrays["bias"]
    along = (channels, *(1,) * (x.rank - 2))
    if weight.shape != along or bias.shape != along or not (arrays["one"] == 1).all() or arrays["zero"].any():
        return None
    epsilon = shortest(arrays.get("epsilon", np.array(1e-5)).item())
    known = {**settings, "groups": groups[1], "channels": channels, "epsilon": epsilon}
    found = Found(kind, known, {"weight": weight.reshape(-1), "bias": bias.reshape(-1)})
    return Step((found,), Seen(end.outputs[0], x.shape, x.order))
