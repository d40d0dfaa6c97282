"""Checkpoints: a training killed anywhere continues bit for bit, and a damaged checkpoint is never loaded."""

import contextlib
import errno
import hashlib
import json
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azuraforge_learner import (
    CheckpointStore,
    Learner,
    load_checkpoint,
    read_attachments,
    save_checkpoint,
    verify_checkpoint,
)
from azuraforge_learner.callbacks import BestCheckpoint, Callback, EarlyStopping
from azuraforge_learner.errors import CheckpointInvalid, CheckpointMismatch
from azuraforge_learner.sealed import dump_json, write_sealed
from azuraforge_learner.training import Training

EPOCHS = 4
BATCHES = 3
STEPS = EPOCHS * BATCHES


class Killed(BaseException):
    """Stands for the end of a process: nothing of the training may catch it."""


class Kill(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_batch_end(self, training: Training) -> None:
        if training.step == self.step:
            raise Killed


class SaveEachBatch(Callback):
    def __init__(self, store: CheckpointStore) -> None:
        self.store = store

    def on_batch_end(self, training: Training) -> None:
        self.store.save(training)


class Stop(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_batch_end(self, training: Training) -> None:
        if training.step == self.step:
            training.stop("pause")


def outcome(learner: Learner) -> tuple[bytes, bytes, list[dict[str, float]]]:
    weights = b"".join(array.tobytes() for array in learner.model.arrays().values())
    moments = b"".join(row.tobytes() for row in learner.optimizer.moments.values())
    return weights, moments, list(learner.history.rows)


@pytest.fixture
def straight(small_training: Callable) -> tuple[bytes, bytes, list[dict[str, float]]]:
    return outcome(small_training([EarlyStopping(9)]).fit(EPOCHS))


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_stopped_at_any_batch_and_resumed_is_bit_equal(
    small_training: Callable, straight: object, tmp_path: Path, step: int
) -> None:
    stopped = small_training([EarlyStopping(9), Stop(step)]).fit(EPOCHS)
    save_checkpoint(stopped, tmp_path / "checkpoint")
    resumed = small_training([EarlyStopping(9)])
    info = load_checkpoint(resumed.learner, tmp_path / "checkpoint")
    assert info.step == step
    assert outcome(resumed.fit(EPOCHS)) == straight


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_at_any_batch_and_resumed_from_the_last_epoch_is_bit_equal(
    small_training: Callable, straight: object, tmp_path: Path, step: int
) -> None:
    store = CheckpointStore(tmp_path)
    with pytest.raises(Killed):
        small_training([EarlyStopping(9), BestCheckpoint(store), Kill(step)]).fit(EPOCHS)
    resumed = small_training([EarlyStopping(9), BestCheckpoint(store)])
    newest = store.find_newest()
    assert (newest.epoch if newest else 0) == (step - 1) // BATCHES
    if newest is not None:
        load_checkpoint(resumed.learner, newest.path)
    assert outcome(resumed.fit(EPOCHS)) == straight


def test_killed_again_and_again_is_bit_equal(small_training: Callable, straight: object, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    for step in range(2, STEPS + 1):
        training = small_training([EarlyStopping(9), SaveEachBatch(store), Kill(step)])
        if newest := store.find_newest():
            load_checkpoint(training.learner, newest.path)
        with pytest.raises(Killed):
            training.fit(EPOCHS)
    last = small_training([EarlyStopping(9)])
    newest = store.find_newest()
    assert newest is not None
    load_checkpoint(last.learner, newest.path)
    assert outcome(last.fit(EPOCHS)) == straight


@given(kills=st.lists(st.integers(1, STEPS), max_size=3), is_each_batch=st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_series_of_kills_is_bit_equal(
    small_training: Callable, straight: object, kills: list[int], is_each_batch: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = CheckpointStore(Path(folder))
        saver = SaveEachBatch if is_each_batch else BestCheckpoint
        for step in [*kills, 0]:  # no step is 0: the last process lives
            training = small_training([EarlyStopping(9), saver(store), Kill(step)])
            if newest := store.find_newest():
                load_checkpoint(training.learner, newest.path)
            with contextlib.suppress(Killed):
                training.fit(EPOCHS)
        assert outcome(training.learner) == straight


@pytest.mark.parametrize("forgotten", ["generators", "optimizer", "position", "loss_sum"])
def test_the_comparison_notices_a_forgotten_part(
    small_training: Callable, straight: object, tmp_path: Path, forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that cannot fail is a defect: leave one part of the state out and the outcome must differ."""
    stopped = small_training([EarlyStopping(9), Stop(4)]).fit(EPOCHS)
    fresh = small_training([EarlyStopping(9)])
    start = fresh.learner.capture()
    state = stopped.capture()
    document = {**state.document}
    if forgotten == "optimizer":
        state = type(state)(state.epoch, state.step, document, state.model, start.optimizer, state.callbacks)
    elif forgotten == "position":
        document["position"] = {"epoch": 2, "batch": 0, "is_epoch_done": False}
    else:
        document[forgotten] = start.document[forgotten]
    state = type(state)(state.epoch, state.step, document, state.model, state.optimizer, state.callbacks)
    fresh.learner.restore(state)
    assert outcome(fresh.fit(EPOCHS)) != straight


def test_early_stopping_survives_a_resume(small_training: Callable, tmp_path: Path) -> None:
    class NeverBetter(Callback):
        def on_validation_end(self, training: Training) -> None:
            training.metrics["validation_loss"] = float(training.epoch)

    def make(*extra: Callback) -> object:
        return small_training([NeverBetter(), EarlyStopping(3), *extra])

    straight_end = make().fit(9)
    stopped = make(Stop(8)).fit(9)
    save_checkpoint(stopped, tmp_path / "c")
    resumed = make()
    load_checkpoint(resumed.learner, tmp_path / "c")
    assert outcome(resumed.fit(9)) == outcome(straight_end)
    assert resumed.learner.epoch == 4
    finished = make()
    save_checkpoint(resumed.learner, tmp_path / "end")
    load_checkpoint(finished.learner, tmp_path / "end")
    assert outcome(finished.fit(9)) == outcome(straight_end)


@pytest.fixture
def checkpoint(small_training: Callable, tmp_path: Path) -> Path:
    save_checkpoint(small_training([EarlyStopping(9)]).fit(1), tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def test_a_flipped_bit_anywhere_is_refused_and_nothing_loaded(small_training: Callable, checkpoint: Path) -> None:
    """Every byte of the manifest, and every 211th of the other files, with a bit that differs from byte to byte."""
    training = small_training([EarlyStopping(9)])
    before = outcome(training.learner)
    for file in sorted(checkpoint.iterdir()):
        good = file.read_bytes()
        for place in range(0, len(good), 1 if file.name == "manifest.json" else 211):
            file.write_bytes(good[:place] + bytes([good[place] ^ (1 << place % 8)]) + good[place + 1 :])
            with pytest.raises(CheckpointInvalid, match="cannot be used"):
                load_checkpoint(training.learner, checkpoint)
        file.write_bytes(good)
    assert outcome(training.learner) == before
    assert verify_checkpoint(checkpoint).epoch == 1


def test_a_missing_short_or_foreign_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    for file in sorted(checkpoint.iterdir()):
        good = file.read_bytes()
        file.unlink()
        with pytest.raises(CheckpointInvalid, match="missing"):
            verify_checkpoint(checkpoint)
        file.write_bytes(good[:-1])
        with pytest.raises(CheckpointInvalid):
            verify_checkpoint(checkpoint)
        file.write_bytes(good + b"\0")
        with pytest.raises(CheckpointInvalid):
            verify_checkpoint(checkpoint)
        file.write_bytes(good)
    with pytest.raises(CheckpointInvalid, match=r"manifest\.json is missing"):
        verify_checkpoint(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["../state.json", "/etc/passwd", "..", "a/b", "a\\b", "manifest.json", "", "nul\0"])
def test_a_manifest_cannot_name_a_file_outside(checkpoint: Path, name: str) -> None:
    manifest = json.loads((checkpoint / "manifest.json").read_text())
    manifest["files"][name] = manifest["files"]["state.json"]
    manifest["seal"] = hashlib.sha256(dump_json({**manifest, "seal": ""})).hexdigest()  # as a forger would
    (checkpoint / "manifest.json").write_bytes(dump_json(manifest))
    with pytest.raises(CheckpointInvalid, match="outside its folder"):
        verify_checkpoint(checkpoint)


def test_a_link_in_place_of_a_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "state.json").rename(tmp_path / "elsewhere.json")
    (checkpoint / "state.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(CheckpointInvalid, match=r"state\.json is missing"):
        verify_checkpoint(checkpoint)


def test_another_training_refuses_the_checkpoint(small_training: Callable, checkpoint: Path) -> None:
    with pytest.raises(CheckpointMismatch, match="another seed"):
        load_checkpoint(small_training([EarlyStopping(9)], seed=8).learner, checkpoint)
    with pytest.raises(CheckpointMismatch, match="EarlyStopping"):
        load_checkpoint(small_training().learner, checkpoint)


@pytest.mark.parametrize("step", [4, 6])
def test_data_that_changed_since_the_checkpoint_is_refused(small_training: Callable, tmp_path: Path, step: int) -> None:
    """A download that gives other prices the second time must not go unnoticed, at the end of an epoch either."""
    save_checkpoint(small_training([Stop(step)]).fit(EPOCHS), tmp_path / "c")
    other = small_training()
    other.train.dataset.arrays[0][3, 1, 0] += np.float32(1e-6)
    load_checkpoint(other.learner, tmp_path / "c")
    with pytest.raises(CheckpointMismatch, match="the loader's sha256"):
        other.fit(EPOCHS)


def test_attached_data_comes_back(small_training: Callable, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, attachments={"prices.csv": b"1,2\n"})
    info = store.save(small_training().fit(1))
    assert read_attachments(info.path) == {"prices.csv": b"1,2\n"}
    assert verify_checkpoint(info.path) == info
    (info.path / "attached-prices.csv").write_bytes(b"1,3\n")
    with pytest.raises(CheckpointInvalid):
        read_attachments(info.path)


def test_other_data_in_the_middle_of_an_epoch_is_refused(small_training: Callable, tmp_path: Path) -> None:
    save_checkpoint(small_training([Stop(4)]).fit(EPOCHS), tmp_path / "c")
    other = small_training(samples=23)
    load_checkpoint(other.learner, tmp_path / "c")
    with pytest.raises(CheckpointMismatch, match="samples is 17, the checkpoint's was 16"):
        other.fit(EPOCHS)


def test_saving_again_replaces_and_the_same_state_has_the_same_bytes(small_training: Callable, tmp_path: Path) -> None:
    learner = small_training().fit(1)
    first = save_checkpoint(learner, tmp_path / "c")
    again = save_checkpoint(learner, tmp_path / "c")
    twin = save_checkpoint(small_training().fit(1), tmp_path / "d")
    assert first == again
    assert first.sha256 == twin.sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "d"]
    assert first.bytes == sum(file.stat().st_size for file in (tmp_path / "c").iterdir())


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(small_training: Callable, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    small_training([BestCheckpoint(store)]).fit(2)
    newest, before = store.list_folders()[:2]
    (newest / "model.safetensors").write_bytes(b"")
    found = store.find_newest()
    assert found is not None
    assert found.path == before


def train_and_die(make: Callable, folder: Path, *, at_call: int) -> None:
    """In a forked child: a real SIGKILL at the n-th fsync or rename, that is in the middle of writing a checkpoint."""
    calls = 0

    def counted(function: Callable) -> Callable:
        def call(*arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == at_call:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments)

        return call

    os.fsync = counted(os.fsync)
    Path.rename = counted(Path.rename)  # type: ignore[method-assign]
    store = CheckpointStore(folder)
    training = make([EarlyStopping(9), BestCheckpoint(store)])
    if newest := store.find_newest():
        load_checkpoint(training.learner, newest.path)
    training.fit(EPOCHS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, for a process that dies in the middle of a write")
def test_a_process_killed_inside_every_write_leaves_a_good_checkpoint(
    small_training: Callable, straight: object, tmp_path: Path
) -> None:
    fork = multiprocessing.get_context("fork")
    for at_call in range(1, 17):  # a checkpoint is 5 files, 2 folder syncs and a rename: two whole writes
        folder = tmp_path / str(at_call)
        child = fork.Process(target=train_and_die, args=(small_training, folder), kwargs={"at_call": at_call})
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        store = CheckpointStore(folder)
        newest = store.find_newest()
        assert (newest.epoch if newest else 0) == (at_call - 1) // 8 + (at_call % 8 == 0)
        resumed = small_training([EarlyStopping(9), BestCheckpoint(store)])
        if newest is not None:
            load_checkpoint(resumed.learner, newest.path)
        assert outcome(resumed.fit(EPOCHS)) == straight
        assert not list(folder.glob("*.partial"))


@pytest.mark.parametrize("failing_call", range(1, 8))
def test_a_full_disk_leaves_the_old_checkpoint_and_no_rubbish(
    small_training: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_call: int
) -> None:
    training = small_training()
    store = CheckpointStore(tmp_path)
    good = store.save(training.fit(1))
    calls = iter(range(1, 100))

    def full(descriptor: int) -> None:
        if next(calls) == failing_call:
            raise OSError(errno.ENOSPC, "No space left on device")

    training.fit(2)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.save(training.learner)
    monkeypatch.undo()
    assert verify_checkpoint(good.path) == good
    assert not list(tmp_path.glob(".*"))


def test_a_sealed_state_of_another_shape_is_refused(small_training: Callable, tmp_path: Path) -> None:
    training = small_training()
    save_checkpoint(training.fit(1), tmp_path / "c")
    files = {file.name: file.read_bytes() for file in (tmp_path / "c").iterdir() if file.name != "manifest.json"}
    state = json.loads(files["state.json"])
    about = {"format": "azf.checkpoint/1", "epoch": 1, "step": 3, "is_best": False}
    for changed in (
        {name: value for name, value in state.items() if name != "position"},
        state | {"generators": {name: {"kind": "MT19937"} for name in state["generators"]}},
        state | {"step": "many"},
    ):
        write_sealed(tmp_path / "d", files=files | {"state.json": dump_json(changed)}, about=about)
        with pytest.raises(CheckpointInvalid, match="malformed"):
            load_checkpoint(small_training().learner, tmp_path / "d")


def test_weights_in_a_checkpoint_are_not_those_of_memory(small_training: Callable, tmp_path: Path) -> None:
    training = small_training()
    save_checkpoint(training.fit(1), tmp_path / "c")
    expected = outcome(training.learner)
    training.fit(2)
    fresh = small_training()
    load_checkpoint(fresh.learner, tmp_path / "c")
    assert outcome(fresh.learner) == expected
    assert not np.array_equal(training.learner.model.arrays()["0.b"], fresh.learner.model.arrays()["0.b"])
