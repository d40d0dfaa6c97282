from __future__ import annotations

from pathlib import Path

from azuraforge_contracts import new_id
from azuraforge_ledger import open_ledger
from azuraforge_ledger.testing import play
from azuraforge_worker.attempt_folder import make_attempt_folder
from azuraforge_worker.folder_sweeper import sweep_ended


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
