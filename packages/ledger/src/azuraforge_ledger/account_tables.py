"""The tables of who may do what: users, their sessions and keys, projects and their members, and who did what when."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text, text

from azuraforge_ledger.columns import JsonText, Quoted
from azuraforge_ledger.tables import ID, SHA256, metadata

user = Table(
    "user",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Quoted, nullable=False),
    Column("name_key", Quoted, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("is_admin", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", BigInteger, nullable=False),
    Column("password_at", BigInteger),
    Column("disabled_at", BigInteger),
)
"""`name_key` is the folded name: no two users differ by case or accents alone. Users are disabled, never deleted."""


def _user_key(*, is_required: bool = True) -> Column[str]:
    return Column("user", ID, ForeignKey("user.id"), nullable=not is_required)


sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", SHA256, primary_key=True),
    Column("purpose", String(16), nullable=False),
    _user_key(is_required=False),
    Column("expires_at", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", ID, primary_key=True),
    Column("token_hash", SHA256, nullable=False, unique=True),
    _user_key(),
    Column("agent", Quoted, nullable=False),
    Column("address", Quoted, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("session_by_user", "user"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", ID, primary_key=True),
    _user_key(),
    Column("name", Quoted, nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("key_hash", SHA256, nullable=False, unique=True),
    Column("scopes", JsonText, nullable=False),
    Column("project", ID),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("api_key_by_user", "user"),
)
"""`project` limits a key to one project."""

project = Table(
    "project",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Quoted, nullable=False),
    Column("name_key", Quoted, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
)
"""Projects are archived, never deleted."""

member = Table(
    "member",
    metadata,
    Column("project", ID, ForeignKey("project.id"), primary_key=True),
    Column("user", ID, ForeignKey("user.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Index("member_by_user", "user"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Quoted, nullable=False),
    Column("actor_name", Quoted, nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Quoted, nullable=False),
    Column("project", ID),
    Column("address", Quoted, nullable=False),
    Column("detail", JsonText, nullable=False),
    Index("audit_newest", "at", "id"),
)
"""Only ever added to. `actor` is a user's id, or a word for who has none (`owner_key`, `nobody`)."""
