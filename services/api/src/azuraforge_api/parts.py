"""The services of one process, built once in `app` and handed to routes by their type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from starlette.requests import HTTPConnection

T = TypeVar("T")

Parts = Mapping[type, object]
"""Each service under its own class; lives in `app.state.parts` from the start of the lifespan to its end."""


def part(kind: type[T]) -> Callable[[HTTPConnection], T]:
    """A FastAPI dependency that gives the process's `kind`."""

    def find(connection: HTTPConnection) -> T:
        return cast("T", connection.app.state.parts[kind])

    return find
