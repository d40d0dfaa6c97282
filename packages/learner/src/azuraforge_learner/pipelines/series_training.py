"""Training a model on a prepared series while a context listens: reports, checkpoints, stops, resumes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from azuraforge_core import Generator
from azuraforge_learner.callbacks import BatchProgress, Callback, CallOrder, EarlyStopping, Progress
from azuraforge_learner.checkpoints import CheckpointInfo, CheckpointStore, load_checkpoint
from azuraforge_learner.data import SERIES_FILE, pack_series
from azuraforge_learner.digests import layer_digests
from azuraforge_learner.errors import Diverged
from azuraforge_learner.layers import LSTM, Dropout, Graph, Layer, Linear, Sequential
from azuraforge_learner.learner import Learner
from azuraforge_learner.loader import ArrayDataset, DataLoader
from azuraforge_learner.losses import MSE, Huber, Loss
from azuraforge_learner.metrics import mae
from azuraforge_learner.optimizers import Adam
from azuraforge_learner.pipelines.base import (
    BatchReport,
    CheckpointReport,
    EpochReport,
    SeriesSample,
    StopReason,
    TrainingContext,
    TrainingStopped,
)
from azuraforge_learner.pipelines.errors import MemoryExceeded, TrainingDiverged
from azuraforge_learner.pipelines.preparation import Part, PreparedSeries
from azuraforge_learner.pipelines.series_config import RecurrentConfig, TrainingConfig
from azuraforge_learner.training import Training

PREVIEW_POINTS: Final = 120
BATCH_REPORT_INTERVAL_S: Final = 0.25


@dataclass(frozen=True)
class TrainedSeries:
    """A finished training; the learner's model holds the weights of its best epoch."""

    learner: Learner
    model: Sequential | Graph
    best_epoch: int | None


def build_recurrent(features: int, *, config: RecurrentConfig, generator: Generator) -> Sequential:
    """LSTM layers with dropout between them and one linear answer: `(n, time, features)` → `(n, 1)`."""
    layers: list[Layer] = []
    for number in range(1, config.layers + 1):
        layers.append(
            LSTM(features, config.hidden, generator=generator, return_sequences=number < config.layers),
        )
        if config.dropout > 0:
            layers.append(Dropout(config.dropout))
        features = config.hidden
    return Sequential(*layers, Linear(features, 1, generator=generator))


def train_series(
    prepared: PreparedSeries,
    *,
    model: Sequential | Graph,
    config: TrainingConfig,
    context: TrainingContext,
    attachments: Mapping[str, bytes] | None = None,
) -> TrainedSeries:
    """Train until the config's epochs are done or patience ends; continue from `context.resume_from` if there is one.

    `attachments` go into every checkpoint, beside the series.

    Raises:
        TrainingStopped: a stop was requested; a checkpoint after the last batch has been reported.
        TrainingDiverged: the loss, a parameter or a prediction is no longer finite.
        MemoryExceeded: a batch does not fit into memory.
    """
    patience = config.patience or config.epochs + 1  # without patience it still keeps the best epoch's weights
    best = EarlyStopping(patience)
    reporter = _Reporter(context, prepared=prepared, best=best, attachments=attachments or {})
    learner = Learner(
        model,
        loss=_loss(config),
        optimizer=Adam(model, learning_rate=config.learning_rate),
        callbacks=[best, reporter, _batch_progress(context)],
        clip_norm=config.clip or None,
        seed=config.seed,
    )
    reporter.learner = learner
    with _explained():
        if context.resume_from is not None:
            load_checkpoint(learner, context.resume_from)
        learner.fit(
            _loader(prepared.train, batch_size=config.batch_size, is_shuffled=True),
            validation=_loader(prepared.validation, batch_size=256, is_shuffled=False),
            epochs=config.epochs,
        )
    if learner.stop_reason is not None:
        reporter.save_unfinished()
        raise TrainingStopped(StopReason(learner.stop_reason))
    return TrainedSeries(learner, model, best.best_epoch)


