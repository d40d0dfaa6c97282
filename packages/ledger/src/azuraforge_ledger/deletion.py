"""Deleting an experiment: all its rows at once, unless something was made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select

from azuraforge_contracts import TERMINAL_STATES, ExperimentState, Reference
from azuraforge_ledger.errors import ExperimentReferenced, StateConflict
from azuraforge_ledger.retention import find_unused, list_dependents
from azuraforge_ledger.tables import (
    artifact,
    checkpoint,
    event,
    experiment,
    idempotency,
    metric,
    metric_block,
    outbox,
)

FindReferences = Callable[[Connection, str], Sequence[Reference]]


@dataclass(frozen=True)
class Deleted:
    """What was deleted, for the audit log, and the files that nothing refers to any more."""

    task_id: str
    name: str
    project: str
    unused_files: frozenset[str]


def delete_experiment(connection: Connection, row: Row[Any]) -> Deleted:
    """Delete a locked experiment that has ended, with everything that hangs on it.

    Raises:
        StateConflict: it has not ended.
        ExperimentReferenced: something needs it; it names what.
    """
    if row.state not in TERMINAL_STATES:
        raise StateConflict(row.id, state=ExperimentState(row.state), wanted="be deleted")
    references = [one for find in REFERENCES for one in find(connection, row.id)]
    if references:
        raise ExperimentReferenced(row.id, references=references)
    hashes = _list_files(connection, row.id)
    for table in (artifact, checkpoint, metric, metric_block, event, outbox, idempotency):
        connection.execute(delete(table).where(table.c.experiment == row.id))
    connection.execute(delete(experiment).where(experiment.c.id == row.id))
    return Deleted(row.id, row.name, row.project, frozenset(find_unused(connection, hashes)))


def _list_files(connection: Connection, task_id: str) -> set[str]:
    files = connection.execute(select(artifact.c.sha256).where(artifact.c.experiment == task_id)).scalars()
    kept = select(checkpoint.c.stored_sha256).where(
        checkpoint.c.experiment == task_id, checkpoint.c.stored_sha256.is_not(None)
    )
    return {*files, *connection.execute(kept).scalars()}


def _made_from_it(connection: Connection, task_id: str) -> list[Reference]:
    return [Reference(kind="experiment", id=row.id, name=row.name) for row in list_dependents(connection, task_id)]


REFERENCES: Final[tuple[FindReferences, ...]] = (_made_from_it,)
"""Everything that may need an experiment; models and deployments join here."""
