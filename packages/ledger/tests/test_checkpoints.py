from __future__ import annotations

import pytest

from azuraforge_contracts import ArtifactSaved, CheckpointSaved, EventType, ExperimentEnded, ExperimentState
from azuraforge_ledger import FenceLost, Ledger
from azuraforge_ledger.checkpoints import KnownSizes
from azuraforge_ledger.testing import check_history, play, read_history


def test_a_checkpoint_is_a_row_and_an_event(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    made = play.checkpoint(3)
    event = ledger.checkpoints.add(task_id, attempt=1, checkpoint=made)
    assert event.type == EventType.CHECKPOINT
    assert event.data == CheckpointSaved.model_validate(made.model_dump()).model_dump(mode="json")
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_claim_brings_the_checkpoints_of_every_attempt_newest_first(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(1))
    ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(2))
    ledger.leases.crashed(task_id, attempt=1, reason="killed")
    play.start(ledger, task_id)
    ledger.checkpoints.add(task_id, attempt=2, checkpoint=play.checkpoint(2))
    ledger.leases.release(task_id, attempt=2, reason="restart")
    claim = ledger.leases.claim(task_id, worker_id="w")
    assert claim is not None
    assert [(row.attempt, row.epoch) for row in claim.checkpoints] == [(2, 2), (1, 2), (1, 1)]
    newest, made = claim.checkpoints[0], play.checkpoint(2)
    assert (newest.path, newest.step, newest.sha256, newest.bytes) == (made.path, made.step, made.sha256, made.bytes)


def test_a_checkpoint_said_twice_is_stored_once(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    first = ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(1))
    assert ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(1)) == first
    assert ledger.events.last_seq(task_id) == first.seq


def test_a_checkpoint_of_an_old_attempt_is_refused(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(1))
    ledger.leases.crashed(task_id, attempt=1, reason="killed")
    play.start(ledger, task_id)
    for number in (1, 2):
        with pytest.raises(FenceLost):
            ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(number))
    assert len(read_history(ledger, task_id).checkpoints) == 1


def test_sizes_are_known_from_the_experiment_itself_or_from_the_last_one_like_it(ledger: Ledger) -> None:
    mine = play.start(ledger)
    assert ledger.checkpoints.find_sizes(mine, pipeline="stock_predictor") == KnownSizes(0, 0)

    other = play.start(ledger)
    for number in (1, 2):
        ledger.checkpoints.add(other, attempt=1, checkpoint=play.checkpoint(number))
    artifact = ArtifactSaved(name="a", kind="k", media_type="text/plain", sha256="a" * 64, bytes=70)
    more = artifact.model_copy(update={"name": "b", "bytes": 7})
    ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
    ledger.experiments.succeed(other, attempt=1, score=None, artifacts=[artifact, more], ended=ended)
    assert ledger.checkpoints.find_sizes(mine, pipeline="stock_predictor") == KnownSizes(102, 77)
    assert ledger.checkpoints.find_sizes(mine, pipeline="another") == KnownSizes(0, 0)

    ledger.checkpoints.add(mine, attempt=1, checkpoint=play.checkpoint(50))
    assert ledger.checkpoints.find_sizes(mine, pipeline="stock_predictor") == KnownSizes(150, 77)
