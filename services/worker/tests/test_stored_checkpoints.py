from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from azuraforge_contracts import CheckpointFile, EventType, Origin
from azuraforge_ledger import ArtifactStore, Claim, Ledger, open_ledger
from azuraforge_ledger.testing import play
from azuraforge_worker.attempt_folder import make_attempt_folder
from azuraforge_worker.errors import CheckpointRefused
from azuraforge_worker.job_plan import FETCHED, JobPlan, plan_job
from azuraforge_worker.settings import WorkerSettings
from azuraforge_worker.stored_checkpoints import store_checkpoints

T = TypeVar("T")


def at_once(call: Callable[[], T]) -> T:
    return call()


class Place:
    """A ledger, a store and a work folder of one worker."""

    def __init__(self, ledger: Ledger, folder: Path, make_checkpoint: Callable[..., str]) -> None:
        self.ledger = ledger
        self.store = ArtifactStore(folder / "store")
        self.folder = folder
        self.make_checkpoint = make_checkpoint

    def move(self) -> None:
        """Go on as another worker, which has none of the folders."""
        self.folder = self.folder / "elsewhere"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def train(self, claim: Claim, epochs: range) -> None:
        for number in epochs:
            self.ledger.events.append(
                claim.task_id, attempt=claim.attempt, type=EventType.EPOCH, data=play.epoch(number)
            )
            path = f"checkpoints/step-{number}"
            folder = self.work / claim.task_id / str(claim.attempt) / path
            sha256 = self.make_checkpoint(folder, number=str(number).encode())
            made = CheckpointFile(path=path, epoch=number, step=number, sha256=sha256, bytes=1)
            self.ledger.checkpoints.add(claim.task_id, attempt=claim.attempt, checkpoint=made)

    def keep(self, claim: Claim) -> None:
        store_checkpoints(claim, ledger=self.ledger, store=self.store, work=self.work, patiently=at_once)

    def claim(self, task_id: str) -> Claim:
        claim = self.ledger.leases.claim(task_id, worker_id="w")
        assert claim is not None
        return claim

    def plan(self, claim: Claim) -> JobPlan:
        folder = make_attempt_folder(self.work, task_id=claim.task_id, attempt=claim.attempt)
        settings = WorkerSettings(
            database_url="", redis_url="", artifacts=self.folder, work=self.work, worker_id="w", device="cpu"
        )
        return plan_job(claim, folder=folder, settings=settings, store=self.store)


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path, make_checkpoint: Callable[..., str]) -> Iterator[Place]:
    ledger = open_ledger(sqlite_url)
    ledger.migrate()
    yield Place(ledger, tmp_path, make_checkpoint)
    ledger.close()


def released(place: Place) -> str:
    """An experiment of three epochs that its worker gave back, its checkpoints kept."""
    task_id = play.submit(place.ledger)
    claim = place.claim(task_id)
    place.train(claim, range(1, 4))
    place.keep(claim)
    place.ledger.leases.release(task_id, attempt=1, reason="restart")
    return task_id


def test_another_worker_goes_on_from_the_newest_checkpoint_in_the_store(place: Place) -> None:
    task_id = released(place)
    place.move()
    plan = place.plan(place.claim(task_id))
    assert plan.job.resumed_epoch == 3
    assert plan.job.resume_from is not None
    assert f"/{FETCHED}/" in plan.job.resume_from
    assert (Path(plan.job.resume_from) / "model.safetensors").exists()
    assert plan.warnings == ()


def test_the_same_worker_reads_its_own_folder(place: Place) -> None:
    task_id = released(place)
    plan = place.plan(place.claim(task_id))
    assert plan.job.resume_from == str(place.work / task_id / "1" / "checkpoints/step-3")


def test_a_damaged_one_in_the_store_is_passed_over_with_a_warning(place: Place) -> None:
    task_id = released(place)
    newest = place.ledger.control.list_wanted_checkpoints(task_id)[0]
    assert newest.stored_sha256 is not None
    place.store.path_of(newest.stored_sha256).write_bytes(b"damaged")
    place.move()
    plan = place.plan(place.claim(task_id))
    assert plan.job.resumed_epoch == 2
    assert [warning.code for warning in plan.warnings] == ["checkpoint_unreadable"]


def test_a_fork_starts_at_its_parent_s_checkpoint(place: Place) -> None:
    parent = released(place)
    point = place.ledger.control.find_fork_point(parent, epoch=2)
    new = replace(play.new_experiment(), parent=parent, origin=Origin.FORK, fork_point=point)
    child = place.ledger.experiments.submit(new).experiment.task_id
    plan = place.plan(place.claim(child))
    assert plan.job.resumed_epoch == 2
    assert plan.job.resume_from == str(place.work / child / "1" / FETCHED / parent)


def test_a_fork_whose_start_is_gone_never_begins_from_nothing(place: Place) -> None:
    parent = released(place)
    point = place.ledger.control.find_fork_point(parent)
    new = replace(play.new_experiment(), parent=parent, origin=Origin.FORK, fork_point=point)
    child = place.ledger.experiments.submit(new).experiment.task_id
    place.store.delete(point.stored_sha256)
    with pytest.raises(CheckpointRefused):
        place.plan(place.claim(child))


def test_what_cannot_be_kept_does_not_harm_the_end(place: Place) -> None:
    claim = place.claim(play.submit(place.ledger))
    place.train(claim, range(1, 2))
    (place.work / claim.task_id / "1" / "checkpoints/step-1" / "state.json").unlink()
    place.keep(claim)
    assert not any(one.is_kept for one in place.ledger.control.list_checkpoints(claim.task_id))
