"""The tables. `migrations/` makes them; a test compares the two.

`experiment` is the row that decides: its state, its attempt (the fence), its lease, its last `seq`. Everything
else hangs on it. Accounts have a file of their own, `account_tables`. Instants are milliseconds (see clock), JSON and
people's words are text (see columns).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from azuraforge_ledger.columns import JsonText, Quoted

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)

ID = String(36)
SHA256 = String(64)
DEFAULT_PROJECT: Final = "00000000-0000-7000-8000-000000000000"
"""Id of the project that every installation has from the beginning."""


def _experiment_key() -> Column[str]:
    return Column("experiment", ID, ForeignKey("experiment.id"), primary_key=True)


experiment = Table(
    "experiment",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Quoted, nullable=False),
    Column("pipeline", Quoted, nullable=False),
    Column("pipeline_version", Quoted, nullable=False),
    Column("config", JsonText, nullable=False),
    Column("config_hash", Quoted, nullable=False),
    Column("seed", JsonText),
    Column("search", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("crashes", Integer, nullable=False, server_default="0"),
    Column("crash_streak", Integer, nullable=False, server_default="0"),
    Column("retries", Integer, nullable=False, server_default="0"),
    Column("last_seq", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("epochs", BigInteger, nullable=False, server_default="0"),
    Column("eta_s", Double),
    Column("metrics", JsonText),
    Column("score", JsonText),
    Column("score_value", Double),
    Column("failure", JsonText),
    Column("is_cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("worker_id", Quoted),
    Column("lease_until", BigInteger),
    Column("retry_at", BigInteger),
    Column("no_worker_since", BigInteger),
    Column("is_no_worker_warned", Boolean, nullable=False, server_default=text("false")),
    # Ids of a project, a user, a parent: not foreign keys, which SQLite cannot add to a table that is already there.
    # Projects and users are never deleted; a parent is not deleted before its forks.
    Column("project", ID, nullable=False, server_default=DEFAULT_PROJECT),
    Column("created_by", ID),
    Column("parent", ID),
    Column("origin", String(16), nullable=False, server_default="new"),
    Column("fork_point", JsonText),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("time_limit_s", Double),
    Column("provenance", JsonText),
    Column("archived_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    CheckConstraint("last_seq >= 1", name="has_history"),
    Index("experiment_newest", "created_at", "id"),
    Index("experiment_by_state", "state", "created_at"),
    Index("experiment_by_project", "project", "created_at", "id"),
    Index("experiment_by_parent", "parent"),
    Index("experiment_by_score", "score_value", "id"),
)

event = Table(
    "event",
    metadata,
    _experiment_key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Quoted, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("epoch", BigInteger),
    Column("data", JsonText, nullable=False),
    sqlite_with_rowid=False,
)

one_epoch = Index(
    "event_one_epoch",
    event.c.experiment,
    event.c.epoch,
    unique=True,
    sqlite_where=event.c.epoch.is_not(None),
    postgresql_where=event.c.epoch.is_not(None),
)
"""An epoch is stored once, whoever trains it again."""

metric = Table(
    "metric",
    metadata,
    _experiment_key(),
    Column("name", Quoted, primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Double),
    sqlite_with_rowid=False,
)

metric_block = Table(
    "metric_block",
    metadata,
    _experiment_key(),
    Column("name", Quoted, primary_key=True),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("low", Double),
    Column("high", Double),
    Column("share", Double),
    Column("finite", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""The metric's steps in blocks of `metric_blocks.BLOCK`, written once each is whole: a long history in few rows.
`share` is the sum divided by the block's size, which cannot overflow."""

checkpoint = Table(
    "checkpoint",
    metadata,
    _experiment_key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("path", Quoted, nullable=False),
    Column("sha256", Quoted, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("is_best", Boolean, nullable=False),
    Column("stored_sha256", SHA256),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

one_checkpoint = Index(
    "checkpoint_one_step", checkpoint.c.experiment, checkpoint.c.attempt, checkpoint.c.step, unique=True
)
"""A supervisor that says the same checkpoint twice is heard once."""

artifact = Table(
    "artifact",
    metadata,
    _experiment_key(),
    Column("name", Quoted, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Quoted, nullable=False),
    Column("media_type", Quoted, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _experiment_key(),
    Column("due_at", BigInteger, nullable=False),
    Column("sends", Integer, nullable=False, server_default="0"),
    Index("outbox_due", "due_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key_hash", SHA256, primary_key=True),
    Column("body_hash", Quoted, nullable=False),
    # Deferred: the key is taken before the experiment it stands for is written, so that two repeats never both write.
    Column("experiment", ID, ForeignKey("experiment.id", deferrable=True, initially="DEFERRED"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("idempotency_age", "created_at"),
)
