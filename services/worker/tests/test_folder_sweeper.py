from __future__ import annotations

from pathlib import Path

from azuraforge_contracts import new_id
from azuraforge_ledger import open_ledger
from azuraforge_ledger.testing import play
from azuraforge_worker.attempt_folder import make_attempt_folder
from azuraforge_worker.folder_sweeper import sweep_abandoned, sweep_ended


def test_only_what_has_ended_is_swept(sqlite_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(sqlite_url)
    ledger.migrate()
    ended, queued, unknown = play.submit(ledger), play.submit(ledger), new_id()
    ledger.experiments.request_cancel(ended)
    work = tmp_path / "work"
    for task_id in (ended, queued, unknown):
        (make_attempt_folder(work, task_id=task_id, attempt=1) / "trainer.log").write_text("x")
    (work / "not-an-id").mkdir()

    assert sweep_ended(work, ledger=ledger) == [ended]
    assert sweep_ended(work, ledger=ledger) == []

    assert [path.name for path in (work / ended / "1").iterdir()] == ["trainer.log"]
    assert (work / queued / "1" / "checkpoints").is_dir()
    assert (work / unknown / "1" / "checkpoints").is_dir()
    ledger.close()


def test_a_work_folder_that_is_not_there_yet_is_no_error(sqlite_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(sqlite_url)
    assert sweep_ended(tmp_path / "work", ledger=ledger) == []
    ledger.close()


def test_only_attempts_that_are_over_lose_what_they_left_half_written(sqlite_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(sqlite_url)
    ledger.migrate()
    running, waiting, unknown = play.start(ledger), play.start(ledger), new_id()
    for task_id in (running, waiting):
        ledger.leases.release(task_id, attempt=1, reason="restart")
    play.start(ledger, running)
    spools = {
        (task_id, attempt): make_attempt_folder(tmp_path, task_id=task_id, attempt=attempt) / "events.spool"
        for task_id, attempt in [(running, 1), (running, 2), (waiting, 1), (unknown, 1)]
    }
    for spool in spools.values():
        spool.write_text("x")

    assert sweep_abandoned(tmp_path, ledger=ledger) == []
    sweep_abandoned(tmp_path, ledger=ledger, older_than_s=0.0)

    left = {key for key, spool in spools.items() if spool.exists()}
    assert left == {(running, 2), (unknown, 1)}
    ledger.close()
