"""Pipelines: from data to a report."""

from azuraforge_learner.pipelines.base import (
    BatchReport,
    CheckpointReport,
    ConfigProblem,
    EpochReport,
    Pipeline,
    PipelineResult,
    ProducedFile,
    SeriesSample,
    StopReason,
    TrainingContext,
    TrainingStopped,
)
from azuraforge_learner.pipelines.errors import (
    ConfigRefused,
    DataRefused,
    MemoryExceeded,
    PipelineError,
    TrainingDiverged,
)
from azuraforge_learner.pipelines.presentation import Words, presented
from azuraforge_learner.pipelines.series_config import ConfigPart, TimeSeriesConfig
from azuraforge_learner.pipelines.time_series import TimeSeriesPipeline

__all__ = [
    "BatchReport",
    "CheckpointReport",
    "ConfigPart",
    "ConfigProblem",
    "ConfigRefused",
    "DataRefused",
    "EpochReport",
    "MemoryExceeded",
    "Pipeline",
    "PipelineError",
    "PipelineResult",
    "ProducedFile",
    "SeriesSample",
    "StopReason",
    "TimeSeriesConfig",
    "TimeSeriesPipeline",
    "TrainingContext",
    "TrainingDiverged",
    "TrainingStopped",
    "Words",
    "presented",
]
