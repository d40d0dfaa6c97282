"""The base of every pipeline that predicts one series: an app names its source, the base does the rest."""

from __future__ import annotations

import hashlib
import json
import os
import time
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from azuraforge_core import Device, Generator
from azuraforge_learner.checkpoints import read_attachments
from azuraforge_learner.data import SERIES_FILE, SeriesInvalid, TimeSeries, rows_needed, unpack_series
from azuraforge_learner.layers import Graph, Sequential
from azuraforge_learner.pipelines.base import ConfigProblem, Pipeline, PipelineResult, TrainingContext
from azuraforge_learner.pipelines.errors import DataRefused, PipelineError
from azuraforge_learner.pipelines.evaluation import PARTS, evaluate_model
from azuraforge_learner.pipelines.machine import array_threads, machine_bytes
from azuraforge_learner.pipelines.memory import training_bytes
from azuraforge_learner.pipelines.outputs import write_files
from azuraforge_learner.pipelines.preparation import PreparedSeries, check_levels, prepare_series
from azuraforge_learner.pipelines.results import results_document
from azuraforge_learner.pipelines.series_config import TimeSeriesConfig
from azuraforge_learner.pipelines.series_training import build_recurrent, train_series
from azuraforge_learner.transforms import target_transform

DATA_CONFIG_FILE: Final = "data-config.json"


class TimeSeriesPipeline(Pipeline):
    """Trains an LSTM on windows of one series and compares it with naive forecasts.

    A subclass gives `load`; it may add features by `extra_features`.
    """

    task: ClassVar[str] = "time_series"
    Config: ClassVar[type[BaseModel]] = TimeSeriesConfig

    config: TimeSeriesConfig

    @abstractmethod
    def load(self) -> TimeSeries:
        """The series of the chosen source.

        Raises:
            SeriesInvalid: a table that cannot be read.
            PipelineError: a source that cannot be reached or has nothing.
        """

    def extra_features(self, series: TimeSeries) -> Mapping[str, NDArray[np.float64]]:
        """Further features by name, `(rows,)` each; a row's value may use that row and earlier ones only."""
        del series
        return {}

    def build_model(self, features: int, *, generator: Generator) -> Sequential | Graph:
        """The untrained network: `(n, time, features)` → `(n, 1)`."""
        return build_recurrent(features, config=self.config.model, generator=generator)

    def prepare(self, series: TimeSeries) -> PreparedSeries:
        """Features, windows, split and scalers of `series`."""
        return prepare_series(series, config=self.config, extra=self.extra_features(series))

    def run(self, context: TrainingContext) -> PipelineResult:
        """Load, train, evaluate beside the baselines and write the report and the bundle."""
        began_s = time.monotonic()
        prepared = self._load_and_prepare(context.resume_from)
        context.data(prepared.series.sha256())
        for note in prepared.series.notes:
            context.warn("data", note["en"])
        seed = self.config.training.seed
        model = self.build_model(len(prepared.feature_names), generator=Generator(seed).spawn("model"))
        model.to(context.device)
        attachments = {DATA_CONFIG_FILE: json.dumps(self._data_config(), sort_keys=True).encode()}
        training = self.config.training
        trained = train_series(prepared, model=model, config=training, context=context, attachments=attachments)
        outputs = {part: trained.learner.predict(getattr(prepared, part).inputs) for part in PARTS}
        evaluation = evaluate_model(prepared, outputs, seed=seed)
        results = results_document(
            pipeline={"name": self.name, "version": self.version},
            config=self.config,
            prepared=prepared,
            trained=trained,
            evaluation=evaluation,
            seconds=time.monotonic() - began_s,
            threads=array_threads(os.environ),  # a fact to record, not a setting to follow
            provenance=context.provenance,
        )
        model.to(Device.CPU)  # what is written names no device
        files = write_files(context.folder / "out", results=results, title=self.title, prepared=prepared, model=model)
        return PipelineResult(results, files)

    def _load_and_prepare(self, resume_from: Path | None) -> PreparedSeries:
        """A resumed run takes the series out of its checkpoint: the source may answer differently by now."""
        attached = read_attachments(resume_from) if resume_from is not None else {}
        self._expect_same_data(attached.get(DATA_CONFIG_FILE))
        kept = attached.get(SERIES_FILE)
        try:
            return self.prepare(self.load() if kept is None else unpack_series(kept))
        except SeriesInvalid as error:
            raise DataRefused(error.message, hint=error.hint) from error

    def _data_config(self) -> dict[str, str]:
        """Digest of each field that an app adds to `TimeSeriesConfig`: those say which data it is."""
        own = self.config.model_dump(mode="json", exclude=set(TimeSeriesConfig.model_fields))
        return {
            name: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest() for name, value in own.items()
        }

    def _expect_same_data(self, attached: bytes | None) -> None:
        """A fork may change how it trains; the series is the one in its checkpoint."""
        before = self._data_config() if attached is None else json.loads(attached)
        changed = sorted(name for name, digest in self._data_config().items() if before.get(name) != digest)
        if changed:
            raise DataRefused(
                f"The checkpoint holds the data of another {changed[0]}: a training goes on with its own data.",
                hint=f"Leave {changed[0]} as it was, or start a new experiment with the other data.",
                pointer=f"/{changed[0]}",
            )

    @classmethod
    def check_rows(cls, config: TimeSeriesConfig, *, rows: int | None, pointer: str) -> list[ConfigProblem]:
        """Whether a series of at most `rows` rows (None: not known) is long enough for the config."""
        needed = rows_needed(
            length=config.window.length,
            horizon=config.window.horizon,
            validation=config.split.validation,
            test=config.split.test,
        )
        if rows is None or rows >= needed:
            return []
        message = (
            f"The series has {rows} rows, but this window length and split need at least {needed}. "
            "Bring a longer series, or choose a shorter window or horizon."
        )
        return [ConfigProblem(pointer, "too_few_rows", message, {"rows": rows, "needed": needed})]

    @classmethod
    def check_memory(cls, config: TimeSeriesConfig, *, rows: int, available: int | None = None) -> list[ConfigProblem]:
        """Whether one update on `rows` rows fits into half of the machine's memory (or of `available` bytes)."""
        limit = available or machine_bytes()
        needed = training_bytes(config, rows=rows)
        if limit is None or needed <= limit // 2:
            return []
        message = (
            f"One update would take about {needed / 2**30:.1f} GiB, more than half of this machine's "
            f"{limit / 2**30:.1f} GiB. Choose a smaller batch, fewer hidden units or layers, or a shorter window."
        )
        params = {"needed": needed, "limit": limit // 2}
        return [ConfigProblem("/training/batch_size", "too_much_memory", message, params)]

    @classmethod
    def check_series(cls, config: TimeSeriesConfig, series: TimeSeries, *, pointer: str) -> list[ConfigProblem]:
        """Whether `series` can train with the config; `pointer` names the field that brought the series."""
        problems = cls.check_rows(config, rows=len(series), pointer=pointer)
        problems += cls.check_memory(config, rows=len(series))
        try:
            check_levels(series, target_transform(config.window.transform))
        except PipelineError as error:
            message = f"{error.message} {error.hint}"
            problems.append(ConfigProblem(error.pointer or pointer, "not_positive", message))
        if np.ptp(series.target) == 0:
            message = f"Every value of {series.target_name} is {series.target[0]:g}: there is nothing to learn."
            problems.append(ConfigProblem(pointer, "constant_target", message, {"column": series.target_name}))
        return problems
