"""How a layer is described to everything that is not a layer: the designer, a graph, a bundle, a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from azuraforge_learner.errors import LayerInvalid

MAX_SIZE = 65_536
"""Largest width of a layer that a document may ask for."""

MAX_ROW = 8
"""Most integers in one setting."""

Shape = tuple[int, ...]
"""Shape of one sample, the batch axis left out; -1 is an axis that may have any length."""
Settings = Mapping[str, Any]


class SettingKind(StrEnum):
    """What kind of value a layer's parameter takes."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "string"
    """One of the words in `choices`."""
    INTEGERS = "array"
    """A short row of integers, each within the limits."""


Setting = int | float | bool | str | tuple[int, ...]
"""What a layer's parameter may be: plain values that a document can hold; a row is a list there."""

_PLAIN: Mapping[SettingKind, tuple[type, ...]] = {
    SettingKind.INTEGER: (int,),
    SettingKind.NUMBER: (int, float),
    SettingKind.BOOLEAN: (bool,),
    SettingKind.CHOICE: (str,),
    SettingKind.INTEGERS: (list, tuple),
}


@dataclass(frozen=True)
class SettingSpec:
    """One parameter of a layer: its kind, its limits (both allowed) and its default (None: it must be given)."""

    name: str
    kind: SettingKind
    minimum: float | None = None
    maximum: float | None = None
    default: Setting | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> None:
        """Refuse what is not a plain value within the limits. Nothing is converted and nothing is evaluated.

        Raises:
            LayerInvalid: says what was given and what is expected.
        """
        is_bool = isinstance(value, bool)
        if not isinstance(value, _PLAIN[self.kind]) or is_bool != (self.kind is SettingKind.BOOLEAN):
            raise LayerInvalid(f"{self.name} must be {self.kind}, not {type(value).__name__}")
        if isinstance(value, str):
            if value not in self.choices:
                raise LayerInvalid(f"{self.name} must be one of {', '.join(self.choices)}, not {value[:60]!r}")
        elif isinstance(value, list | tuple):
            self._check_row(value)
        else:
            self._check_limits(value)

    def _check_row(self, row: Sequence[object]) -> None:
        if not 1 <= len(row) <= MAX_ROW:
            raise LayerInvalid(f"{self.name} must hold 1 to {MAX_ROW} integers, not {len(row)}")
        for value in row:
            if not isinstance(value, int) or isinstance(value, bool):
                raise LayerInvalid(f"{self.name} must hold integers, not {type(value).__name__}")
            self._check_limits(value)

    def _check_limits(self, value: Any) -> None:
        if isinstance(value, float) and not math.isfinite(value):
            raise LayerInvalid(f"{self.name} must be finite")
        if self.minimum is not None and value < self.minimum:
            raise LayerInvalid(f"{self.name} must be at least {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            raise LayerInvalid(f"{self.name} must be at most {self.maximum:g}")

    def to_dict(self) -> dict[str, Any]:
        """The parameter as JSON Schema."""
        schema: dict[str, Any] = {"type": self.kind.value}
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        given: dict[str, Any] = {name: value for name, value in limits.items() if value is not None}
        if self.kind is SettingKind.INTEGERS:
            given = {"items": {"type": "integer", **given}, "minItems": 1, "maxItems": MAX_ROW}
        if self.choices:
            schema["enum"] = list(self.choices)
        return schema | given | ({} if self.default is None else {"default": self.default})


@dataclass(frozen=True)
class Ports:
    """Where edges of a graph end and begin at a layer: the names of what it reads and of what it answers.

    With `is_row` it reads two values or more, at ports that are called `0`, `1` and so on.
    """

    inputs: tuple[str, ...] = ("x",)
    outputs: tuple[str, ...] = ("y",)
    is_row: bool = False


ONE_TO_ONE: Final = Ports()


@dataclass(frozen=True)
class LayerSpec:
    """The only place where a kind of layer is described.

    `shape_of(settings, input_shape)` gives the output's shape or raises `LayerInvalid`; `parameters_of(settings)`
    counts parameters; `flops_of(settings, input_shape)` counts what one sample costs on the way forward: the
    multiplications and additions of its products, or one operation per number that it reads where it has none. All
    three are arithmetic only: nothing is allocated.
    `check_together` refuses settings that are each allowed but do not fit each other. A layer whose first values are
    random (`is_drawn`) is made with a generator.
    """

    type: str
    version: int
    title: Mapping[str, str]
    description: Mapping[str, str]
    parameters: tuple[SettingSpec, ...]
    shape_of: Callable[[Settings, Shape], Shape]
    parameters_of: Callable[[Settings], int]
    flops_of: Callable[[Settings, Shape], int]
    onnx_op: str | None = None
    """None: an export writes it as several operators."""
    onnx_attributes: Mapping[str, str] | None = None
    """Setting to attribute of `onnx_op`, for a layer that is this very operator, number by number: nothing else is
    needed to export and import it. None: `azuraforge_learner.onnx` translates layout, weights or several operators."""
    check_together: Callable[[Settings], None] | None = None
    is_drawn: bool = False
    ports: Ports = ONE_TO_ONE

    def resolve(self, given: Settings) -> dict[str, Setting]:
        """Check settings against the spec and fill in defaults.

        Raises:
            LayerInvalid: an unknown, missing or unsuitable setting.
        """
        known = {parameter.name for parameter in self.parameters}
        if unknown := sorted(str(name) for name in given if name not in known):
            raise LayerInvalid(f"{self.type} has no parameter {unknown[0][:60]!r}")
        resolved: dict[str, Setting] = {}
        for parameter in self.parameters:
            value = given.get(parameter.name, parameter.default)
            if value is None:
                raise LayerInvalid(f"{self.type} needs the parameter {parameter.name!r}")
            parameter.check(value)
            resolved[parameter.name] = tuple(value) if isinstance(value, list) else value
        if self.check_together is not None:
            self.check_together(resolved)
        return resolved

    def count_flops(self, settings: Settings, shape: Shape) -> int | None:
        """What `flops_of` counts, for one sample of a shape that `shape_of` accepts; None while an axis is open."""
        return None if -1 in shape else self.flops_of(settings, shape)

    def to_dict(self) -> dict[str, Any]:
        """The spec as data, for a catalog."""
        return {
            "type": self.type,
            "version": self.version,
            "title": dict(self.title),
            "description": dict(self.description),
            "parameters": {
                "type": "object",
                "properties": {parameter.name: parameter.to_dict() for parameter in self.parameters},
                "required": [parameter.name for parameter in self.parameters if parameter.default is None],
                "additionalProperties": False,
            },
            "ports": {
                "inputs": list(self.ports.inputs),
                "outputs": list(self.ports.outputs),
                "is_row": self.ports.is_row,
            },
            "onnx_op": self.onnx_op,
        }


def size_setting(name: str) -> SettingSpec:
    """A width: a positive integer within `MAX_SIZE`."""
    return SettingSpec(name, SettingKind.INTEGER, minimum=1, maximum=MAX_SIZE)


def same_shape(settings: Settings, shape: Shape) -> Shape:
    """Shape rule of a layer that works elementwise."""
    del settings
    return shape


def no_parameters(settings: Settings) -> int:
    """Parameter count of a layer that has none."""
    del settings
    return 0


def no_flops(settings: Settings, shape: Shape) -> int:
    """Cost of a layer that only moves numbers."""
    del settings, shape
    return 0


def one_per_number(settings: Settings, shape: Shape) -> int:
    """Cost of a layer that does one thing to every number."""
    del settings
    return math.prod(shape)
