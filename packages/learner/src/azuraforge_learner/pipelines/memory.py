"""How much memory a training step takes, so that an impossible config is refused before it kills a worker."""

from __future__ import annotations

from typing import Final

from azuraforge_learner.pipelines.series_config import TimeSeriesConfig

FLOATS_PER_CELL: Final = 16
"""Measured: a step keeps 11 to 15 floats per sample, row, hidden unit and layer (peak of the process, 4 shapes)."""
FLOAT_BYTES: Final = 4


def training_bytes(config: TimeSeriesConfig, *, rows: int) -> int:
    """Memory of one update on a series of `rows` rows, from above."""
    batch = min(config.training.batch_size, rows)
    cells = batch * config.window.length * config.model.hidden * config.model.layers
    return cells * FLOATS_PER_CELL * FLOAT_BYTES
