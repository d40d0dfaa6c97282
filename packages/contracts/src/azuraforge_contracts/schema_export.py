"""JSON Schema of every message: what the dashboard's types and other languages are generated from."""

from __future__ import annotations

import json
import sys

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

import azuraforge_contracts
from azuraforge_contracts.message import Message, Request


def list_messages() -> list[type[BaseModel]]:
    """Every public message and request, by name."""
    found: list[type[BaseModel]] = []
    for name in azuraforge_contracts.__all__:
        value = getattr(azuraforge_contracts, name)
        if isinstance(value, type) and issubclass(value, Message | Request) and value not in (Message, Request):
            found.append(value)
    return found


def export_schema() -> dict[str, JsonValue]:
    """One JSON Schema (2020-12) document with a definition per message, as it stands on the wire."""
    _, schema = models_json_schema([(message, "validation") for message in list_messages()], title="AzuraForge")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def main() -> None:
    """Print the document."""
    sys.stdout.write(json.dumps(export_schema(), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
