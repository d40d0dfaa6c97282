"""Rows as the messages that leave the ledger."""

from __future__ import annotations

import unicodedata
from typing import Any

from sqlalchemy import Connection, Row, select

from azuraforge_contracts import Event, ExperimentRead, ExperimentSummary, Progress, is_id, possible_actions
from azuraforge_ledger.clock import find_datetime, to_datetime
from azuraforge_ledger.errors import ExperimentMissing
from azuraforge_ledger.forks import list_children
from azuraforge_ledger.tables import experiment


def read_experiment(connection: Connection, task_id: str) -> ExperimentRead:
    """Everything about one experiment.

    Raises:
        ExperimentMissing: there is none.
    """
    row = find_row(connection, task_id)
    return ExperimentRead.model_validate(
        {
            **_summary(row),
            "config": row.config,
            "config_hash": row.config_hash,
            "seed": row.seed,
            "worker_id": row.worker_id,
            "fork_point": row.fork_point,
            "provenance": row.provenance,
            "children": list_children(connection, row.id),
        }
    )


def find_row(connection: Connection, task_id: str) -> Row[Any]:
    """The experiment's row, not locked.

    Raises:
        ExperimentMissing: there is none.
    """
    row = None
    if is_id(task_id):
        row = connection.execute(select(experiment).where(experiment.c.id == task_id)).one_or_none()
    if row is None:
        raise ExperimentMissing(task_id)
    return row


def to_summary(row: Row[Any]) -> ExperimentSummary:
    """One line of the list."""
    return ExperimentSummary.model_validate(_summary(row))


def _summary(row: Row[Any]) -> dict[str, object]:
    return {
        "task_id": row.id,
        "name": row.name,
        "pipeline": row.pipeline,
        "pipeline_version": row.pipeline_version,
        "state": row.state,
        "attempt": row.attempt,
        "crashes": row.crashes,
        "created_at": to_datetime(row.created_at),
        "started_at": find_datetime(row.started_at),
        "finished_at": find_datetime(row.finished_at),
        "updated_at": to_datetime(row.updated_at),
        "progress": Progress(epoch=row.epoch, epochs=row.epochs, eta_s=row.eta_s) if row.epoch else None,
        "metrics": row.metrics or {},
        "score": row.score,
        "failure": row.failure,
        "is_cancel_requested": row.is_cancel_requested,
        "retry_at": find_datetime(row.retry_at),
        "last_seq": row.last_seq,
        "priority": row.priority,
        "time_limit_s": row.time_limit_s,
        "parent": row.parent,
        "origin": row.origin,
        "archived_at": find_datetime(row.archived_at),
        "actions": possible_actions(row.state, is_archived=row.archived_at is not None),
        "project": row.project,
        "created_by": row.created_by,
    }


def to_event(row: Row[Any]) -> Event:
    """A stored event."""
    return Event(
        experiment=row.experiment,
        seq=row.seq,
        attempt=row.attempt,
        ts=to_datetime(row.at),
        type=row.type,
        data=row.data,
    )


def fold(text: str) -> str:
    """`text` as it is searched: without case and accents, Turkish dotted and dotless i alike."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).replace("ı", "i")
