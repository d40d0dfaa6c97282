"""Checks a config's JSON Schema: every field has bounds, and words in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LANGUAGES = ("tr", "en")
Node = Mapping[str, Any]


def find_schema_faults(schema: Node) -> list[str]:
    """One sentence per field that a form could not show or that has no limit; empty when all is well."""
    faults: list[str] = []
    for place, node in _fields(schema):
        if "const" in node:  # the discriminator of a union: shown by the union's own field
            continue
        faults += [f"{place}: {fault}" for fault in [*_text_faults(node), *_bound_faults(node)]]
    return faults


def _fields(schema: Node) -> Iterator[tuple[str, Node]]:
    for name, node in schema.get("properties", {}).items():
        yield name, node
    for group, definition in schema.get("$defs", {}).items():
        for name, node in definition.get("properties", {}).items():
            yield f"{group}.{name}", node
        if definition.get("type") == "object" and definition.get("additionalProperties") is not False:
            yield f"{group}.*", {"type": "object", "open": True}


def _text_faults(node: Node) -> Iterator[str]:
    if node.get("open"):
        yield "unknown fields are not refused; forbid extra fields"
        return
    shown = node.get("x-azf", {})
    for language in LANGUAGES:
        if not shown.get("title", {}).get(language):
            yield f"it has no title in {language!r}; give it presented(...)"
        if shown.get("help") and not shown["help"].get(language):
            yield f"it has no help in {language!r}"
        for choice in _choices(node):
            if not shown.get("choices", {}).get(choice, {}).get(language):
                yield f"its choice {choice!r} has no label in {language!r}"


def _choices(node: Node) -> list[str]:
    found = [str(choice) for choice in node.get("enum", [])]
    found += [str(choice) for choice in node.get("items", {}).get("enum", [])]
    return found + list(node.get("discriminator", {}).get("mapping", {}))


def _bound_faults(node: Node) -> Iterator[str]:
    kind = node.get("type")
    if kind in {"integer", "number"}:
        if not {"minimum", "exclusiveMinimum"} & node.keys():
            yield "it has no smallest value"
        if not {"maximum", "exclusiveMaximum"} & node.keys():
            yield "it has no largest value"
    if kind == "string" and not {"enum", "maxLength"} & node.keys():
        yield "it has no greatest length"
    if kind == "array" and "maxItems" not in node:
        yield "it has no greatest number of items"
