"""Small changes to a locked experiment that are no step of its life: its name, its priority, its place in lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, update

from azuraforge_contracts import TERMINAL_STATES, ExperimentPatch, ExperimentState
from azuraforge_ledger.clock import DatabaseNow
from azuraforge_ledger.columns import dump_json
from azuraforge_ledger.errors import StateConflict
from azuraforge_ledger.rows import fold
from azuraforge_ledger.tables import experiment


def amend(connection: Connection, row: Row[Any], patch: ExperimentPatch) -> None:
    """Change what `patch` names and what is not so already; only a name can be changed after the end.

    Raises:
        StateConflict: it has ended, and `patch` would change how it is trained.
    """
    given = {name: getattr(patch, name) for name in patch.model_fields_set}
    changes = {name: value for name, value in given.items() if name == "time_limit_s" or value is not None}
    changes = {name: value for name, value in changes.items() if value != getattr(row, name)}
    if row.state in TERMINAL_STATES and changes.keys() - {"name"}:
        raise StateConflict(row.id, state=ExperimentState(row.state), wanted="be given another priority or limit")
    if "name" in changes:
        changes["search"] = dump_json(fold(f"{changes['name']} {row.pipeline} {row.id}"))
    _write(connection, row, changes)


def archive(connection: Connection, row: Row[Any]) -> None:
    """Take an ended experiment out of the lists; once is enough.

    Raises:
        StateConflict: it has not ended.
    """
    if row.state not in TERMINAL_STATES:
        raise StateConflict(row.id, state=ExperimentState(row.state), wanted="be archived")
    _write(connection, row, {"archived_at": func.coalesce(experiment.c.archived_at, DatabaseNow())})


def unarchive(connection: Connection, row: Row[Any]) -> None:
    """Put it back into the lists; once is enough."""
    if row.archived_at is not None:
        _write(connection, row, {"archived_at": None})


def _write(connection: Connection, row: Row[Any], changes: dict[str, Any]) -> None:
    if changes:
        connection.execute(update(experiment).where(experiment.c.id == row.id).values(changes))
