"""Every message that was ever released parses for ever, and says on the wire what it said then."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from azuraforge_contracts.schema_export import list_messages

GOLDEN = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("golden/*.json")
}
MESSAGES = {message.__name__: message for message in list_messages()}
CASES = [
    pytest.param(name, example, id=f"{release}-{name}")
    for release, all_ in GOLDEN.items()
    for name, example in all_.items()
]


def holds(wire: Any, example: Any) -> bool:
    """Whether everything that `example` says is said by `wire`, which may say more."""
    if isinstance(example, dict):
        return isinstance(wire, dict) and all(key in wire and holds(wire[key], value) for key, value in example.items())
    if isinstance(example, list):
        return isinstance(wire, list) and len(wire) == len(example) and all(map(holds, wire, example))
    return bool(wire == example)


@pytest.mark.parametrize(("name", "example"), CASES)
def test_a_released_message_still_parses_and_says_the_same(name: str, example: dict[str, Any]) -> None:
    message: type[BaseModel] = MESSAGES[name]
    parsed = message.model_validate_json(json.dumps(example))
    assert holds(json.loads(parsed.model_dump_json()), example)


def test_every_message_has_a_golden_example() -> None:
    assert set(MESSAGES) - {name for all_ in GOLDEN.values() for name in all_} == set()


def test_the_comparison_notices_a_lost_and_a_changed_value() -> None:
    assert not holds({"a": 1}, {"a": 1, "b": 2})
    assert not holds({"a": [1, 2]}, {"a": [1]})
    assert holds({"a": 1, "new": 2}, {"a": 1})
