from __future__ import annotations

from dataclasses import replace

import pytest

from azuraforge_contracts import EventType, ForkPoint, Origin
from azuraforge_ledger import CheckpointMissing, ExperimentMissing, Ledger
from azuraforge_ledger.testing import check_history, play, read_history


def train(ledger: Ledger, task_id: str, epochs: range) -> None:
    for number in epochs:
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(number))
        ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(number))


def keep_all(ledger: Ledger, task_id: str, *, attempt: int = 1) -> set[str]:
    wanted = ledger.control.list_wanted_checkpoints(task_id)
    return ledger.control.keep_checkpoints(
        task_id, attempt=attempt, stored={one.seq: f"{one.seq:064x}" for one in wanted}
    )


def parent_of_three(ledger: Ledger) -> str:
    task_id = play.start(ledger)
    train(ledger, task_id, range(1, 4))
    keep_all(ledger, task_id)
    return task_id


def fork(ledger: Ledger, parent: str, point: ForkPoint) -> str:
    new = replace(play.new_experiment(), parent=parent, origin=Origin.FORK, fork_point=point)
    return ledger.experiments.submit(new).experiment.task_id


def test_kept_are_the_last_two_and_the_best(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    for number in range(1, 6):
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(number))
        made = play.checkpoint(number).model_copy(update={"is_best": number in {1, 2}})
        ledger.checkpoints.add(task_id, attempt=1, checkpoint=made)
    assert [one.epoch for one in ledger.control.list_wanted_checkpoints(task_id)] == [5, 4, 2]


def test_what_is_no_longer_wanted_is_let_go(ledger: Ledger) -> None:
    task_id = parent_of_three(ledger)
    train(ledger, task_id, range(4, 6))
    dropped = keep_all(ledger, task_id)
    assert len(dropped) == 2
    kept = [one.epoch for one in ledger.control.list_checkpoints(task_id) if one.is_kept]
    assert kept == [5, 4]


def test_what_a_fork_starts_from_stays(ledger: Ledger) -> None:
    task_id = parent_of_three(ledger)
    fork(ledger, task_id, ledger.control.find_fork_point(task_id, epoch=2))
    train(ledger, task_id, range(4, 6))
    assert len(keep_all(ledger, task_id)) == 1
    kept = [one.epoch for one in ledger.control.list_checkpoints(task_id) if one.is_kept]
    assert kept == [5, 4, 2]


def test_a_file_that_another_experiment_also_has_is_not_unused(ledger: Ledger) -> None:
    task_id, other = parent_of_three(ledger), parent_of_three(ledger)
    train(ledger, other, range(4, 6))
    assert keep_all(ledger, other) == set()
    assert len([one for one in ledger.control.list_checkpoints(task_id) if one.is_kept]) == 2


def test_a_fork_counts_on_from_its_parent_s_epoch(ledger: Ledger) -> None:
    parent = parent_of_three(ledger)
    child = fork(ledger, parent, ledger.control.find_fork_point(parent, epoch=2))
    claim = ledger.leases.claim(child, worker_id="w")
    assert claim is not None
    assert claim.fork_point is not None
    assert (claim.last_epoch, claim.fork_point.experiment, claim.fork_point.epoch) == (2, parent, 2)
    train(ledger, child, range(3, 5))
    assert check_history(read_history(ledger, child), is_ended=False) == []
    shown = ledger.experiments.get(parent).children
    assert [(one.task_id, one.origin) for one in shown] == [(child, Origin.FORK)]


def test_a_checkpoint_inside_an_epoch_counts_the_epochs_that_were_told(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    train(ledger, task_id, range(1, 3))
    half = play.checkpoint(3).model_copy(update={"step": 25})  # its pipeline calls it epoch 3, which nobody told yet
    ledger.checkpoints.add(task_id, attempt=1, checkpoint=half)
    keep_all(ledger, task_id)
    assert (ledger.control.find_fork_point(task_id).epoch, ledger.control.find_fork_point(task_id).step) == (2, 25)


def test_a_missing_checkpoint_is_refused_with_the_epochs_there_are(ledger: Ledger) -> None:
    parent = parent_of_three(ledger)
    with pytest.raises(CheckpointMissing, match="2, 3") as refused:
        ledger.control.find_fork_point(parent, epoch=1)
    assert refused.value.kept == [2, 3]


def test_a_point_that_was_let_go_meanwhile_is_refused(ledger: Ledger) -> None:
    parent = parent_of_three(ledger)
    point = ledger.control.find_fork_point(parent, epoch=2)
    train(ledger, parent, range(4, 6))
    keep_all(ledger, parent)
    with pytest.raises(CheckpointMissing):
        fork(ledger, parent, point)


def test_a_fork_of_what_was_deleted_is_refused(ledger: Ledger) -> None:
    point = ForkPoint(
        experiment="0197f9a0-0000-7000-8000-00000000000a",
        seq=1,
        epoch=1,
        step=1,
        sha256="a" * 64,
        stored_sha256="a" * 64,
    )
    with pytest.raises(ExperimentMissing):
        fork(ledger, point.experiment, point)
