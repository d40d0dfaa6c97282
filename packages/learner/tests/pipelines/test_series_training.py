"""What a training tells its context, and how it stops, resumes and fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import numpy as safetensors

from azuraforge_core import Generator
from azuraforge_learner.layers import LSTM, Dropout, Linear, count_parameters
from azuraforge_learner.pipelines import (
    CheckpointReport,
    EpochReport,
    MemoryExceeded,
    PipelineResult,
    StopReason,
    TrainingDiverged,
    TrainingStopped,
)
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.pipelines.recording import RecordingContext
from azuraforge_learner.pipelines.results import weights_hash
from azuraforge_learner.pipelines.series_config import RecurrentConfig
from azuraforge_learner.pipelines.series_training import PREVIEW_POINTS, TrainedSeries, build_recurrent

Make = Callable[..., Any]
Train = Callable[..., TrainedSeries]
Finished = tuple[RecordingContext, PipelineResult]


def test_the_network_has_the_layers_asked_for() -> None:
    model = build_recurrent(3, config=RecurrentConfig(layers=2, hidden=5, dropout=0.5), generator=Generator(1))
    assert [type(layer) for layer in model.children().values()] == [LSTM, Dropout, LSTM, Dropout, Linear]
    assert count_parameters(model) == 4 * 5 * (3 + 5 + 1) + 4 * 5 * (5 + 5 + 1) + 6


def test_each_epoch_is_durable_before_its_checkpoint(finished: Finished) -> None:
    kinds = [(type(report), report.epoch) for report in finished[0].reports]
    assert kinds == [(kind, epoch) for epoch in (1, 2, 3) for kind in (EpochReport, CheckpointReport)]


def test_an_epoch_report_holds_losses_rate_and_time_left(finished: Finished) -> None:
    first, *_, last = finished[0].epochs
    assert {"loss", "validation_loss", "validation_mae"} <= last.metrics.keys()
    assert last.learning_rate == 0.01
    assert last.eta_s == 0.0
    assert first.eta_s is not None
    assert first.eta_s > 0


def test_the_preview_shows_the_end_of_the_validation_part_in_its_own_unit(
    finished: Finished, prepared: PreparedSeries
) -> None:
    preview = finished[0].epochs[0].preview
    assert preview is not None
    assert 0 < len(preview.x) <= PREVIEW_POINTS
    assert preview.unit == "cm"
    np.testing.assert_array_equal(preview.actual, prepared.actual(prepared.validation)[-len(preview.x) :])
    assert 20 < float(np.mean(preview.predicted)) < 80


def test_at_least_one_batch_report_comes_per_epoch(finished: Finished) -> None:
    batches = finished[0].batches
    assert {report.epoch for report in batches} == {1, 2, 3}
    assert batches[-1].batch == batches[-1].batches


def test_every_parameter_moves(finished: Finished) -> None:
    first, last = (safetensors.load_file(finished[0].kept[i] / "model.safetensors") for i in (0, -1))
    assert first.keys() == last.keys()
    assert [name for name in first if np.array_equal(first[name], last[name])] == []


@pytest.mark.parametrize("reason", list(StopReason))
def test_a_stop_leaves_a_checkpoint_of_that_very_batch(train: Train, tmp_path: Path, reason: StopReason) -> None:
    context = RecordingContext(tmp_path, stop_at_batch=9, stop_reason=reason)
    with pytest.raises(TrainingStopped) as raised:
        train(context)
    assert raised.value.reason is reason
    assert context.asked == 9
    assert context.checkpoints[-1].step == 9
    assert context.checkpoints[-1].epoch == len(context.epochs) == 1


@pytest.mark.parametrize("batch", [1, 6, 7, 8, 20])
def test_a_training_stopped_at_any_batch_resumes_bit_equal(
    train: Train, finished: Finished, tmp_path: Path, batch: int
) -> None:
    stopped = RecordingContext(tmp_path / "stopped", stop_at_batch=batch)
    with pytest.raises(TrainingStopped):
        train(stopped)
    resumed = RecordingContext(tmp_path / "resumed", resume_from=stopped.kept[-1])
    trained = train(resumed)
    assert weights_hash(trained.model) == finished[1].results["reproducibility"]["weights_hash"]
    reports = [*stopped.epochs, *resumed.epochs]
    assert [report.metrics for report in reports] == [report.metrics for report in finished[0].epochs]


def test_a_training_that_was_lost_after_its_last_checkpoint_only_evaluates(
    train: Train, finished: Finished, tmp_path: Path
) -> None:
    context = RecordingContext(tmp_path, resume_from=finished[0].kept[-1])
    trained = train(context)
    assert context.reports == []
    assert weights_hash(trained.model) == finished[1].results["reproducibility"]["weights_hash"]
    assert trained.best_epoch == finished[1].results["best_epoch"]


def test_an_epoch_whose_checkpoint_was_lost_is_trained_again_the_same(
    train: Train, finished: Finished, tmp_path: Path
) -> None:
    context = RecordingContext(tmp_path, resume_from=finished[0].kept[0])
    train(context)
    assert [report.metrics for report in context.epochs] == [report.metrics for report in finished[0].epochs[1:]]


def test_the_best_epochs_weights_are_kept(train: Train, context: RecordingContext, prepared: PreparedSeries) -> None:
    trained = train(context, training={"epochs": 12, "learning_rate": 0.3, "patience": 0, "clip": 0.0})
    losses = [report.metrics["validation_loss"] for report in context.epochs]
    assert trained.best_epoch == int(np.argmin(losses)) + 1
    assert trained.best_epoch < 12
    best = context.kept[trained.best_epoch - 1]
    assert context.checkpoints[trained.best_epoch - 1].is_best
    saved = safetensors.load_file(best / "model.safetensors")
    assert all(np.array_equal(saved[name], array) for name, array in trained.model.arrays().items())


def test_patience_ends_a_training_early(train: Train, context: RecordingContext) -> None:
    train(context, training={"epochs": 40, "learning_rate": 1.0, "patience": 2, "clip": 0.0})
    assert len(context.epochs) < 40
    assert context.epochs[-1].eta_s == 0.0


def test_another_seed_gives_other_weights(train: Train, tmp_path: Path) -> None:
    hashes = {
        weights_hash(train(RecordingContext(tmp_path / str(seed)), training={"seed": seed, "epochs": 1}).model)
        for seed in (1, 2)
    }
    assert len(hashes) == 2


def test_a_loss_that_is_no_number_ends_as_diverged(
    make: Make, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = make()
    prepared = pipeline.prepare(pipeline.load())
    prepared.train.inputs[5:] = np.nan
    monkeypatch.setattr(pipeline, "prepare", lambda _: prepared)
    with pytest.raises(TrainingDiverged, match="is not a finite number after batch 1 of epoch 1") as raised:
        pipeline.run(context)
    assert raised.value.pointer == "/training/learning_rate"
    assert raised.value.code == "diverged"
    assert raised.value.hint


def test_missing_memory_is_said_with_a_remedy(make: Make, context: RecordingContext) -> None:
    pipeline = make()
    model = pipeline.build_model(6, generator=Generator(0))

    class Hungry(type(model)):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            raise MemoryError

    pipeline.build_model = lambda *_, **__: Hungry(Linear(1, 1, generator=Generator(0)))  # type: ignore[method-assign]
    with pytest.raises(MemoryExceeded, match="memory is not enough") as raised:
        pipeline.run(context)
    assert raised.value.code == "out_of_memory"
    assert "batch" in raised.value.hint
