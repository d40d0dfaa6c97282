"""A context that keeps what a pipeline reports: for tests, notebooks and scripts, without any platform."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azuraforge_core import Device
from azuraforge_learner.pipelines.base import BatchReport, CheckpointReport, EpochReport, StopReason


@dataclass
class RecordingContext:
    """Keeps every report in order, and a copy of every checkpoint, since pipelines delete old ones."""

    folder: Path
    resume_from: Path | None = None
    device: Device = Device.CPU
    stop_at_batch: int | None = None
    """Ask for a stop once this many batches were asked about, counted over the whole run."""
    stop_reason: StopReason = StopReason.CANCEL
    reports: list[EpochReport | CheckpointReport] = field(default_factory=list)
    batches: list[BatchReport] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    data_hashes: list[str] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        (self.folder / "run").mkdir(parents=True, exist_ok=True)
        self._kept_in = self.folder / "kept"
        self.folder = self.folder / "run"

    @property
    def epochs(self) -> list[EpochReport]:
        """The epoch reports in order."""
        return [report for report in self.reports if isinstance(report, EpochReport)]

    @property
    def checkpoints(self) -> list[CheckpointReport]:
        """The checkpoint reports in order; their copies are in `kept`."""
        return [report for report in self.reports if isinstance(report, CheckpointReport)]

    def data(self, sha256: str) -> None:
        """Keep the hash of the data."""
        self.data_hashes.append(sha256)

    def epoch(self, report: EpochReport) -> None:
        """Keep an epoch."""
        self.reports.append(report)

    def batch(self, report: BatchReport) -> None:
        """Keep progress inside an epoch."""
        self.batches.append(report)

    def checkpoint(self, report: CheckpointReport) -> None:
        """Keep a checkpoint, and a copy of its folder."""
        self.reports.append(report)
        copy = self._kept_in / f"{len(self.kept):04d}"
        shutil.copytree(report.path, copy)
        self.kept.append(copy)

    def warn(self, code: str, message: str) -> None:
        """Keep a warning."""
        self.warnings.append((code, message))

    def stop_requested(self) -> StopReason | None:
        """A stop, from the batch on that was asked for."""
        self.asked += 1
        is_due = self.stop_at_batch is not None and self.asked >= self.stop_at_batch
        return self.stop_reason if is_due else None
