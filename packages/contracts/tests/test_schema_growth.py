"""Messages only grow: the schema of each release is kept here, and today's must not break it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from azuraforge_contracts.schema_export import export_schema
from azuraforge_contracts.schema_growth import find_breaks

RELEASED = sorted(Path(__file__).parent.glob("released/*.json"))


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_todays_messages_break_no_released_reader(path: Path) -> None:
    assert find_breaks(json.loads(path.read_text(encoding="utf-8")), export_schema()) == []


def test_a_release_is_kept() -> None:
    assert RELEASED


def plant(change: str) -> dict[str, Any]:
    schema: dict[str, Any] = copy.deepcopy(dict(export_schema()))
    event = schema["$defs"]["Event"]
    match change:
        case "message removed":
            del schema["$defs"]["Heartbeat"]
        case "field removed":
            del event["properties"]["attempt"]
        case "field required":
            event["required"].append("seq")
        case "type changed":
            event["properties"]["experiment"]["type"] = "integer"
        case "enum value removed":
            schema["$defs"]["ExperimentState"]["enum"].remove("paused")
        case "bound tightened":
            schema["$defs"]["ExperimentCreate"]["properties"]["pipeline"]["maxLength"] = 10
    return schema


@pytest.mark.parametrize(
    "change",
    ["message removed", "field removed", "field required", "type changed", "enum value removed", "bound tightened"],
)
def test_a_planted_break_is_named(change: str) -> None:
    breaks = find_breaks(export_schema(), plant(change))
    assert len(breaks) == 1


def test_a_new_optional_field_and_a_new_enum_value_are_growth() -> None:
    schema: dict[str, Any] = copy.deepcopy(dict(export_schema()))
    schema["$defs"]["Event"]["properties"]["trace"] = {"type": "string", "default": ""}
    schema["$defs"]["ExperimentState"]["enum"].append("archived")
    assert find_breaks(export_schema(), schema) == []
