"""Thousands of hostile requests for each role, from the storm of tests/hostile."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
from azuraforge_lab.steady import SteadyConfig
from gateway import Gateway, open_gateway
from scenario import Measured
from worker_house import House

sys.path.append(str(Path(__file__).parents[2] / "hostile"))

from storm import Storm

EXAMPLES = 20


def weather_a_storm(house: House, size: int) -> Measured:
    """At least `size` requests of each role: no 5xx, no trace, no echo, and the gateway lives."""
    house.start_worker()
    house.train(SteadyConfig(epochs=1))
    counts: dict[str, int] = {}
    wrongs: list[str] = []
    with open_gateway(house) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        for role, headers in _roles(gateway, url).items():
            number = 0
            while counts.get(role, 0) < size:
                number += 1
                document = httpx.get(f"{url}/api/v1/openapi.json", headers=_owner(gateway), timeout=30).json()
                found = Storm(url, headers, document=document).run(examples=min(EXAMPLES, size), number=number)
                counts[role] = counts.get(role, 0) + found.requests
                wrongs += [f"{role}: {one}" for one in found.wrong]
        assert gateway.process is not None
        wrongs += [] if gateway.process.poll() is None else ["the gateway is gone"]
    told = ", ".join(f"{count:,} as {role}" for role, count in counts.items())
    return Measured(f"{told}: {len(wrongs)} wrong", wrongs)


def _roles(gateway: Gateway, url: str) -> dict[str, dict[str, str]]:
    """Headers of everybody who may knock."""
    with httpx.Client(base_url=url, headers=_owner(gateway), timeout=30) as owner:
        body = {"name": "visitor", "is_admin": False, "projects": []}
        visitor = owner.post("/api/v1/users", json=body).raise_for_status().json()["user"]["id"]
        keys = {scope: _key(owner, visitor, scope) for scope in ("read", "write")}
    return {
        "nobody": {},
        "a forged key": {"Authorization": "Bearer forged"},
        **{f"a key to {scope}": {"Authorization": f"Bearer {key}"} for scope, key in keys.items()},
        "the owner": _owner(gateway),
    }


def _key(owner: httpx.Client, user: str, scope: str) -> str:
    body: dict[str, Any] = {"name": scope, "scopes": [scope], "project": None, "user": user}
    return str(owner.post("/api/v1/keys", json=body).raise_for_status().json()["key"])


def _owner(gateway: Gateway) -> dict[str, str]:
    return {"Authorization": f"Bearer {gateway.key}"}
