"""Planted faults of the gateway's own parts; see `faults`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from faults import replace

from azuraforge_api.auth.endings import Endings
from azuraforge_api.events.service import LiveService
from azuraforge_api.experiments.repository import ExperimentRepository
from azuraforge_ledger import ArtifactStore


async def _nothing(*_: Any, **__: Any) -> AsyncIterator[Any]:
    for frame in ():
        yield frame


def _no_idempotency() -> None:
    submit = ExperimentRepository.submit

    async def submit_always(self: Any, new: Any, **_: Any) -> Any:
        return await submit(self, new, idempotency=None)

    replace(ExperimentRepository, "submit", submit_always)


async def _break(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError("a planted bug")


IN_GATEWAY: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "breaks": lambda: replace(ExperimentRepository, "get", _break),
        "no_idempotency": _no_idempotency,
        "no_verify": lambda: replace(ArtifactStore, "path_of", ArtifactStore._place),
        "private_endings": lambda: replace(Endings, "hear", lambda _self, _text: None),
        "replay_skipped": lambda: replace(LiveService, "catch_up", _nothing),
    }
)
