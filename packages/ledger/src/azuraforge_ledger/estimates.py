"""How long a training will take, from epochs that were measured before. Nothing is invented: no history, no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select

from azuraforge_ledger.forks import first_epoch
from azuraforge_ledger.tables import event, experiment

SAMPLES: Final = 200
"""Newest epochs that the median is taken of."""
NO_HISTORY: Final = "no_history"
EPOCHS_UNKNOWN: Final = "epochs_unknown"


@dataclass(frozen=True)
class Estimate:
    """Seconds that are left to train, and what that is taken from; None with the code of the reason."""

    seconds: float | None
    basis: str = ""
    reason: str = ""


def estimate_training(connection: Connection, row: Row[Any]) -> Estimate:
    """What is left of an experiment: its epochs times the median epoch of its config, else of its pipeline."""
    left = _count_epochs_left(row)
    if left is None:
        return Estimate(None, reason=EPOCHS_UNKNOWN)
    same_config = (experiment.c.pipeline == row.pipeline, experiment.c.config_hash == row.config_hash)
    for basis, conditions in (("config", same_config), ("pipeline", (experiment.c.pipeline == row.pipeline,))):
        seconds = _median_epoch_s(connection, *conditions)
        if seconds is not None:
            return Estimate(left * seconds, basis=basis)
    return Estimate(None, reason=NO_HISTORY)


def _count_epochs_left(row: Row[Any]) -> int | None:
    epochs = row.epochs or _find_epochs(row.config)
    return None if epochs is None else max(0, epochs - max(row.epoch, first_epoch(row)))


def _find_epochs(config: Mapping[str, Any]) -> int | None:
    """`epochs` at the config's root or in its `training` part, as the seed is found."""
    training = config.get("training")
    for part in (config, training if isinstance(training, Mapping) else {}):
        epochs = part.get("epochs")
        if isinstance(epochs, int) and not isinstance(epochs, bool) and epochs > 0:
            return epochs
    return None


def _median_epoch_s(connection: Connection, *conditions: ColumnElement[bool]) -> float | None:
    recent = (
        select(experiment.c.id)
        .where(*conditions, experiment.c.epoch > 0)
        .order_by(experiment.c.created_at.desc())
        .limit(20)
    )
    query = select(event.c.data).where(event.c.experiment.in_(recent), event.c.epoch.is_not(None))
    told = connection.execute(query.order_by(event.c.at.desc()).limit(SAMPLES)).scalars()
    seconds = [float(data["seconds"]) for data in told if data.get("seconds", 0) > 0]
    return median(seconds) if seconds else None