class _Reporter(Callback):
    """Tells the context of every epoch, then writes its checkpoint, then tells of that.

    In this order alone a crash at any moment loses no epoch and counts none twice.
    """

    order: ClassVar = CallOrder.WRITE
    learner: Learner

    def __init__(
        self,
        context: TrainingContext,
        *,
        prepared: PreparedSeries,
        best: EarlyStopping,
        attachments: Mapping[str, bytes],
    ) -> None:
        self._context = context
        self._prepared = prepared
        self._best = best
        attached = {**attachments, SERIES_FILE: pack_series(prepared.series)}
        self._store = CheckpointStore(context.folder / "checkpoints", attachments=attached)
        self._preview: SeriesSample | None = None
        self._began_s = time.monotonic()
        self._epoch_seconds: list[float] = []

    def on_train_begin(self, training: Training) -> None:
        """A training resumed inside an epoch counts the rest of it."""
        del training
        self._began_s = time.monotonic()

    def on_batch_end(self, training: Training) -> None:
        """Ask whether to stop."""
        reason = self._context.stop_requested()
        if reason is not None:
            training.stop(reason)

    def on_validation_end(self, training: Training) -> None:
        """Add the error in the target's own unit, and keep a preview of the newest forecasts."""
        part = self._prepared.validation
        predicted = self._prepared.restore(part, self.learner.predict(part.inputs))
        if not np.isfinite(predicted).all():
            raise Diverged("a prediction on the validation part", epoch=training.epoch, batch=training.batch)
        actual = self._prepared.actual(part)
        training.metrics["validation_mae"] = mae(actual, predicted)
        self._preview = SeriesSample(
            x=self._prepared.dates(part)[-PREVIEW_POINTS:],
            actual=actual[-PREVIEW_POINTS:].tolist(),
            predicted=predicted[-PREVIEW_POINTS:].tolist(),
            unit=self._prepared.series.unit,
        )

    def on_epoch_end(self, training: Training) -> None:
        """Report, save, report."""
        now = time.monotonic()
        self._epoch_seconds.append(now - self._began_s)
        self._began_s = now
        mean_s = sum(self._epoch_seconds) / len(self._epoch_seconds)
        self._context.epoch(
            EpochReport(
                epoch=training.epoch,
                epochs=training.epochs,
                metrics=dict(training.metrics),
                seconds=self._epoch_seconds[-1],
                eta_s=0.0 if training.is_finished else mean_s * (training.epochs - training.epoch),
                learning_rate=training.optimizer.learning_rate,
                preview=self._preview,
                weights=layer_digests(self.learner.model),
            )
        )
        is_best = self._best.best_epoch == training.epoch
        self._report(self._store.save(training, is_best=is_best), epochs_done=training.epoch)

    def save_unfinished(self) -> None:
        """Write and report a checkpoint inside an epoch."""
        self._report(self._store.save(self.learner), epochs_done=self.learner.epoch - 1)

    def _report(self, info: CheckpointInfo, *, epochs_done: int) -> None:
        self._context.checkpoint(
            CheckpointReport(info.path, epochs_done, info.step, info.sha256, info.bytes, info.is_best)
        )


def _batch_progress(context: TrainingContext) -> Progress:
    def report(progress: BatchProgress) -> None:
        context.batch(
            BatchReport(
                epoch=progress.epoch,
                epochs=progress.epochs,
                batch=progress.batch,
                batches=progress.batches,
                loss=progress.loss,
                samples_per_s=progress.samples_per_s,
            )
        )

    return Progress(report, interval_s=BATCH_REPORT_INTERVAL_S)


def _loss(config: TrainingConfig) -> Loss:
    return MSE() if config.loss == "mse" else Huber()


def _loader(part: Part, *, batch_size: int, is_shuffled: bool) -> DataLoader:
    return DataLoader(ArrayDataset(part.inputs, part.targets), batch_size=batch_size, is_shuffled=is_shuffled)


@contextmanager
def _explained() -> Iterator[None]:
    """Errors of a training in words for the person who started it."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # FiniteGuard names them with epoch and batch
            yield
    except Diverged as error:
        raise TrainingDiverged(
            f"{error.what[:1].upper()}{error.what[1:]} is not a finite number after batch {error.batch} of epoch "
            f"{error.epoch}.",
            hint="Lower the learning rate, keep gradient clipping on, and look for extreme values in the data.",
            pointer="/training/learning_rate",
        ) from error
    except MemoryError as error:
        raise MemoryExceeded(
            "The machine's memory is not enough for one batch of this model.",
            hint="Choose a smaller batch size, fewer hidden units or a shorter window.",
            pointer="/training/batch_size",
        ) from error
