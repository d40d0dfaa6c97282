"""One HTTP connection pool: every answer is a message, every failure an exception of `errors`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from azuraforge_client.errors import (
    AnswerInvalid,
    BodyUnsendable,
    ProblemRaised,
    ServerFailed,
    ServerUnreachable,
    problem_error,
)
from azuraforge_contracts import Problem
from azuraforge_contracts.names import API_PREFIX

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

TRIES = 3
PAUSE_S = 0.3


class Transport:
    """Speaks to one server. `key` is an API key or the owner's key; `http` replaces the connection pool in tests."""

    def __init__(
        self, url: str, *, key: str | None, timeout_s: float = 30.0, http: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._http = httpx.Client(
            base_url=f"{self.url}{API_PREFIX}",
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=5.0),
            transport=http,
            verify=httpx.create_ssl_context(),  # with the authority that SSL_CERT_FILE names, if it does
            trust_env=False,  # a proxy of the environment has no business between a terminal and its own server
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, path: str, model: type[M], *, params: Mapping[str, Any] | None = None) -> M:
        """GET a message."""
        return self._parse(self.request("GET", path, params=params), TypeAdapter(model))

    def read_list(self, path: str, model: type[M]) -> list[M]:
        """GET a list of messages."""
        return self._parse(self.request("GET", path), TypeAdapter(list[model]))  # type: ignore[valid-type]  # built at run time

    def send(
        self,
        path: str,
        model: type[M],
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        is_repeatable: bool = False,
    ) -> M:
        """POST; `is_repeatable` allows it again when the connection broke or the server could not serve."""
        answer = self.request("POST", path, body=body, headers=headers, tries=TRIES if is_repeatable else 1)
        return self._parse(answer, TypeAdapter(model))

    def change(self, path: str, model: type[M], *, body: Mapping[str, Any]) -> M:
        """PATCH."""
        return self._parse(self.request("PATCH", path, body=body), TypeAdapter(model))

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        tries: int = 1,
    ) -> httpx.Response:
        """One answer with a good status.

        Raises:
            BodyUnsendable: the body holds something that is not JSON.
            ServerUnreachable: nobody answered.
            ProblemRaised: the server refused.
        """
        content = _encode(body)
        headers = {**(headers or {}), **({} if content is None else {"Content-Type": "application/json"})}
        for left in range(tries - 1, -1, -1):
            try:
                answer = self._http.request(method, path, params=params, content=content, headers=headers)
                self.check(answer)
            except (httpx.TransportError, ServerFailed) as error:
                if left == 0:
                    raise self.unreachable(error) from error
                time.sleep(PAUSE_S)
            else:
                return answer
        raise AssertionError("tries is at least 1")

    @contextmanager
    def stream(
        self, path: str, *, params: Mapping[str, Any] | None = None, read_timeout_s: float = 60.0
    ) -> Iterator[httpx.Response]:
        """An answer that is read while it comes; `httpx.TransportError` may be raised while reading."""
        timeout = httpx.Timeout(read_timeout_s, connect=5.0)
        with self._http.stream("GET", path, params=params, timeout=timeout) as answer:
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                answer.read()
            self.check(answer)
            yield answer

    def unreachable(self, error: Exception) -> Exception:
        """What to raise for a failed exchange: a refusal as it is, anything else as `ServerUnreachable`."""
        return error if isinstance(error, ProblemRaised) else ServerUnreachable(self.url)

    def check(self, answer: httpx.Response) -> None:
        """Return if the status is good.

        Raises:
            ProblemRaised: the server refused.
            AnswerInvalid: it refused in words that are not AzuraForge's.
        """
        if answer.is_success or answer.status_code == HTTPStatus.NOT_MODIFIED:
            return
        try:
            problem = Problem.model_validate_json(answer.content)
        except ValidationError as error:
            raise AnswerInvalid(
                f"{self.url} answers with status {answer.status_code}, but not as AzuraForge does. Check the address."
            ) from error
        raise problem_error(problem)

    def _parse(self, answer: httpx.Response, adapter: TypeAdapter[T]) -> T:
        try:
            return adapter.validate_json(answer.content)
        except ValidationError as error:
            raise AnswerInvalid(
                f"{self.url} answers with something that this client does not know. Update the older of the two."
            ) from error


def _encode(body: Mapping[str, Any] | None) -> bytes | None:
    if body is None:
        return None
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BodyUnsendable(
            f"The config holds a value that JSON cannot carry ({error}). Use finite numbers, text, booleans, None, "
            "lists and dictionaries."
        ) from error
