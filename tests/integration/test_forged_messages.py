"""Bytes that nobody should have put on the queues: they start nothing, and the worker goes on."""

from __future__ import annotations

import base64
import json
from typing import Any

from worker_house import House, wait_until

from azuraforge_contracts import ExperimentState, new_id
from azuraforge_contracts.names import QUEUE_LIGHT, QUEUE_TRAIN, TRAIN_TASK
from azuraforge_ledger.testing import list_task_ids
from azuraforge_worker.celery_app import send_wake_up


def message(call: object, **changes: Any) -> bytes:
    """What kombu puts on a Redis list, with some parts changed."""
    envelope: dict[str, Any] = {
        "body": base64.b64encode(json.dumps(call).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": TRAIN_TASK, "id": new_id()},
        "properties": {
            "correlation_id": new_id(),
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": QUEUE_TRAIN},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": new_id(),
        },
    }
    return json.dumps(envelope | changes).encode()


CALL = [[new_id()], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
FORGED: dict[str, bytes] = {
    "empty": b"",
    "no text": b"\xff\xfe\x00\x80",
    "no json": b"{]",
    "null": b"null",
    "a number": b"42",
    "a list": b"[]",
    "a string": b'"start"',
    "an empty object": b"{}",
    "deep": b"[" * 100_000,
    "5,000 digits": b"9" * 5_000,
    "huge": b'"' + b"x" * 20_000_000 + b'"',
    "no properties": message(CALL, properties=None),
    "no delivery info": message(CALL, properties={"delivery_tag": "x", "body_encoding": "base64"}),
    "no headers": message(CALL, headers=None),
    "headers that are a list": message(CALL, headers=[1]),
    "an old protocol": message({"task": TRAIN_TASK, "id": new_id(), "args": [new_id()], "kwargs": {}}, headers={}),
    "a body that is no base64": message(CALL, body="!!!"),
    "a body that is a number": message(CALL, body=7),
    "a body of null": message(None),
    "a body of text": message("x"),
    "a pickle": message(CALL, **{"content-type": "application/x-python-serialize", "content-encoding": "binary"}),
    "yaml": message(CALL, **{"content-type": "application/x-yaml"}),
    "an unknown encoding": message(CALL, **{"content-encoding": "klingon"}),
    "another task": message(CALL, headers={"task": "os.system", "id": new_id()}),
    "a task of celery": message([[], {}, {}], headers={"task": "celery.backend_cleanup", "id": new_id()}),
    "a task that is a list": message(CALL, headers={"task": ["x"], "id": new_id()}),
    "an id that is an object": message(CALL, headers={"task": TRAIN_TASK, "id": {"a": 1}}),
    "no id": message(CALL, headers={"task": TRAIN_TASK}),
    "an eta that is no time": message(CALL, headers={"task": TRAIN_TASK, "id": new_id(), "eta": "soon"}),
    "an eta in the year 9999": message(
        CALL, headers={"task": TRAIN_TASK, "id": new_id(), "eta": "9999-12-31T23:59:59+00:00"}
    ),
    "expired": message(CALL, headers={"task": TRAIN_TASK, "id": new_id(), "expires": "1970-01-01T00:00:00"}),
    "an expiry that is no time": message(CALL, headers={"task": TRAIN_TASK, "id": new_id(), "expires": [1]}),
    "retries of text": message(CALL, headers={"task": TRAIN_TASK, "id": new_id(), "retries": "x"}),
    "a time limit of text": message(CALL, headers={"task": TRAIN_TASK, "id": new_id(), "timelimit": "x"}),
    "arguments that are an object": message([{"a": 1}, [], {}]),
    "a chain": message([[new_id()], {}, {"chain": [{"task": "celery.map", "args": [], "kwargs": {}, "options": {}}]}]),
    "callbacks of text": message([[new_id()], {}, {"callbacks": "x", "errbacks": 4, "chord": 5}]),
    "embedded null": message([[new_id()], {}, None]),
}


def test_forged_bytes_start_nothing_and_the_worker_goes_on(shared_house: House) -> None:
    for content in FORGED.values():
        for queue in (QUEUE_TRAIN, QUEUE_LIGHT):
            shared_house.redis.lpush(queue, content)
    wait_until(lambda: not shared_house.redis.llen(QUEUE_TRAIN), what="the worker has read them all")

    task_id = shared_house.submit("lab_steady", {"epochs": 1})

    assert shared_house.wait_for_state(task_id, ExperimentState.SUCCEEDED).attempt == 1
    assert list_task_ids(shared_house.ledger) == [task_id]
    assert shared_house.workers[0].process.poll() is None


def test_a_thousand_repeats_are_one_training(shared_house: House) -> None:
    task_id = shared_house.submit("lab_steady", {"epochs": 3, "pause_s": 0.02})
    for _ in range(1000):
        send_wake_up(shared_house.app, task_id)

    shared_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    wait_until(lambda: not shared_house.redis.llen(QUEUE_TRAIN), what="the worker has read them all")
    later = shared_house.submit("lab_steady", {"epochs": 1})
    shared_house.wait_for_state(later, ExperimentState.SUCCEEDED)

    assert shared_house.read(task_id).attempt == 1


def test_nobody_stops_a_worker_through_the_broker(shared_house: House) -> None:
    first = shared_house.submit("lab_steady", {"epochs": 1})
    shared_house.wait_for_state(first, ExperimentState.SUCCEEDED)

    shared_house.app.control.shutdown()
    shared_house.app.control.broadcast("pool_shrink", arguments={"n": 3})

    later = shared_house.submit("lab_steady", {"epochs": 30, "pause_s": 0.02})
    shared_house.wait_for_state(later, ExperimentState.SUCCEEDED)
    assert shared_house.workers[0].process.poll() is None
