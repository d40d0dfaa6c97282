"""The description that the dashboard's types are generated from."""

import json
import subprocess
import sys
from pathlib import Path

from gateway_fakes import Gateway

COMMITTED = Path(__file__).parent.parent / "openapi.json"


def test_the_committed_description_is_todays() -> None:
    command = [sys.executable, "-m", "azuraforge_api.openapi"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(printed) == json.loads(COMMITTED.read_text(encoding="utf-8")), (
        "run: python -m azuraforge_api.openapi > services/api/openapi.json"
    )


def test_the_server_gives_the_same(gateway: Gateway) -> None:
    assert gateway.client.get("/api/v1/openapi.json").json() == json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_every_refusal_is_documented_as_a_problem() -> None:
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    public = {"/api/v1/health", "/api/v1/ready"}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            refusals = {code: answer for code, answer in operation["responses"].items() if int(code) >= 400}
            assert path in public or refusals
            for answer in refusals.values():
                assert path in public or list(answer["content"]) == ["application/problem+json"], (path, answer)


def test_messages_that_no_route_names_are_described_too() -> None:
    schemas = json.loads(COMMITTED.read_text(encoding="utf-8"))["components"]["schemas"]
    assert {"Event", "EpochFinished", "Snapshot", "Heartbeat", "Reset", "Resume", "Results", "Problem"} <= set(schemas)
    text = json.dumps(schemas)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas
