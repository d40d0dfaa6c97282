"""The only-grow rule: what was released must be readable for ever.

Two schema documents of `schema_export` are compared. A message may gain optional fields and enum values; it may not
lose a field, change a field's type, require a new field, or tighten what it accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
_TEXT: Final = frozenset({"title", "description", "default", "examples"})
_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def find_breaks(released: Schema, current: Schema) -> list[str]:
    """One sentence per change that would break a reader or writer of `released`; empty when it only grew."""
    old, new = released.get("$defs", {}), current.get("$defs", {})
    breaks = [f"{name}: the message is gone" for name in sorted(set(old) - set(new))]
    for name in sorted(set(old) & set(new)):
        breaks.extend(_compare(name, old[name], new[name]))
    return breaks


def _compare(where: str, old: Schema, new: Schema) -> list[str]:
    breaks = _compare_enum(where, old, new) + _compare_bounds(where, old, new)
    required = set(new.get("required", [])) - set(old.get("required", []))
    breaks += [f"{where}.{field}: became required" for field in sorted(required)]
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    breaks += [f"{where}.{field}: the field is gone" for field in sorted(set(old_fields) - set(new_fields))]
    for field in sorted(set(old_fields) & set(new_fields)):
        breaks += _compare(f"{where}.{field}", old_fields[field], new_fields[field])
    if _shape(old) != _shape(new):
        breaks.append(f"{where}: the type changed from {_shape(old)} to {_shape(new)}")
    return breaks


def _compare_enum(where: str, old: Schema, new: Schema) -> list[str]:
    lost = [value for value in old.get("enum", []) if value not in new.get("enum", [])]
    return [f"{where}: the value {value!r} is gone" for value in lost]


def _compare_bounds(where: str, old: Schema, new: Schema) -> list[str]:
    def is_tighter(key: str, *, sign: int) -> bool:
        if key not in new:
            return False
        return key not in old or sign * (new[key] - old[key]) > 0

    tighter = [key for key in _LOWER_BOUNDS if is_tighter(key, sign=1)]
    tighter += [key for key in _UPPER_BOUNDS if is_tighter(key, sign=-1)]
    return [f"{where}: {key} became tighter" for key in tighter]


def _shape(schema: Schema) -> object:
    """What the wire value is, without words, bounds and the parts that are compared field by field."""
    skipped = _TEXT | {"properties", "required", "enum", *_LOWER_BOUNDS, *_UPPER_BOUNDS}
    return {key: _strip(value) for key, value in schema.items() if key not in skipped}


def _strip(value: object) -> object:
    if isinstance(value, Mapping):
        return _shape(value)
    if isinstance(value, list):
        return [_strip(item) for item in value]
    return value
