"""Who asks, for routes."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from azuraforge_api.auth.identity import Identity


def _identity_of(connection: HTTPConnection) -> Identity:
    return cast("Identity", connection.state.identity)  # the access edge lets nobody through without one


IdentityOf = Annotated[Identity, Depends(_identity_of)]
