"""What must hold after every chaos, for a training whose undisturbed end is known."""

from __future__ import annotations

import hashlib

from azuraforge_lab.steady import SteadyConfig, train_undisturbed
from worker_house import House

from azuraforge_contracts import ExperimentState
from azuraforge_ledger.testing import check_history, read_history


def find_wrongs(house: House, task_id: str, *, config: SteadyConfig) -> list[str]:
    """One sentence per broken invariant; empty if the experiment ended as if nothing had happened."""
    history = read_history(house.ledger, task_id)
    wrongs = check_history(history)
    if history.state != ExperimentState.SUCCEEDED:
        return [*wrongs, f"it ended as {history.state}: {house.read(task_id).failure}"]
    if history.epoch != config.epochs:
        wrongs.append(f"I3: {history.epoch} epochs of {config.epochs}")
    for artifact in house.ledger.artifacts.list_for(task_id):
        content = house.store.path_of(artifact.sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != artifact.sha256 or len(content) != artifact.bytes:
            wrongs.append(f"I6: {artifact.name} is not what its row says")
    if house.artifact(task_id, "weights.txt").decode() != train_undisturbed(config):
        wrongs.append("the weights are not those of an undisturbed training")
    if living := house.trainers(task_id):
        wrongs.append(f"I4: processes {living} outlive the experiment")
    return wrongs
