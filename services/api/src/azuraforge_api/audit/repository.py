"""The audit log in the ledger, asked from the event loop."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from azuraforge_api.threads import Threads
from azuraforge_contracts import AuditAction, AuditPage
from azuraforge_ledger import AuditFilter, By, Ledger


class AuditRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._audit = ledger.audit
        self._threads = threads

    async def add(
        self, by: By, action: AuditAction, *, subject: str, project: str | None, detail: Mapping[str, JsonValue]
    ) -> None:
        """Write one entry."""
        add = self._audit.add
        await self._threads.run(lambda: add(by, action, subject=subject, project=project, detail=detail))

    async def list_page(self, wanted: AuditFilter, *, cursor: str | None, limit: int) -> AuditPage:
        """A page, newest first."""
        return await self._threads.run(lambda: self._audit.list_page(wanted, cursor=cursor, limit=limit))
