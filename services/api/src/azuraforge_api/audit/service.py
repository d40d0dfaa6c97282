"""Writing down what was done.

Changes of accounts are written by the ledger in the transaction that makes them; this is for all the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from pydantic import JsonValue
from starlette.requests import HTTPConnection

from azuraforge_api.audit.repository import AuditRepository
from azuraforge_api.auth.current import ByOf
from azuraforge_api.parts import part
from azuraforge_contracts import AuditAction
from azuraforge_ledger import By, LedgerError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AuditTrail:
    """The audit log, held by one request.

    ```python
    @router.delete("/{task_id}")
    async def delete_experiment(service: ServiceOf, audit: AuditOf, task_id: AdminTask) -> None:
        await service.delete(task_id)
        await audit.note(AuditAction.EXPERIMENT_DELETED, task_id)
    ```
    """

    audit: AuditRepository
    by: By
    state: Mapping[str, object]
    """Of the request: the path dependencies of `auth.access` leave the project there."""

    async def note(
        self,
        action: AuditAction,
        subject: str,
        *,
        project: str | None = None,
        detail: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Write down that `action` was done to `subject`, after it was done."""
        found = project or cast("str | None", self.state.get("project"))
        try:
            await self.audit.add(self.by, action, subject=subject, project=found, detail=detail or {})
        except LedgerError:
            # It is done: a refusal now would make the client do it again.
            logger.exception("%s of %s by %s is not in the audit log", action, subject, self.by.actor)


def _trail(
    connection: HTTPConnection, audit: Annotated[AuditRepository, Depends(part(AuditRepository))], by: ByOf
) -> AuditTrail:
    return AuditTrail(audit, by, connection.scope["state"])


AuditOf = Annotated[AuditTrail, Depends(_trail)]
"""The audit log for a route."""
