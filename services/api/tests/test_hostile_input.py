"""Whatever is sent, the answer is a problem of the 4xx kind that repeats nothing of it."""

import json
import random
import socket
from typing import Any

import pytest
from gateway_fakes import DEADLINE_S, OWNER, FakeWorker, Gateway
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azuraforge_api.experiments.repository import ExperimentRepository

MEBIBYTE = 1024 * 1024
URL = "/api/v1/experiments"
JSON_TYPE = {"Content-Type": "application/json"}

CORPUS = [
    b"", b" ", b"null", b"[]", b"0", b'""', b"{", b"}", b"{}", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\x00",
    b'{"pipeline":"toy","config":{"training":{"epochs":1e999}}}',
    b'{"pipeline":"toy","config":{"training":{"epochs":NaN}}}',
    b'{"pipeline":"toy","config":{"training":{"epochs":99999999999999999999999}}}',
    b'{"pipeline":"toy","config":{"training":{"epochs":-0.0}}}',
    b'{"pipeline":"toy","config":{"note":"\\ud800"}}',
    b'{"pipeline":"toy","config":{"note":"\\u0000"}}',
    b'{"pipeline":"toy","config":{"\\u0000":1}}',
    b'{"pipeline":"toy","pipeline":"toy"}',
    b'{"pipeline":"toy","config":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}",
    b'{"pipeline":"' + b"x" * 101 + b'"}',
    b'{"pipeline":"toy","name":""}',
    b'{"pipeline":"toy","name":"' + b"n" * 121 + b'"}',
    b'{"pipeline":"toy","config":[]}',
    b'{"pipeline":"__proto__","config":{"__class__":{"__init__":1}}}',
    b'{"pipeline":"toy","config":{"source":{"kind":"csv","csv":"/etc/passwd"},"transform":"../../etc/passwd"}}',
    b'{"pipeline":"toy","config":{"source":{"kind":["csv"]}}}',
    b'{"pipeline":"toy","config":{"source":{"kind":null}}}',
    b'{"pipeline":"toy","config":{"features":' + json.dumps(["x"] * 5000).encode() + b"}}",
    b'{"pipeline":"toy","config":' + json.dumps({f"k{n}": n for n in range(5000)}).encode() + b"}",
]  # fmt: skip


def check_refusal(answer: Any, *, status: int | None = None) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert status in {None, answer.status_code}
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"code", "detail", "hint", "errors", "request_id", "status", "title", "type"} <= set(problem)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return problem


@pytest.mark.parametrize("body", CORPUS, ids=range(len(CORPUS)))
def test_the_corpus_is_refused(gateway: Gateway, worker: FakeWorker, body: bytes) -> None:
    problem = check_refusal(gateway.client.post(URL, content=body, headers=JSON_TYPE))
    assert len(problem["errors"]) <= 100


def test_a_value_that_was_sent_is_never_repeated(gateway: Gateway, worker: FakeWorker) -> None:
    secret = "hunter2hunter2"
    for body in (
        {"pipeline": secret},
        {"pipeline": "toy", "config": {"note": secret * 9, "training": {"epochs": secret}, "transform": secret}},
        {"pipeline": "toy", "config": {"source": {"kind": secret}}},
        {"pipeline": ["toy", secret], "name": {"x": secret}},
    ):
        answer = gateway.client.post(URL, json=body)
        check_refusal(answer)
        assert secret not in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(["pipeline", "config", "name", "x"]), JSON).map(
        lambda value: json.dumps({"pipeline": "toy", **value}).encode()
    )
)
def test_no_body_breaks_the_server(gateway: Gateway, worker: FakeWorker, body: bytes) -> None:
    answer = gateway.client.post(URL, content=body, headers=JSON_TYPE)
    assert answer.status_code == 202 or check_refusal(answer)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.sampled_from(["q", "cursor", "state", "limit", "pipeline", "after"]),
)
def test_no_query_breaks_the_server(gateway: Gateway, worker: FakeWorker, value: str, name: str) -> None:
    answer = gateway.client.get(URL, params={name: value})
    assert answer.status_code == 200 or check_refusal(answer)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_one_mebibyte_is_refused_while_it_streams(gateway: Gateway, *, chunked: bool) -> None:
    body = b'{"pipeline":"toy","config":{"note":"' + b"x" * MEBIBYTE + b'"}}'
    content = (body[start : start + 65536] for start in range(0, len(body), 65536)) if chunked else body
    problem = check_refusal(gateway.client.post(URL, content=content, headers=JSON_TYPE), status=413)
    assert problem["code"] == "body_too_large"
    assert problem["errors"][0]["params"] == {"limit": MEBIBYTE}


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-16"}, {"Content-Type": ""},
     {**JSON_TYPE, "Content-Encoding": "gzip"}],
)  # fmt: skip
def test_another_media_type_is_refused(gateway: Gateway, headers: dict[str, str]) -> None:
    check_refusal(gateway.client.post(URL, content=b"{}", headers=headers), status=415)


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "é"])
def test_an_unusable_idempotency_key_is_refused(gateway: Gateway, worker: FakeWorker, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    check_refusal(gateway.client.post(URL, json={"pipeline": "toy"}, headers=headers), status=422)


def test_unknown_methods_and_addresses_are_problems(gateway: Gateway) -> None:
    assert check_refusal(gateway.client.put(URL), status=405)["code"] == "method_not_allowed"
    assert check_refusal(gateway.client.get("/api/v1/nothing"), status=404)["code"] == "not_found"
    assert check_refusal(gateway.client.get("/api/v1/experiments/"), status=404)["code"] == "not_found"
    assert check_refusal(gateway.client.request("PATCH", URL), status=405)


@pytest.mark.parametrize("target", ["/%00", "/api/v1/experiments?q=%00", "/api/v1/experiments/%00/events"])
def test_nul_in_an_address_is_refused(gateway: Gateway, target: str) -> None:
    check_refusal(gateway.client.get(target))


def raw(gateway: Gateway, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=DEADLINE_S) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


@pytest.mark.parametrize(
    "line",
    [
        b"GET /\xff\xfe HTTP/1.1", b"GET /api/v1/experiments?q=\xff HTTP/1.1", b"GET //api/v1/experiments HTTP/1.1",
        b"GET http://evil/ HTTP/1.1", b"GET /../../etc/passwd HTTP/1.1", b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
        b"GET /api/v1/experiments/%ff%fe HTTP/1.1", b"\x16\x03\x01", b"GET / HTTP/9.9", b"OPTIONS * HTTP/1.1",
    ],
)  # fmt: skip
def test_no_request_line_breaks_the_server(gateway: Gateway, line: bytes) -> None:
    key = OWNER["Authorization"].encode()
    request = line + b"\r\nHost: 127.0.0.1\r\nAuthorization: " + key + b"\r\nConnection: close\r\n\r\n"
    answer = raw(gateway, request)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert b"Traceback" not in answer
    assert b"root:" not in answer


def test_ten_bodies_of_random_bytes_at_once_leave_the_server_well(gateway: Gateway) -> None:
    dice = random.Random(5)
    for _ in range(10):
        raw(gateway, dice.randbytes(2000))
    assert gateway.client.get("/api/v1/health").status_code == 200


def test_a_defect_of_ours_is_told_without_its_cause(
    gateway: Gateway, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = gateway.submit()

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the secret cause")

    monkeypatch.setattr(gateway.app.state.parts[ExperimentRepository]._experiments, "get", fail)
    answer = gateway.client.get(f"/api/v1/experiments/{task_id}")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret cause" not in answer.text
