"""Where one experiment may start from another: checkpoints that are kept in the artifact store."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from azuraforge_contracts import CheckpointRead, ExperimentLink, ForkPoint
from azuraforge_ledger.clock import to_datetime
from azuraforge_ledger.errors import CheckpointMissing
from azuraforge_ledger.journal import lock_row
from azuraforge_ledger.tables import checkpoint, event, experiment

MOST_LISTED: Final = 100
MOST_CHILDREN: Final = 100


def list_points(connection: Connection, row: Row[Any]) -> list[CheckpointRead]:
    """The kept checkpoints of an experiment and its newest ones, newest first."""
    newest = (
        select(checkpoint.c.seq)
        .where(checkpoint.c.experiment == row.id)
        .order_by(checkpoint.c.seq.desc())
        .limit(MOST_LISTED)
    )
    shown = or_(checkpoint.c.stored_sha256.is_not(None), checkpoint.c.seq.in_(newest))
    return [
        CheckpointRead(
            seq=one.seq,
            attempt=one.attempt,
            epoch=one.done if one.done is not None else first_epoch(row),
            step=one.step,
            sha256=one.sha256,
            bytes=one.bytes,
            is_best=one.is_best,
            is_kept=one.stored_sha256 is not None,
            at=to_datetime(one.at),
        )
        for one in _points(connection, row, shown)
    ]


def find_point(connection: Connection, row: Row[Any], *, seq: int | None, epoch: int | None) -> ForkPoint:
    """The kept checkpoint number `seq`, or the newest kept one after `epoch`, or simply the newest kept one.

    Raises:
        CheckpointMissing: none is kept there; it names the epochs of those that are.
    """
    kept = _points(connection, row, checkpoint.c.stored_sha256.is_not(None))
    points = [_to_point(one, row) for one in kept]
    for point in points:
        if seq in {None, point.seq} and epoch in {None, point.epoch}:
            return point
    raise CheckpointMissing(row.id, kept=sorted({point.epoch for point in points}))


def require_point(connection: Connection, point: ForkPoint) -> None:
    """Return if `point` is still kept; what it belongs to stays locked until the transaction ends.

    Raises:
        ExperimentMissing: its experiment was deleted.
        CheckpointMissing: it is no longer kept.
    """
    row = lock_row(connection, point.experiment)
    if find_point(connection, row, seq=point.seq, epoch=None).stored_sha256 != point.stored_sha256:
        raise CheckpointMissing(row.id, kept=[])


def first_epoch(row: Row[Any]) -> int:
    """Epochs that were done where an experiment started: 0, or its fork point's."""
    return 0 if row.fork_point is None else int(row.fork_point["epoch"])


def find_fork_point(row: Row[Any]) -> ForkPoint | None:
    """Where an experiment started, if at another one's checkpoint."""
    return None if row.fork_point is None else ForkPoint.model_validate(row.fork_point)


def list_children(connection: Connection, task_id: str, *, limit: int = MOST_CHILDREN) -> list[ExperimentLink]:
    """What was made from an experiment, newest first."""
    columns = (experiment.c.id, experiment.c.name, experiment.c.state, experiment.c.origin)
    query = select(*columns).where(experiment.c.parent == task_id)
    rows = connection.execute(query.order_by(experiment.c.created_at.desc(), experiment.c.id.desc()).limit(limit))
    return [ExperimentLink(task_id=one.id, name=one.name, state=one.state, origin=one.origin) for one in rows]


def _points(connection: Connection, row: Row[Any], *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    """Rows with `done`: the last epoch told before the checkpoint, whatever a pipeline says of it."""
    done = (
        select(event.c.epoch)
        .where(event.c.experiment == row.id, event.c.seq < checkpoint.c.seq, event.c.epoch.is_not(None))
        .order_by(event.c.seq.desc())
        .limit(1)
        .scalar_subquery()
        .label("done")
    )
    query = select(checkpoint, done).where(checkpoint.c.experiment == row.id, *conditions)
    return list(connection.execute(query.order_by(checkpoint.c.seq.desc())))


def _to_point(one: Row[Any], row: Row[Any]) -> ForkPoint:
    return ForkPoint(
        experiment=row.id,
        seq=one.seq,
        epoch=one.done if one.done is not None else first_epoch(row),
        step=one.step,
        sha256=one.sha256,
        stored_sha256=one.stored_sha256,
        bytes=one.bytes,
    )
