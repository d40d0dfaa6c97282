"""Accounts, projects and the audit log; what control of experiments needs to remember.

Sessions and links from before belong to nobody, so they end here: the next sign-in is with an account.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DEFAULT_PROJECT = "00000000-0000-7000-8000-000000000000"
ID = sa.String(length=36)
SHA256 = sa.String(length=64)


def upgrade() -> None:
    _extend_experiments()
    _create_people()
    _create_ways_in()
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("project", ID, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pk")),
    )
    op.create_index("audit_newest", "audit", ["at", "id"], unique=False)


def _extend_experiments() -> None:
    for column in (
        sa.Column("project", ID, server_default=DEFAULT_PROJECT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("parent", ID, nullable=True),
        sa.Column("origin", sa.String(length=16), server_default="new", nullable=False),
        sa.Column("fork_point", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("time_limit_s", sa.Double(), nullable=True),
        sa.Column("provenance", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("experiment", column)
    op.create_index("experiment_by_project", "experiment", ["project", "created_at", "id"], unique=False)
    op.create_index("experiment_by_parent", "experiment", ["parent"], unique=False)
    op.add_column("checkpoint", sa.Column("stored_sha256", SHA256, nullable=True))


def _create_people() -> None:
    op.create_table(
        "user",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("password_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("user_pk")),
        sa.UniqueConstraint("name_key"),
    )
    project = op.create_table(
        "project",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("project_pk")),
        sa.UniqueConstraint("name_key"),
    )
    op.bulk_insert(project, [{"id": DEFAULT_PROJECT, "name": '"default"', "name_key": '"default"', "created_at": 0}])
    op.create_table(
        "member",
        sa.Column("project", ID, nullable=False),
        sa.Column("user", ID, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("member_project_fk")),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("member_user_fk")),
        sa.PrimaryKeyConstraint("project", "user", name=op.f("member_pk")),
    )
    op.create_index("member_by_user", "member", ["user"], unique=False)


def _create_ways_in() -> None:
    op.drop_table("session")
    op.drop_table("sign_in_link")
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", SHA256, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("user", ID, nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("sign_in_link_user_fk")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("sign_in_link_pk")),
    )
    op.create_table(
        "session",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", SHA256, nullable=False),
        sa.Column("user", ID, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("session_user_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_pk")),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("session_by_user", "session", ["user"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", ID, nullable=False),
        sa.Column("user", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", SHA256, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("project", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("api_key_user_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pk")),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_index("api_key_by_user", "api_key", ["user"], unique=False)
