"""How a config field introduces itself to a person: the `x-azf` keyword of its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True)
class Words:
    """One text in both languages of the interface."""

    tr: str
    en: str

    def to_dict(self) -> dict[str, JsonValue]:
        """The text as data, by language."""
        return {"tr": self.tr, "en": self.en}


def presented(
    title: Words,
    *,
    explained: Words | None = None,
    unit: str = "",
    is_advanced: bool = False,
    choices: Mapping[str, Words] | None = None,
) -> dict[str, JsonValue]:
    """The `json_schema_extra` of a field; `choices` labels its enum or discriminator values."""
    presentation: dict[str, JsonValue] = {
        "title": title.to_dict(),
        "help": explained.to_dict() if explained else None,
        "unit": unit,
        "is_advanced": is_advanced,
        "choices": {value: words.to_dict() for value, words in (choices or {}).items()},
    }
    return {"x-azf": presentation}
