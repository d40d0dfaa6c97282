"""One flipped byte in anything that is stored, and a disk that runs full."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from azuraforge_lab.steady import SteadyConfig
from gateway import Gateway, open_gateway
from invariants import find_wrongs
from scenario import Impossible, Measured
from worker_house import House

from azuraforge_client import ProblemRaised
from azuraforge_contracts import ExperimentState, FailureCode, WarningCode
from azuraforge_core import Generator
from azuraforge_learner.bundles import load_bundle, save_bundle
from azuraforge_learner.errors import BundleInvalid
from azuraforge_learner.layers import Linear, Sequential
from azuraforge_ledger import CheckpointRow

CONFIG = SteadyConfig(epochs=8, batches=4, pause_s=0.05)
DISK_BYTES = 2 * 1024 * 1024
CHECKPOINTS_SHARE = 0.2
SETTLE_S = 1.0


def flip_bytes(house: House, size: int) -> Measured:
    """`size` flips in stored files and in a bundle, a fifth as many in checkpoints: none of them is ever loaded."""
    house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2", LAB_BARE="1")
    task_id = house.train(CONFIG)
    house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    dice = random.Random()
    with open_gateway(house) as gateway:
        wrongs = [wrong for _ in range(size) for wrong in _flip_in_store(house, gateway, task_id, dice=dice)]
    wrongs += find_wrongs(house, task_id, config=CONFIG)
    wrongs += [wrong for _ in range(size) for wrong in _flip_in_bundle(house.folder / "bundle", dice=dice)]
    checkpoints = max(1, round(size * CHECKPOINTS_SHARE))
    wrongs += [wrong for _ in range(checkpoints) for wrong in _flip_in_checkpoint(house, dice=dice)]
    return Measured(f"{2 * size} flips in files, {checkpoints} in checkpoints: {len(wrongs)} loaded", wrongs)


def fill_the_disk(house: House, size: int) -> Measured:
    """`size` times the worker's disk runs full in the middle of a training, and has room again later."""
    with _small_disk(house.work):
        house.start_worker(LAB_BARE="1")
        first = house.train(CONFIG)
        house.wait_for_state(first, ExperimentState.SUCCEEDED)
        wrongs: list[str] = []
        for _ in range(size):
            task_id = house.train(CONFIG)
            house.wait_for_epoch(task_id, 2)
            filler = _fill(house.work)
            house.wait(lambda: _waits_for_room(house, task_id), what="it waits for room")  # noqa: B023
            wrongs += [] if house.read(task_id).state is not ExperimentState.FAILED else [f"{task_id} failed for good"]
            filler.unlink()
            house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)
            wrongs += find_wrongs(house, task_id, config=CONFIG)
        wrongs += find_wrongs(house, first, config=CONFIG)
    return Measured(f"{size} full disks, {len(wrongs)} wrong", wrongs)


def flip(path: Path, *, dice: random.Random) -> bytes:
    """Change one bit of one byte of a file; what the file was."""
    before = path.read_bytes()
    place = dice.randrange(len(before))
    path.write_bytes(before[:place] + bytes([before[place] ^ (1 << dice.randrange(8))]) + before[place + 1 :])
    return before


def _flip_in_store(house: House, gateway: Gateway, task_id: str, *, dice: random.Random) -> list[str]:
    chosen = dice.choice(house.ledger.artifacts.list_for(task_id))
    path = house.folder / "artifacts" / "sha256" / chosen.sha256[:2] / chosen.sha256
    target = house.folder / "downloaded"
    before = flip(path, dice=dice)
    try:
        with gateway.client() as client:
            client.experiments.download(task_id, chosen.name, to=target)
        return [f"{chosen.name} was handed out damaged"]
    except ProblemRaised as refusal:
        is_clear = refusal.problem.code == "artifact_damaged" and refusal.problem.hint
        return [] if is_clear and not target.exists() else [f"{chosen.name}: an unclear problem {refusal.problem}"]
    except Exception as error:  # noqa: BLE001 - a client that finds the damage itself was given damaged bytes
        return [f"{chosen.name} was handed out damaged ({error})"]
    finally:
        path.write_bytes(before)


def _flip_in_bundle(folder: Path, *, dice: random.Random) -> list[str]:
    if not folder.exists():
        model = Sequential(Linear(3, 8, generator=Generator(1)), Linear(8, 1, generator=Generator(2)))
        save_bundle(folder, model=model, preprocess={"a": 1}, signature={"inputs": []}, manifest={}, card="A model.")
    path = dice.choice(sorted(folder.iterdir()))
    before = flip(path, dice=dice)
    try:
        load_bundle(folder)
    except BundleInvalid:
        return []
    finally:
        path.write_bytes(before)
    return [f"a bundle with a flipped byte in {path.name} was loaded"]


def _flip_in_checkpoint(house: House, *, dice: random.Random) -> list[str]:
    """Damage the newest checkpoint of a training, then kill it: it goes on from the one before."""
    task_id = house.train(CONFIG)
    house.wait_for_epoch(task_id, 3)
    trainers = house.trainers(task_id)
    for pid in trainers:
        os.kill(pid, signal.SIGSTOP)
    newest = _settled_newest(house, task_id)
    folder = house.work / task_id / str(newest.attempt) / newest.path
    flip(dice.choice([path for path in sorted(folder.rglob("*")) if path.is_file()]), dice=dice)
    for pid in trainers:
        os.kill(pid, signal.SIGKILL)
    house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)
    warned = [one for one in house.events(task_id) if one.data.get("code") == WarningCode.CHECKPOINT_UNREADABLE]
    wrongs = [] if warned else [f"{task_id} went on from a damaged checkpoint, or said nothing of it"]
    return wrongs + find_wrongs(house, task_id, config=CONFIG)


def _settled_newest(house: House, task_id: str) -> CheckpointRow:
    """The newest checkpoint with a row, once what the stopped trainer had said before has been written down."""
    newest = None
    while newest != (found := max(house.ledger.control.list_wanted_checkpoints(task_id), key=lambda row: row.seq)):
        newest = found
        time.sleep(SETTLE_S)
    return newest


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if (
        os.geteuid() != 0
        or not shutil.which("mount")
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        raise Impossible("a small disk needs the right to mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            if file.write(b"x" * 4096) < 4096:
                raise OSError(errno.ENOSPC, "full")
    return filler


def _waits_for_room(house: House, task_id: str) -> bool:
    found = house.read(task_id)
    told = any(str(FailureCode.STORAGE_LOW) in str(event.data) for event in house.events(task_id))
    return told or found.state is ExperimentState.FAILED
