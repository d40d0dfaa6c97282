"""The first tables: experiments, events, metrics, checkpoints, artifacts, outbox, idempotency, sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("pipeline_version", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("config_hash", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("epochs", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("eta_s", sa.Double(), nullable=True),
        sa.Column("metrics", sa.Text(), nullable=True),
        sa.Column("score", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("is_cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("no_worker_since", sa.BigInteger(), nullable=True),
        sa.Column("is_no_worker_warned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("last_seq >= 1", name=op.f("experiment_has_history")),
        sa.PrimaryKeyConstraint("id", name=op.f("experiment_pk")),
    )
    op.create_index("experiment_by_state", "experiment", ["state", "created_at"], unique=False)
    op.create_index("experiment_newest", "experiment", ["created_at", "id"], unique=False)
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("session_pk")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("sign_in_link_pk")),
    )
    op.create_table(
        "artifact",
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["experiment"], ["experiment.id"], name=op.f("artifact_experiment_fk")),
        sa.PrimaryKeyConstraint("experiment", "name", name=op.f("artifact_pk")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("is_best", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["experiment"], ["experiment.id"], name=op.f("checkpoint_experiment_fk")),
        sa.PrimaryKeyConstraint("experiment", "seq", name=op.f("checkpoint_pk")),
        sqlite_with_rowid=False,
    )
    op.create_index("checkpoint_one_step", "checkpoint", ["experiment", "attempt", "step"], unique=True)
    op.create_table(
        "event",
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["experiment"], ["experiment.id"], name=op.f("event_experiment_fk")),
        sa.PrimaryKeyConstraint("experiment", "seq", name=op.f("event_pk")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "event_one_epoch",
        "event",
        ["experiment", "epoch"],
        unique=True,
        sqlite_where=sa.text("epoch IS NOT NULL"),
        postgresql_where=sa.text("epoch IS NOT NULL"),
    )
    op.create_table(
        "idempotency",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"],
            ["experiment.id"],
            name=op.f("idempotency_experiment_fk"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("idempotency_pk")),
    )
    op.create_index("idempotency_age", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "metric",
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["experiment"], ["experiment.id"], name=op.f("metric_experiment_fk")),
        sa.PrimaryKeyConstraint("experiment", "name", "step", name=op.f("metric_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("sends", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["experiment"], ["experiment.id"], name=op.f("outbox_experiment_fk")),
        sa.PrimaryKeyConstraint("experiment", name=op.f("outbox_pk")),
    )
    op.create_index("outbox_due", "outbox", ["due_at"], unique=False)
