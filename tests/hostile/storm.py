# ruff: noqa: E501 - tables of hostile values
"""Thousands of hostile requests per role against a running gateway, each answer judged; `make hostile` runs it whole.

Requests come from the OpenAPI document (good ones and broken ones, made by schemathesis) and from a corpus of what no
schema describes. An answer is wrong when it is a 5xx, shows a trace, repeats a value that was sent, or refuses without
a problem document.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

TRACES: Final = ("Traceback (most recent call last)", 'File "/', "sqlalchemy", "psycopg", "site-packages", "sqlite3.")
SHORTEST_ECHO: Final = 6
IGNORED_HEADERS: Final = frozenset({"connection", "user-agent", "accept-encoding", "x-schemathesis-testcaseid"})
STREAMS: Final = ("/events/stream",)
"""Answers without an end are not read by a storm."""

CLIMBS: Final = (
    "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..\\..\\windows\\win.ini", "%252e%252e%252f",
    "%c0%ae%c0%ae/", "....//....//etc/passwd", "..;/..;/", "/etc/passwd", "file:///etc/passwd", "C:\\x", "\\\\host\\share", ".", "..",
    "%00", "a%00.json", "results.json%00.html", "%ff%fe", "CON", "~root", "$HOME", "`id`", "{{7*7}}", "' OR '1'='1", "\u202e", "\ufeff",
    "9" * 5000, "-1", "1e999", "NaN", "0197a1b2-0000-7000-8000-0000000000aA", "{0197a1b2-0000-7000-8000-0000000000aa}", "x" * 4000,
)  # fmt: skip
BODIES: Final = (
    b"", b"\x00", b"null", b"[]", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"a":1e999}', b'{"a":NaN}', b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":"\\ud800"}', b'{"name":"\\u202e"}', b'{"a":1,"a":2}', b"[" * 5000, b'{"a":' * 5000, b'{"__proto__":{"x":1}}',
    json.dumps({"name": "../../etc/passwd", "pipeline": "../../etc/passwd", "config": {"csv": "/etc/passwd"}}).encode(),
    json.dumps({"pipeline": "toy", "config": {"source": {"kind": "csv", "csv": "x" * 70_000}}}).encode(),
)  # fmt: skip
MEDIA_TYPES: Final = ("application/json", "text/plain", "application/xml", "multipart/form-data; boundary=x", "")


@dataclass
class Findings:
    """What a storm saw."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def judge(answer: httpx.Response, *, sent: Mapping[str, Any]) -> list[str]:
    """What is wrong with an answer; empty when nothing is."""
    text = answer.text.replace('\\"', '"')  # as it reads without JSON's escapes
    found = []
    if answer.status_code >= 500:
        found.append(f"status {answer.status_code}")
    if any(trace in text for trace in TRACES) and answer.status_code >= 400:
        found.append("a trace")
    if answer.status_code >= 400:
        if answer.headers.get("content-type") != "application/problem+json":
            found.append("a refusal that is no problem document")
        else:
            words = _words_of(answer.json())
            found += [f"an echo of {value[:40]!r}" for value in _values_of(sent) if value in words]
    return found


def _words_of(problem: Mapping[str, Any]) -> str:
    """The sentences of a problem. A pointer names keys, which is its purpose; `params` hold our own limits and choices."""
    return "\n".join([problem["detail"], problem["hint"], *(one["message"] for one in problem["errors"])])


def _values_of(sent: Any) -> Iterator[str]:
    if isinstance(sent, Mapping):
        for value in sent.values():
            yield from _values_of(value)
    elif isinstance(sent, list | tuple):
        for value in sent:
            yield from _values_of(value)
    elif isinstance(sent, str) and len(sent) >= SHORTEST_ECHO and not sent.isspace():
        yield sent


