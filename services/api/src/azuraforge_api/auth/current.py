"""Who asks, and from where, for routes."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_ledger import OWNER_KEY, By, Visitor


def _identity_of(connection: HTTPConnection) -> Identity:
    return cast("Identity", connection.state.identity)  # the access edge lets nobody through without one


IdentityOf = Annotated[Identity, Depends(_identity_of)]


def address_of(connection: HTTPConnection) -> str:
    """The client's address: the peer's, or what a declared proxy vouches for (see edge.client_address)."""
    return str(connection.scope["state"]["client_address"])


def _by(connection: HTTPConnection, identity: IdentityOf) -> By:
    key = identity.session if identity.kind is IdentityKind.API_KEY else ""
    return By(identity.user or OWNER_KEY, identity.name, address_of(connection), key)


ByOf = Annotated[By, Depends(_by)]
"""Who asks, as the audit log writes it down."""


def _visitor(connection: HTTPConnection) -> Visitor:
    return Visitor(connection.headers.get("user-agent", ""), address_of(connection))


VisitorOf = Annotated[Visitor, Depends(_visitor)]
"""The browser at the other end, whoever uses it."""
