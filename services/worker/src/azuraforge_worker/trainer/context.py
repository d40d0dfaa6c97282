"""The `TrainingContext` of a trainer process: a pipeline's reports become lines to the supervisor."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from azuraforge_contracts import (
    BatchProgress,
    CheckpointFile,
    DataFound,
    EpochFinished,
    LineType,
    Provenance,
    SeriesPreview,
    WarningRaised,
)
from azuraforge_core import Device
from azuraforge_learner.pipelines.base import (
    BatchReport,
    CheckpointReport,
    EpochReport,
    SeriesSample,
    StopReason,
)
from azuraforge_worker.trainer.link import LineTooLong, SupervisorLink
from azuraforge_worker.trainer.log_lines import OWN_LOGGER

log = logging.getLogger(OWN_LOGGER)
BATCH_PERIOD_S: Final = 0.1
MOST_PREVIEW_POINTS: Final = 400


class PipeContext:
    """What a pipeline sees of the platform."""

    def __init__(
        self,
        link: SupervisorLink,
        *,
        folder: Path,
        resume_from: Path | None,
        device: Device = Device.CPU,
        provenance: Provenance | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._folder = folder
        self._resume_from = resume_from
        self._device = device
        self._provenance = provenance or Provenance()
        self._clock = clock
        self._next_batch = 0.0
        self.epochs_run = 0

    @property
    def folder(self) -> Path:
        """The only folder that the pipeline writes to."""
        return self._folder

    @property
    def device(self) -> Device:
        """The device that was chosen for this worker."""
        return self._device

    @property
    def resume_from(self) -> Path | None:
        """A verified checkpoint to continue from."""
        return self._resume_from

    @property
    def provenance(self) -> dict[str, Any]:
        """What this training runs with."""
        return self._provenance.model_dump(mode="json", exclude={"weights_hash", "changed"})

    def data(self, sha256: str) -> None:
        """Report which data is trained on."""
        self._provenance = self._provenance.model_copy(update={"data_hash": sha256})
        self._link.say(LineType.DATA, DataFound(sha256=sha256))

    def epoch(self, report: EpochReport) -> None:
        """Report an epoch; returns when it is durable. A preview that makes the line too long is thinned out."""
        preview = report.preview
        points = MOST_PREVIEW_POINTS
        while True:
            try:
                self._link.say_and_wait(LineType.EPOCH, _epoch_finished(report, preview=preview, points=points))
            except LineTooLong:
                if preview is None:
                    raise
                preview, points = (preview, points // 2) if points > 10 else (None, 0)
            else:
                self.epochs_run = report.epoch
                log.info("%s", _sentence(report))
                return

    def batch(self, report: BatchReport) -> None:
        """Report progress, at most ten times a second; more is dropped here."""
        now = self._clock()
        if now < self._next_batch:
            return
        self._next_batch = now + BATCH_PERIOD_S
        progress = BatchProgress(
            epoch=report.epoch,
            epochs=report.epochs,
            batch=report.batch,
            batches=report.batches,
            loss=_finite(report.loss),
            samples_per_s=_finite(report.samples_per_s),
        )
        self._link.say(LineType.BATCH, progress)

    def checkpoint(self, report: CheckpointReport) -> None:
        """Report a complete checkpoint; returns when it may be resumed from."""
        path = report.path.resolve().relative_to(self._folder.resolve())
        line = CheckpointFile(
            path=path.as_posix(),
            epoch=report.epoch,
            step=report.step,
            sha256=report.sha256,
            bytes=report.bytes,
            is_best=report.is_best,
        )
        self._link.say_and_wait(LineType.CHECKPOINT, line)

    def warn(self, code: str, message: str) -> None:
        """Report something a person should know although training goes on."""
        self._link.say(LineType.WARNING, WarningRaised(code=code[:100], message=message[:2000]))

    def stop_requested(self) -> StopReason | None:
        """The order to stop, once there is one."""
        return self._link.stop_requested


def _sentence(report: EpochReport) -> str:
    values = ", ".join(f"{name} {value:.6g}" for name, value in report.metrics.items())
    return f"epoch {report.epoch} of {report.epochs}: {values} ({report.seconds:.2f} s)"


def _epoch_finished(report: EpochReport, *, preview: SeriesSample | None, points: int) -> EpochFinished:
    metrics = {name: _finite(value) for name, value in report.metrics.items()}
    return EpochFinished(
        epoch=report.epoch,
        epochs=report.epochs,
        metrics=metrics,
        nonfinite=[name for name, value in metrics.items() if value is None],
        seconds=report.seconds,
        eta_s=_finite(report.eta_s),
        learning_rate=_finite(report.learning_rate),
        preview=_preview(preview, points=points) if preview is not None else None,
        weights=dict(report.weights),
    )


def _preview(sample: SeriesSample, *, points: int) -> SeriesPreview:
    step = max(1, math.ceil(len(sample.x) / points))
    return SeriesPreview(
        unit=sample.unit,
        x=[str(x) for x in sample.x[::step]],
        actual=_all_finite(sample.actual[::step]),
        predicted=_all_finite(sample.predicted[::step]),
    )


def _all_finite(values: Sequence[float]) -> list[float | None]:
    return [_finite(value) for value in values]


def _finite(value: float | None) -> float | None:
    """A plain float (pipelines hand in NumPy's), or None where JSON has no number for it."""
    return float(value) if value is not None and math.isfinite(value) else None