class Storm:
    """Requests of one role."""

    def __init__(self, url: str, headers: Mapping[str, str], *, document: dict[str, Any]) -> None:
        self._client = httpx.Client(base_url=url, timeout=60.0, headers=dict(headers))
        self._url = url
        self._document = document
        self.findings = Findings()

    def run(self, *, examples: int, share: int = 1, number: int = 1) -> Findings:
        """One in `share` of the corpus, then `examples` good and as many broken requests for every operation."""
        with self._client, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._send_corpus(share)
            for turn, found in enumerate(schemathesis.openapi.from_dict(self._document).get_all_operations()):
                operation = found.ok()
                if examples and turn % share == 0 and not operation.path.endswith(STREAMS):
                    for mode in GenerationMode:
                        self._send_generated(operation, mode=mode, examples=examples, number=number)
        return self.findings

    def _send_generated(self, operation: Any, *, mode: GenerationMode, examples: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(operation.as_strategy(generation_mode=mode))
        def send(case: Any) -> None:
            made = case.as_transport_kwargs(base_url=self._url)
            headers = {
                name: str(value) for name, value in made["headers"].items() if name.lower() not in IGNORED_HEADERS
            }
            body = made.get("data")
            content = json.dumps(made["json"]).encode() if "json" in made else body if isinstance(body, bytes) else None
            sent = {"query": case.query, "body": case.body, "path": case.path_parameters}
            self._send(
                made["method"], made["url"], params=made.get("params"), headers=headers, content=content, sent=sent
            )

        try:
            send()
        except Exception as error:
            if type(error).__module__.startswith(("hypothesis", "schemathesis")):
                return  # nothing can be made for it: an operation without input has no broken form
            raise

    def _send_corpus(self, share: int) -> None:
        for turn, (path, operations) in enumerate(self._document["paths"].items()):
            if path.endswith(STREAMS):
                continue
            for method in (one for one in operations if one in {"get", "post", "patch", "put", "delete"}):
                for at, climb in list(enumerate(CLIMBS))[turn % share :: share]:
                    self._send_climb(method, path, climb, at=at)
                if method != "get":
                    for at, body in list(enumerate(BODIES))[turn % share :: share]:
                        headers = {"Content-Type": MEDIA_TYPES[at % 7 if at % 7 < len(MEDIA_TYPES) else 0]}
                        self._send(method, _filled(path, "x"), headers=headers, content=body, sent={})

    def _send_climb(self, method: str, path: str, climb: str, *, at: int) -> None:
        raw = climb.encode().hex("%")
        spelt = climb if climb.isascii() and climb.isprintable() and " " not in climb else "%" + raw
        if "{" in path:
            self._send(method, _filled(path, spelt), sent={})
        elif at % 4 == 0:
            query = {"q": climb, "after": climb, "limit": climb, "cursor": climb, "sort": climb}
            self._send(method, path, params=query, sent={"climb": climb})

    def _send(self, method: str, url: str, *, sent: Mapping[str, Any], **request: Any) -> None:
        try:
            made = self._client.build_request(method.upper(), url, **request)
        except (httpx.InvalidURL, UnicodeEncodeError, TypeError, ValueError):
            return  # what no client can send
        try:
            answer = self._client.send(made)
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            return
        self.findings.requests += 1
        self.findings.statuses[answer.status_code] += 1
        self.findings.wrong += [f"{made.method} {str(made.url)[:200]}: {one}" for one in judge(answer, sent=sent)]


def _filled(path: str, value: str) -> str:
    for part in [part for part in path.split("/") if part.startswith("{")]:
        path = path.replace(part, value, 1)
    return path


def main(arguments: list[str]) -> int:
    """`storm.py URL KEY=NAME… --examples N`: storms for keys of several roles against a gateway that runs; 1 if any answer is wrong."""
    import argparse  # noqa: PLC0415 - a program's own

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("url")
    parser.add_argument("roles", nargs="+", metavar="NAME=KEY")
    parser.add_argument("--examples", type=int, default=100)
    options = parser.parse_args(arguments)
    keys = {name: {"Authorization": f"Bearer {key}"} for name, _, key in (one.partition("=") for one in options.roles)}
    document = httpx.get(f"{options.url}/api/v1/openapi.json", headers=next(iter(keys.values()))).json()
    return report(
        {
            name: Storm(options.url, headers, document=document).run(examples=options.examples)
            for name, headers in keys.items()
        }
    )


def report(by_role: Mapping[str, Findings]) -> int:
    """One line per role; 1 when any answer was wrong."""
    for name, findings in by_role.items():
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(findings.statuses.items()))
        print(f"{name}: {findings.requests} requests, {len(findings.wrong)} wrong ({statuses})")  # noqa: T201
        for wrong in findings.wrong[:20]:
            print(f"  {wrong}")  # noqa: T201
    return int(any(findings.wrong for findings in by_role.values()))


if __name__ == "__main__":
    raise SystemExit(main(__import__("sys").argv[1:]))
