"""Which checkpoints of an experiment stay in the artifact store, and which of its files nobody needs any more.

Kept are the last two, the best, and those that another experiment started from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, update

from azuraforge_ledger.checkpoints import CheckpointRow, list_checkpoints
from azuraforge_ledger.columns import FirstPosition, dump_json
from azuraforge_ledger.tables import artifact, checkpoint, experiment

KEEP_LAST: Final = 2


def list_wanted(connection: Connection, task_id: str) -> list[CheckpointRow]:
    """The last two and the best, newest first."""
    rows = list_checkpoints(connection, task_id)
    wanted = rows[:KEEP_LAST]
    best = next((row for row in rows if row.is_best), None)
    return wanted if best is None or best in wanted else [*wanted, best]


def keep(connection: Connection, row: Row[Any], *, stored: Mapping[int, str]) -> set[str]:
    """Note which checkpoints (by `seq`) of a locked experiment are in the store, and forget those not wanted any more.

    Returns the sha256 of files that nothing refers to afterwards.
    """
    mine = checkpoint.c.experiment == row.id
    for seq, sha256 in stored.items():
        connection.execute(update(checkpoint).where(mine, checkpoint.c.seq == seq).values(stored_sha256=sha256))
    wanted = {one.seq for one in list_wanted(connection, row.id)} | _pinned(connection, row.id)
    kept = connection.execute(select(checkpoint).where(mine, checkpoint.c.stored_sha256.is_not(None))).all()
    dropped = [one for one in kept if one.seq not in wanted]
    for one in dropped:
        connection.execute(update(checkpoint).where(mine, checkpoint.c.seq == one.seq).values(stored_sha256=None))
    return find_unused(connection, {one.stored_sha256 for one in dropped})


def find_unused(connection: Connection, hashes: Collection[str]) -> set[str]:
    """Those of `hashes` that no artifact and no kept checkpoint has."""
    used: set[str] = set()
    for chunk in _chunks(sorted(hashes)):
        for column in (artifact.c.sha256, checkpoint.c.stored_sha256):
            used |= set(connection.execute(select(column).where(column.in_(chunk))).scalars())
    return set(hashes) - used


def list_dependents(connection: Connection, task_id: str) -> list[Row[Any]]:
    """Experiments that were made from `task_id` or start at one of its checkpoints."""
    starts_there = FirstPosition(experiment.c.fork_point, dump_json(task_id)) > 0
    query = select(experiment).where(or_(experiment.c.parent == task_id, starts_there), experiment.c.id != task_id)
    return list(connection.execute(query.order_by(experiment.c.created_at, experiment.c.id)))


def _pinned(connection: Connection, task_id: str) -> set[int]:
    points = [one.fork_point for one in list_dependents(connection, task_id) if one.fork_point is not None]
    return {int(point["seq"]) for point in points if point["experiment"] == task_id}


def _chunks(values: list[str], *, size: int = 500) -> Iterable[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
