from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from azuraforge_ledger import SchemaOutdated, SchemaTooNew, open_ledger, schema
from azuraforge_ledger.tables import metadata
from azuraforge_ledger.testing import play

MIGRATE = "import sys; from azuraforge_ledger import open_ledger; open_ledger(sys.argv[1]).migrate()"


def test_an_empty_database_is_outdated_until_it_is_migrated(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    with pytest.raises(SchemaOutdated):
        ledger.check_schema()
    ledger.migrate()
    ledger.check_schema()
    ledger.close()


def test_the_migrations_make_exactly_the_tables(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    ledger.migrate()
    with ledger.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert "event_one_epoch" in {index["name"] for index in inspect(connection).get_indexes("event")}
    ledger.close()


def test_revisions_are_one_line_in_the_order_of_their_names() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert [script.revision for script in scripts.walk_revisions()][::-1] == schema.list_revisions()
    assert scripts.get_heads() == [schema.list_revisions()[-1]]


def test_a_current_database_needs_no_alembic(empty_url: str) -> None:
    open_ledger(empty_url).migrate()
    script = f"{MIGRATE}; assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, empty_url], check=True)


def test_migrating_again_keeps_every_row(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    ledger.migrate()
    task_id = play.submit(ledger)
    ledger.migrate()
    assert ledger.experiments.get(task_id).task_id == task_id
    ledger.close()


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    errors = [process.communicate(timeout=90)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    ledger = open_ledger(empty_url)
    ledger.check_schema()
    ledger.close()


def test_a_newer_database_is_left_alone(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    ledger.migrate()
    with ledger.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew):
        ledger.check_schema()
    with pytest.raises(SchemaTooNew):
        ledger.migrate()
    ledger.close()
