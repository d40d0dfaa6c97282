"""What must hold after every chaos: the ledger's own history, and what trainers, files and viewers say of it."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge_lab.steady import SteadyConfig, train_undisturbed
from worker_house import House

from azuraforge_contracts import ExperimentState
from azuraforge_ledger.testing import (
    History,
    RecordedEvent,
    View,
    check_files,
    check_history,
    check_lives,
    check_published,
    check_view,
    read_history,
)


def judge(
    house: House,
    task_id: str,
    *,
    views: Sequence[View] = (),
    published: Sequence[RecordedEvent] = (),
    is_ended: bool = True,
) -> tuple[History, list[str]]:
    """The history of an experiment and one sentence per broken invariant."""
    history = read_history(house.ledger, task_id)
    wrongs = check_history(history, is_ended=is_ended)
    wrongs += check_lives(house.lives(task_id))
    wrongs += check_files(history, house.folder / "artifacts")
    wrongs += check_published(history, published)
    for view in views:
        wrongs += check_view(history, view)
    if is_ended and (living := house.trainers(task_id)):
        wrongs.append(f"I4: processes {living} outlive the experiment")
    return history, wrongs


def find_wrongs(
    house: House,
    task_id: str,
    *,
    config: SteadyConfig,
    views: Sequence[View] = (),
    published: Sequence[RecordedEvent] = (),
) -> list[str]:
    """The same for a training that must end as if nothing had happened: every epoch, and bit-equal weights."""
    history, wrongs = judge(house, task_id, views=views, published=published)
    if history.state != ExperimentState.SUCCEEDED:
        return [*wrongs, f"it ended as {history.state}: {house.read(task_id).failure}"]
    if history.epoch != config.epochs:
        wrongs.append(f"I3: {history.epoch} epochs of {config.epochs}")
    undisturbed = train_undisturbed(config.model_copy(update={"pause_s": 0.0, "gap_s": 0.0}))
    if house.artifact(task_id, "weights.txt").decode() != undisturbed:
        wrongs.append("the weights are not those of an undisturbed training")
    return wrongs
