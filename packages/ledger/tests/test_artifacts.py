from __future__ import annotations

import pytest

from azuraforge_contracts import ArtifactSaved, ExperimentEnded, ExperimentState
from azuraforge_ledger import ArtifactMissing, Ledger
from azuraforge_ledger.testing import play

NAMES = ["z.json", "a.html", "../../etc/passwd", "nul\x00", "lone\ud800", ""]


def artifact(name: str) -> ArtifactSaved:
    return ArtifactSaved(name=name, kind="file", media_type="text/plain", sha256="a" * 64, bytes=2**40)


def test_artifacts_are_listed_in_the_order_they_were_made(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    made = [artifact(name) for name in NAMES]
    ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
    ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=made, ended=ended)
    assert ledger.artifacts.list_for(task_id) == made
    assert [ledger.artifacts.get(task_id, name) for name in NAMES] == made


@pytest.mark.parametrize("name", ["report.html", "\x00", "\ud800", "../x"])
def test_an_artifact_that_is_not_there_is_missing(ledger: Ledger, name: str) -> None:
    with pytest.raises(ArtifactMissing):
        ledger.artifacts.get(play.start(ledger), name)


def test_an_unknown_experiment_has_no_artifacts(ledger: Ledger) -> None:
    assert ledger.artifacts.list_for("\x00") == []
