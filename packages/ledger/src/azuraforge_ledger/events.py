"""The event log: one gap-free sequence per experiment, one event per epoch."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Dialect, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge_contracts import EpochFinished, Event, EventPage, EventType, Message, WarningRaised, is_id
from azuraforge_ledger.clock import DatabaseNow, to_datetime
from azuraforge_ledger.columns import dump_json
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import EpochSkipped, ExperimentMissing, FenceLost
from azuraforge_ledger.grouping import CommitGroup
from azuraforge_ledger.journal import Draft, event_row, fence, lock_held, stamp, write_events
from azuraforge_ledger.metric_blocks import BlockWriter
from azuraforge_ledger.prepared import Prepared
from azuraforge_ledger.rows import to_event
from azuraforge_ledger.tables import event, experiment, metric

MAX_PAGE: Final = 10_000
_LARGEST: Final = 2**53


class _AlreadyStored(Exception):
    pass


class Events:
    """The events of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group = CommitGroup(database)
        self._epochs = _EpochWriter(database.engine.dialect)

    def append(self, task_id: str, *, attempt: int, type: EventType, data: Message) -> Event:  # noqa: A002 - the event's own word
        """Store an `epoch` or `warning` event of the attempt that holds the experiment.

        An epoch that is already stored is not stored again: its event is returned, whoever stored it.

        Raises:
            EpochSkipped: an epoch before this one is missing.
            FenceLost: this attempt does not hold the experiment.
            ValueError: other types are written by the ledger, with the change they tell of.
        """
        if type == EventType.EPOCH and isinstance(data, EpochFinished):
            return self._append_epoch(task_id, attempt=attempt, data=data)
        if type == EventType.WARNING and isinstance(data, WarningRaised):
            return self._append_warning(task_id, attempt=attempt, data=data)
        raise ValueError(f"append takes epoch and warning events with their own data, not {type} with {data!r}.")

    def read(self, task_id: str, *, after: int = 0, limit: int = 1000) -> EventPage:
        """Events with `seq` above `after`, in order; at most `limit` (1 to 10,000).

        Raises:
            ExperimentMissing: there is no such experiment.
            ValueError: `limit` is out of range.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit is {limit}, expected 1 to {MAX_PAGE}.")
        start = min(max(after, 0), _LARGEST)
        query = select(event).where(event.c.experiment == task_id, event.c.seq > start)
        with self._database.read() as connection:
            last_seq = _last_seq(connection, task_id)
            # Events that came after `last_seq` was read belong to the next page.
            rows = connection.execute(query.where(event.c.seq <= last_seq).order_by(event.c.seq).limit(limit)).all()
        has_more = bool(rows) and rows[-1].seq < last_seq
        return EventPage(items=[to_event(row) for row in rows], last_seq=last_seq, has_more=has_more)

    def last_seq(self, task_id: str) -> int:
        """Number of the newest event.

        Raises:
            ExperimentMissing: there is no such experiment.
        """
        with self._database.read() as connection:
            return _last_seq(connection, task_id)

    def _append_warning(self, task_id: str, *, attempt: int, data: WarningRaised) -> Event:
        changes: dict[str, object] = {"last_seq": experiment.c.last_seq + 1, "updated_at": DatabaseNow()}
        with self._database.write() as connection:
            stamped = stamp(connection, fence(task_id, attempt=attempt), changes)
            if stamped is None:
                raise FenceLost(task_id, attempt=attempt)
            return write_events(connection, stamped, [Draft(EventType.WARNING, data)])[0]

    def _append_epoch(self, task_id: str, *, attempt: int, data: EpochFinished) -> Event:
        if data.epoch > _LARGEST or data.epochs > _LARGEST:
            raise EpochSkipped(task_id, epoch=data.epoch)
        try:
            return self._group.run(lambda opened: self._epochs.write(opened, task_id, attempt=attempt, data=data))
        except _AlreadyStored:
            query = select(event).where(event.c.experiment == task_id, event.c.epoch == data.epoch)
            with self._database.read() as connection:
                return to_event(connection.execute(query).one())


def _last_seq(connection: Connection, task_id: str) -> int:
    found: int | None = None
    if is_id(task_id):
        found = connection.execute(select(experiment.c.last_seq).where(experiment.c.id == task_id)).scalar_one_or_none()
    if found is None:
        raise ExperimentMissing(task_id)
    return found


class _EpochWriter:
    """The hot path: the fence and the number, the event, its metrics."""

    def __init__(self, dialect: Dialect) -> None:
        given = partial(bindparam, required=False)  # the values come when it runs
        drawn = {"last_seq": experiment.c.last_seq + 1, "updated_at": DatabaseNow()}
        progress: dict[str, BindParameter[Any]] = {
            name: given(f"new_{name}") for name in ("epoch", "epochs", "eta_s", "metrics")
        }
        held = fence(given("task_id"), attempt=given("held_attempt"))
        follows = experiment.c.epoch >= given("new_epoch") - 1
        draw = update(experiment).where(*held, follows).values(drawn | progress)
        self._draw = Prepared(draw.returning(experiment.c.last_seq, experiment.c.updated_at), dialect)
        build = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        store = build(event).values({column.name: given(column.name) for column in event.columns})
        self._store = Prepared(store.on_conflict_do_nothing().returning(event.c.seq), dialect)
        self._blocks = BlockWriter(dialect)
        self._measure = Prepared(insert(metric).values({c.name: given(c.name) for c in metric.columns}), dialect)

    def write(self, connection: Connection, task_id: str, *, attempt: int, data: EpochFinished) -> Event:
        """Store `data` as the next event."""
        values = data.model_dump(mode="json")
        drawn = {f"new_{name}": values[name] for name in ("epoch", "epochs", "eta_s")}
        drawn |= {"task_id": task_id, "held_attempt": attempt, "new_metrics": dump_json(values["metrics"])}
        row = self._draw.find_one(connection, drawn)
        if row is None:
            lock_held(connection, task_id, attempt=attempt)
            raise EpochSkipped(task_id, epoch=data.epoch)
        seq, at = row
        stored = Event(
            experiment=task_id, seq=seq, attempt=attempt, ts=to_datetime(at), type=EventType.EPOCH, data=values
        )
        texts = {"type": dump_json(EventType.EPOCH), "data": dump_json(values)}
        if self._store.find_one(connection, event_row(stored, at=at, epoch=data.epoch) | texts) is None:
            raise _AlreadyStored
        points = [{"experiment": task_id, "name": dump_json(n), "value": v} for n, v in values["metrics"].items()]
        self._measure.run_many(connection, [point | {"step": data.epoch} for point in points])
        self._blocks.write(connection, task_id, epoch=data.epoch)
        return stored
