"""People for tests: made with the owner key, signed in by a link, without the cost of a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import redis
from gateway_fakes import DEADLINE_S, Gateway

PASSWORD = "yedi cüceler ve bir fırın"
COOKIE = "azuraforge_session"


def make_user(
    gateway: Gateway,
    name: str,
    *,
    is_admin: bool = False,
    roles: Mapping[str, str] | None = None,
    password: str | None = None,
) -> str:
    """A new user's id."""
    projects = [{"project": project, "role": role} for project, role in (roles or {}).items()]
    body = {"name": name, "is_admin": is_admin, "projects": projects, "password": password}
    answer = gateway.client.post("/api/v1/users", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["user"]["id"])


def make_project(gateway: Gateway, name: str) -> str:
    """A new project's id."""
    answer = gateway.client.post("/api/v1/projects", json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def sign_in(gateway: Gateway, name: str, **headers: str) -> httpx.Client:
    """A browser that has opened a link for this user."""
    link = gateway.client.post("/api/v1/auth/links", json={"purpose": "session", "user": name})
    assert link.status_code == 201, link.text
    forget_tries(gateway)
    browser = httpx.Client(base_url=gateway.url, timeout=DEADLINE_S, headers={"Origin": gateway.url, **headers})
    answer = browser.post("/api/v1/auth/session", json={"token": link.json()["path"].partition("#")[2]})
    assert answer.status_code == 200, answer.text
    return browser


def make_key(gateway: Gateway, user: str, scopes: Sequence[str], *, project: str | None = None) -> dict[str, str]:
    """Headers with a new API key of a user."""
    body: dict[str, Any] = {"name": "-".join(scopes), "scopes": list(scopes), "project": project, "user": user}
    answer = gateway.client.post("/api/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['key']}"}


def forget_tries(gateway: Gateway) -> None:
    """Give every address and account its tries back."""
    with redis.Redis.from_url(gateway.settings.redis_url) as client:
        found = client.keys("azuraforge:limit:*")
        if found:
            client.delete(*found)
