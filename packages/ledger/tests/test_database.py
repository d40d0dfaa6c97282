from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, text

from azuraforge_contracts import EventType, WarningRaised
from azuraforge_ledger import DatabaseUrlInvalid, Ledger, LedgerUnavailable, open_ledger
from azuraforge_ledger.testing import check_history, play, read_history


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "oracle://x"])
def test_a_url_the_ledger_cannot_stand_on_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlInvalid):
        open_ledger(url)


def test_a_plain_postgresql_url_is_understood() -> None:
    ledger = open_ledger("postgresql://user:secret@127.0.0.1:1/none")
    assert ledger.database.url.drivername == "postgresql+psycopg"
    with pytest.raises(LedgerUnavailable) as caught:
        ledger.ping()
    assert "secret" not in str(caught.value)


def test_sqlite_keeps_its_promises(sqlite_ledger: Callable[[], Ledger]) -> None:
    with sqlite_ledger().database.write() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_an_exception_undoes_everything(ledger: Ledger) -> None:
    task_id = play.submit(ledger)

    def delete_and_fail() -> None:
        with ledger.database.write() as connection:
            connection.execute(text("DELETE FROM outbox"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        delete_and_fail()
    assert ledger.experiments.get(task_id).last_seq == 1
    with ledger.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 1


def test_a_reader_is_not_kept_waiting_by_a_writer(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    with ledger.database.write() as connection:
        connection.execute(text("UPDATE experiment SET last_seq = 99"))
        assert ledger.experiments.get(task_id).last_seq == 1


def test_a_database_without_tables_says_so(sqlite_url: str) -> None:
    ledger = open_ledger(sqlite_url)
    with pytest.raises(LedgerUnavailable, match="no such table"):
        ledger.experiments.list_page()
    ledger.close()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUrlInvalid, match="folder"):
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.sqlite3")


def test_a_full_disk_is_an_absence_and_takes_nothing_with_it(sqlite_ledger: Callable[[], Ledger]) -> None:
    full = sqlite_ledger()
    task_id = play.start(full)
    with full.database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    full.close()

    @event.listens_for(full.database.engine, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    warning = WarningRaised(code="x", message="x" * 100_000)
    with pytest.raises(LedgerUnavailable, match="full"):
        full.events.append(task_id, attempt=1, type=EventType.WARNING, data=warning)
    assert check_history(read_history(full, task_id), is_ended=False) == []

    roomy = sqlite_ledger()
    roomy.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1))
    assert check_history(read_history(roomy, task_id), is_ended=False) == []
