from __future__ import annotations

import base64
import json

import pytest

from azuraforge_contracts import new_id
from azuraforge_worker.strict_transport import find_id, make_wake_up

ID = new_id()


def body(call: object) -> dict[str, object]:
    return {**make_wake_up(ID, queue="train"), "body": base64.b64encode(json.dumps(call).encode()).decode()}


@pytest.mark.parametrize("arguments", [[[ID, "more"], {"x": 1}], [[], {"experiment_id": ID, "x": 1}]])
def test_a_wake_up_keeps_its_id_and_nothing_else(arguments: list[object]) -> None:
    found = find_id(body([*arguments, {"chain": [{"task": "celery.map"}]}]))

    assert found == ID
    assert "celery.map" not in base64.b64decode(str(make_wake_up(found, queue="train")["body"])).decode()


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        body([]),
        body([[]]),
        body([[1], {}, {}]),
        body([["../x"], {}, {}]),
        body({"args": [ID]}),
        {**body([[ID], {}, {}]), "body": "!!!"},
        {**body([[ID], {}, {}]), "body": base64.b64encode(b"[" * 40_000).decode()},
        {**body([[ID], {}, {}]), "body": base64.b64encode(json.dumps([[ID], "x" * 100_000]).encode()).decode()},
        {**body([[ID], {}, {}]), "content-type": "application/x-python-serialize"},
        {**body([[ID], {}, {}]), "headers": {"task": "celery.backend_cleanup"}},
        {**body([[ID], {}, {}]), "headers": None},
    ],
)
def test_what_is_no_wake_up_has_no_id(message: object) -> None:
    assert find_id(message) is None
