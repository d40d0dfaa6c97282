"""What every pipeline is: a config, words in both languages, and one `run` that reports through a context.

An app subclasses `Pipeline` (or a base for its kind of problem) and names it under the entry point group
`azuraforge.pipelines`. The worker finds it there, publishes its config schema and runs it in a trainer process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel

from azuraforge_core import Device


class StopReason(StrEnum):
    """Why a training is asked to stop before its end."""

    CANCEL = "cancel"
    PAUSE = "pause"


class TrainingStopped(Exception):
    """Raised out of `Pipeline.run` after a requested stop, once a checkpoint is written."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(f"training stopped: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class ConfigProblem:
    """One reason why a config cannot train: `pointer` (RFC 6901) is relative to the config."""

    pointer: str
    code: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SeriesSample:
    """Predicted against actual on the validation part, in the target's unit; at most a few hundred points."""

    x: Sequence[str]
    actual: Sequence[float]
    predicted: Sequence[float]
    unit: str = ""


@dataclass(frozen=True)
class EpochReport:
    """What an epoch ended with. Epochs count from 1."""

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    seconds: float
    eta_s: float | None = None
    learning_rate: float | None = None
    preview: SeriesSample | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    """Digest of each layer's weights after the epoch (`layer_digests`): what a proof compares."""


@dataclass(frozen=True)
class BatchReport:
    """Where inside an epoch the training is."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    samples_per_s: float


@dataclass(frozen=True)
class CheckpointReport:
    """A complete checkpoint folder below the context's folder."""

    path: Path
    epoch: int
    step: int
    sha256: str
    bytes: int
    is_best: bool = False


@dataclass(frozen=True)
class ProducedFile:
    """A file for the person who started the experiment."""

    path: Path
    name: str
    kind: str
    media_type: str


@dataclass(frozen=True)
class PipelineResult:
    """`results` is the `azf.results/1` document without `task_id`; `files` are complete and closed."""

    results: Mapping[str, Any]
    files: Sequence[ProducedFile]


class TrainingContext(Protocol):
    """The way out of a pipeline. The worker implements it over a pipe; tests and scripts use simple ones."""

    @property
    def folder(self) -> Path:
        """The only folder that the pipeline writes to."""

    @property
    def device(self) -> Device:
        """Where to train: a pipeline calls `model.to(context.device)` before it makes its optimizer."""

    @property
    def resume_from(self) -> Path | None:
        """A verified checkpoint to continue from."""

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What this training runs with, for its results; empty where nobody has looked."""

    def data(self, sha256: str) -> None:
        """Report which data is trained on, by the sha256 of its content, before the first epoch."""

    def epoch(self, report: EpochReport) -> None:
        """Report an epoch; returns when it is durable, so that a checkpoint may follow."""

    def batch(self, report: BatchReport) -> None:
        """Report progress; may be dropped."""

    def checkpoint(self, report: CheckpointReport) -> None:
        """Report a checkpoint that is complete on disk."""

    def warn(self, code: str, message: str) -> None:
        """Report something a person should know although training goes on."""

    def stop_requested(self) -> StopReason | None:
        """Asked at every batch."""


class Pipeline(ABC):
    """Loads data, builds a model, trains and reports."""

    name: ClassVar[str]
    version: ClassVar[str]
    task: ClassVar[str]
    title: ClassVar[Mapping[str, str]]
    description: ClassVar[Mapping[str, str]]
    """Texts by language: `tr` and `en`."""
    Config: ClassVar[type[BaseModel]]
    sample: ClassVar[Mapping[str, Any]] = {}
    """A config that trains in seconds on data that needs no network."""

    def __init__(self, config: BaseModel) -> None:
        self.config = config

    @classmethod
    def preflight(cls, config: BaseModel) -> list[ConfigProblem]:
        """Reasons why this valid config could not train, found without training and without the network."""
        del config
        return []

    @abstractmethod
    def run(self, context: TrainingContext) -> PipelineResult:
        """Train and evaluate.

        Raises:
            TrainingStopped: a stop was requested; a checkpoint of this very batch has been reported.
            PipelineError: the data, the config or the mathematics made it impossible; its code says which.
        """
