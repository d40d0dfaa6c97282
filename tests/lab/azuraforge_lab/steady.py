"""A pipeline that trains a small real network with the real Learner: deterministic, resumable, as slow as asked."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from azuraforge_core import Generator
from azuraforge_lab.results import make_results
from azuraforge_learner import (
    MSE,
    Adam,
    ArrayDataset,
    CheckpointInfo,
    CheckpointStore,
    DataLoader,
    Learner,
    Training,
    load_checkpoint,
)
from azuraforge_learner.callbacks import Callback
from azuraforge_learner.digests import layer_digests
from azuraforge_learner.layers import Dropout, Linear, Sequential, Tanh
from azuraforge_learner.pipelines.base import (
    BatchReport,
    CheckpointReport,
    ConfigProblem,
    EpochReport,
    Pipeline,
    PipelineResult,
    ProducedFile,
    TrainingContext,
    TrainingStopped,
)


class SteadyConfig(BaseModel):
    """How long and how slowly to train."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(default=8, ge=1, le=10_000)
    batches: int = Field(default=5, ge=1, le=1000)
    pause_s: float = Field(default=0.0, ge=0.0, le=60.0)
    """Slept after every batch."""
    gap_s: float = Field(default=0.0, ge=0.0, le=60.0)
    """Slept between an epoch's event and its checkpoint, whatever their order."""
    seed: int = 7
    nudge_epoch: int = 0
    """After this epoch the smallest step is added to one weight of the last layer: what a proof must find."""
    order: Literal["event_first", "checkpoint_first"] = "event_first"
    """The second is a planted fault that the judge must find."""


class Steady(Pipeline):
    """Learns a small nonlinear function with dropout."""

    name: ClassVar[str] = "lab_steady"
    version: ClassVar[str] = "1"
    task: ClassVar[str] = "regression"
    title: ClassVar[Mapping[str, str]] = {"tr": "Sakin", "en": "Steady"}
    description: ClassVar[Mapping[str, str]] = {"tr": "Küçük bir ağ.", "en": "A small network."}
    Config: ClassVar[type[BaseModel]] = SteadyConfig
    sample: ClassVar[Mapping[str, Any]] = {"epochs": 3}

    config: SteadyConfig

    @classmethod
    def preflight(cls, config: BaseModel) -> list[ConfigProblem]:
        """More than a thousand updates are refused, so that a test can see a refusal."""
        assert isinstance(config, SteadyConfig)
        if config.epochs * config.batches <= 100_000:
            return []
        return [ConfigProblem("/epochs", "maximum", "too many updates for the lab", {"limit": 100_000})]

    def run(self, context: TrainingContext) -> PipelineResult:
        """Train, or go on training."""
        mark()
        learner, loader = make_learner(self.config)
        context.data(hashlib.sha256(f"{self.config.batches} {self.config.seed}".encode()).hexdigest())
        store = CheckpointStore(context.folder / "checkpoints")
        learner.callbacks = (*learner.callbacks, Reporter(context, store=store, config=self.config))
        if context.resume_from is not None:
            load_checkpoint(learner, context.resume_from)
        learner.fit(loader, epochs=self.config.epochs)
        stop = context.stop_requested()
        if not learner.is_finished and stop is not None:
            context.checkpoint(report_of(store.save(learner)))
            raise TrainingStopped(stop)
        return self.finish(learner, context=context)

    def finish(self, learner: Learner, *, context: TrainingContext) -> PipelineResult:
        """The results document and a file with the hash of every weight."""
        mark()
        weights = hash_weights(learner)
        path = context.folder / "out" / "weights.txt"
        path.write_text(weights, encoding="utf-8")
        loss = float(learner.metrics["loss"])
        config = self.config.model_dump(mode="json")
        results = make_results(pipeline=self.name, config=config, loss=loss, baseline=1.0, weights=weights)
        return PipelineResult(results, [ProducedFile(path, "weights.txt", "weights", "text/plain")])


class Reporter(Callback):
    """Epoch event, then checkpoint: the order that makes a crash between them harmless."""

    def __init__(self, context: TrainingContext, *, store: CheckpointStore, config: SteadyConfig) -> None:
        self._context = context
        self._store = store
        self._config = config

    def on_batch_end(self, training: Training) -> None:
        """Report, rest, and stop when asked."""
        mark()
        self._context.batch(
            BatchReport(
                epoch=training.epoch,
                epochs=training.epochs,
                batch=training.batch,
                batches=training.batches,
                loss=training.batch_loss,
                samples_per_s=1.0,
            )
        )
        time.sleep(self._config.pause_s)
        stop = self._context.stop_requested()
        if stop is not None:
            training.stop(stop)

    def on_epoch_end(self, training: Training) -> None:
        """Report the epoch and its checkpoint."""
        if training.epoch == self._config.nudge_epoch:
            weight = training.model.parameters()["3.weight"]
            weight.data.flat[0] = np.nextafter(weight.data.flat[0], np.float32(np.inf))
            weight.mark_changed()
        report = EpochReport(
            epoch=training.epoch,
            epochs=training.epochs,
            metrics={"loss": training.metrics["loss"]},
            seconds=0.01,
            weights=layer_digests(training.model),
        )
        if self._config.order == "checkpoint_first":
            self._context.checkpoint(report_of(self._store.save(training)))
            time.sleep(self._config.gap_s)
            self._context.epoch(report)
            return
        self._context.epoch(report)
        time.sleep(self._config.gap_s)
        mark()
        self._context.checkpoint(report_of(self._store.save(training)))


def mark() -> None:
    """Leave a sign of life in the trainer's log: the clock is one for the whole machine."""
    sys.stdout.write(f"lab-mark {os.getpid()} {time.monotonic_ns()}\n")
    sys.stdout.flush()


def report_of(info: CheckpointInfo) -> CheckpointReport:
    """The learner's words for a checkpoint in the context's."""
    return CheckpointReport(
        path=info.path, epoch=info.epoch, step=info.step, sha256=info.sha256, bytes=info.bytes, is_best=info.is_best
    )


def make_learner(config: SteadyConfig) -> tuple[Learner, DataLoader]:
    """The same learner and data for the same config."""
    generator = Generator(config.seed)
    x = generator.uniform((8 * config.batches, 3), low=-1.0, high=1.0)
    target = np.tanh(x[:, :1] * x[:, 1:2] + x[:, 2:])
    model = Sequential(Linear(3, 8, generator=generator), Tanh(), Dropout(0.1), Linear(8, 1, generator=generator))
    learner = Learner(model, loss=MSE(), optimizer=Adam(model, learning_rate=1e-2), seed=config.seed)
    return learner, DataLoader(ArrayDataset(x, target), batch_size=8, is_shuffled=True)


def hash_weights(learner: Learner) -> str:
    """One sha256 over the bytes of every parameter, in order of their names."""
    digest = hashlib.sha256()
    for name, parameter in sorted(learner.model.parameters().items()):
        digest.update(name.encode())
        digest.update(parameter.data.tobytes())
    return digest.hexdigest()


@cache
def train_undisturbed(config: SteadyConfig) -> str:
    """The hash of the weights of a training that nothing disturbs."""
    learner, loader = make_learner(config)
    learner.fit(loader, epochs=config.epochs)
    return hash_weights(learner)


def read_weights(path: Path) -> str:
    """What `weights.txt` says."""
    return path.read_text(encoding="utf-8")
