from __future__ import annotations

from dataclasses import replace

import pytest

from azuraforge_contracts import ArtifactSaved, EventType, ExperimentEnded, ExperimentPatch, ExperimentState, Origin
from azuraforge_ledger import (
    ExperimentFilter,
    ExperimentMissing,
    ExperimentReferenced,
    IdempotencyKey,
    Ledger,
    StateConflict,
)
from azuraforge_ledger.testing import play
from azuraforge_ledger.testing.history import list_task_ids

KEY = IdempotencyKey(owner="me", key="k", body_hash="0" * 64)


def succeeded(ledger: Ledger, *, own_file: str) -> str:
    task_id = ledger.experiments.submit(play.new_experiment()).experiment.task_id
    play.start(ledger, task_id)
    ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1))
    ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(1))
    ledger.control.keep_checkpoints(
        task_id, attempt=1, stored={one.seq: "c" * 64 for one in ledger.control.list_wanted_checkpoints(task_id)}
    )
    files = [
        ArtifactSaved(name=name, kind="model", media_type="application/zip", sha256=sha256, bytes=1)
        for name, sha256 in (("own", own_file), ("shared", "5" * 64))
    ]
    ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
    ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=files, ended=ended)
    return task_id


def test_a_deletion_leaves_nothing_and_names_only_files_that_nobody_shares(ledger: Ledger) -> None:
    gone, stays = succeeded(ledger, own_file="a" * 64), succeeded(ledger, own_file="b" * 64)
    deleted = ledger.control.delete(gone)
    assert deleted.unused_files == {"a" * 64}
    assert (deleted.task_id, deleted.name) == (gone, "An experiment")
    assert list_task_ids(ledger) == [stays]
    with pytest.raises(ExperimentMissing):
        ledger.events.read(gone)
    assert ledger.control.delete(stays).unused_files == {"b" * 64, "c" * 64, "5" * 64}


def test_what_has_not_ended_is_not_deleted(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    ledger.experiments.request_pause(task_id)
    with pytest.raises(StateConflict) as refused:
        ledger.control.delete(task_id)
    assert refused.value.possible == ["resume", "cancel", "rerun", "fork"]


@pytest.mark.parametrize("origin", [Origin.RERUN, Origin.FORK, Origin.PROOF])
def test_what_something_was_made_from_is_not_deleted_and_the_refusal_names_it(ledger: Ledger, origin: Origin) -> None:
    parent = succeeded(ledger, own_file="a" * 64)
    point = ledger.control.find_fork_point(parent) if origin == Origin.FORK else None
    new = replace(play.new_experiment(name="The child"), parent=parent, origin=origin, fork_point=point)
    child = ledger.experiments.submit(new).experiment.task_id
    with pytest.raises(ExperimentReferenced, match="The child") as refused:
        ledger.control.delete(parent)
    assert [(one.kind, one.id) for one in refused.value.references] == [("experiment", child)]


def test_the_proof_of_a_fork_holds_the_checkpoint_s_owner_too(ledger: Ledger) -> None:
    grandparent = succeeded(ledger, own_file="a" * 64)
    point = ledger.control.find_fork_point(grandparent)
    first = play.new_experiment()
    parent = ledger.experiments.submit(replace(first, parent=grandparent, fork_point=point)).experiment.task_id
    proof = ledger.experiments.submit(replace(first, parent=parent, fork_point=point)).experiment.task_id
    with pytest.raises(ExperimentReferenced) as refused:
        ledger.control.delete(grandparent)
    assert [one.id for one in refused.value.references] == [parent, proof]


def test_the_key_of_a_deleted_experiment_is_free_again(ledger: Ledger) -> None:
    first = ledger.experiments.submit(play.new_experiment(), idempotency=KEY).experiment.task_id
    ledger.experiments.request_cancel(first)
    ledger.control.delete(first)
    assert ledger.experiments.submit(play.new_experiment(), idempotency=KEY).is_new


def test_an_archived_experiment_is_listed_only_where_it_is_asked_for(ledger: Ledger) -> None:
    archived, shown = succeeded(ledger, own_file="a" * 64), succeeded(ledger, own_file="b" * 64)
    first = ledger.control.archive(archived)
    assert ledger.control.archive(archived) == first
    listed = {
        is_archived: [item.task_id for item in ledger.experiments.list_page(filter_).items]
        for is_archived, filter_ in ((one, ExperimentFilter(is_archived=one)) for one in (None, True, False))
    }
    assert listed == {None: [shown, archived], True: [archived], False: [shown]}
    assert ledger.control.unarchive(archived).archived_at is None
    assert ledger.control.unarchive(archived).archived_at is None


def test_what_has_not_ended_is_not_archived(ledger: Ledger) -> None:
    with pytest.raises(StateConflict):
        ledger.control.archive(play.submit(ledger))


def test_a_new_name_is_found_by_search(ledger: Ledger) -> None:
    task_id = succeeded(ledger, own_file="a" * 64)
    assert ledger.control.amend(task_id, ExperimentPatch(name="Işık")).name == "Işık"
    assert [one.task_id for one in ledger.experiments.list_page(ExperimentFilter(text="isik")).items] == [task_id]


def test_a_limit_is_set_taken_away_and_left_alone(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    assert ledger.control.amend(task_id, ExperimentPatch(time_limit_s=60, priority=3)).time_limit_s == 60
    assert ledger.control.amend(task_id, ExperimentPatch(name="x")).time_limit_s == 60
    found = ledger.control.amend(task_id, ExperimentPatch(time_limit_s=None))
    assert (found.time_limit_s, found.priority) == (None, 3)


def test_what_has_ended_keeps_its_priority_and_takes_the_one_it_has(ledger: Ledger) -> None:
    task_id = succeeded(ledger, own_file="a" * 64)
    with pytest.raises(StateConflict):
        ledger.control.amend(task_id, ExperimentPatch(priority=3))
    assert ledger.control.amend(task_id, ExperimentPatch(priority=0)).priority == 0
