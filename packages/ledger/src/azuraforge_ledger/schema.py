"""Bringing the tables to this program's version, and saying when they are not.

Revisions are files `NNNN_what.py` in one line, so the newest is the last by name, and a database that is already there
is recognised without Alembic, whose import takes a fifth of the time that the whole package needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import SchemaOutdated, SchemaTooNew

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = 0x617A_6601


def list_revisions() -> list[str]:
    """Every revision this program knows, oldest first."""
    return sorted(path.name.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*_*.py"))


def migrate(database: Database) -> None:
    """Bring the tables to the newest revision. Several processes may call it at once: the others wait and find it done.

    Everything happens in one transaction (both databases have transactional DDL), so a killed migration leaves nothing.

    Raises:
        SchemaTooNew: a newer program has already changed the tables.
    """
    with database.read() as connection:
        if _refuse_newer(connection) == list_revisions()[-1]:
            return
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        _refuse_newer(connection)
        _upgrade(connection)


def check_schema(database: Database) -> None:
    """Return if the tables are exactly this program's.

    Raises:
        SchemaOutdated: they are older, or not there at all.
        SchemaTooNew: they are newer.
    """
    with database.read() as connection:
        found = _refuse_newer(connection)
    if found != list_revisions()[-1]:
        raise SchemaOutdated(
            f"The database is at revision {found or 'none'}, this program needs {list_revisions()[-1]}. "
            "Start the API, which migrates it, or call migrate()."
        )


def _refuse_newer(connection: Connection) -> str | None:
    found: str | None = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if found is not None and found not in list_revisions():
        raise SchemaTooNew(f"The database is at revision {found}, which this program does not know. Update AzuraForge.")
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 20 % of the package's import time, needed once per release
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
