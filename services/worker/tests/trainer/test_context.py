"""The context and its link, over real pipes, with a test in the supervisor's place."""

from __future__ import annotations

import json
import math
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from azuraforge_contracts.names import MAX_LINE_BYTES
from azuraforge_learner.pipelines.base import (
    BatchReport,
    CheckpointReport,
    EpochReport,
    SeriesSample,
    StopReason,
)
from azuraforge_worker.trainer.context import PipeContext
from azuraforge_worker.trainer.link import SupervisorLink


class Supervisor:
    """The other ends of a trainer's pipes: hears every line and acknowledges it at once."""

    def __init__(self) -> None:
        up_read, up_write = os.pipe()
        down_read, self.down = os.pipe()
        self.lines: list[dict[str, Any]] = []
        self.link = SupervisorLink(up_fd=up_write, down_fd=down_read)
        self._up = os.fdopen(up_read, "rb")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._up:
            assert len(line) <= MAX_LINE_BYTES
            parsed = json.loads(line)
            self.lines.append(parsed)
            self.order({"type": "ack", "n": parsed["n"]})

    def order(self, order: dict[str, Any]) -> None:
        os.write(self.down, json.dumps(order).encode() + b"\n")


@pytest.fixture
def supervisor() -> Supervisor:
    # The pipes stay open: a link whose supervisor is gone ends the process, which here is pytest.
    return Supervisor()


@pytest.fixture
def context(supervisor: Supervisor, tmp_path: Path) -> PipeContext:
    return PipeContext(supervisor.link, folder=tmp_path, resume_from=None)


def epoch(number: int, **values: Any) -> EpochReport:
    return EpochReport(**{"epoch": number, "epochs": 9, "metrics": {"loss": 0.5}, "seconds": 1.0, **values})


def test_an_epoch_is_over_when_it_is_acknowledged(context: PipeContext, supervisor: Supervisor) -> None:
    context.epoch(epoch(1))
    context.epoch(epoch(2))

    assert [(line["n"], line["type"], line["data"]["epoch"]) for line in supervisor.lines] == [
        (1, "epoch", 1),
        (2, "epoch", 2),
    ]
    assert context.epochs_run == 2


def test_numbers_that_json_has_not_are_null_and_named(context: PipeContext, supervisor: Supervisor) -> None:
    context.epoch(epoch(1, metrics={"loss": math.nan, "mae": math.inf, "rmse": 2.0}, eta_s=-math.inf))

    data = supervisor.lines[0]["data"]
    assert data["metrics"] == {"loss": None, "mae": None, "rmse": 2.0}
    assert data["nonfinite"] == ["loss", "mae"]
    assert data["eta_s"] is None


def test_a_preview_that_is_too_long_is_thinned_out(context: PipeContext, supervisor: Supervisor) -> None:
    points = 50_000
    preview = SeriesSample(x=["2024-01-01" * 30] * points, actual=[1.5] * points, predicted=[math.nan] * points)

    context.epoch(epoch(1, preview=preview))

    sent = supervisor.lines[0]["data"]["preview"]
    assert 10 <= len(sent["x"]) == len(sent["actual"]) == len(sent["predicted"]) <= 400
    assert set(sent["predicted"]) == {None}


def test_batches_are_merged(context: PipeContext, supervisor: Supervisor) -> None:
    for number in range(10_000):
        context.batch(BatchReport(epoch=1, epochs=1, batch=number, batches=10_000, loss=0.5, samples_per_s=1.0))
    context.epoch(epoch(1))

    assert [line["type"] for line in supervisor.lines].count("batch") < 100


def test_a_checkpoint_is_named_from_the_attempts_folder(
    context: PipeContext, supervisor: Supervisor, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoints" / "step-1"
    context.checkpoint(CheckpointReport(path=path, epoch=1, step=4, sha256="0" * 64, bytes=9))

    assert supervisor.lines[0]["data"]["path"] == "checkpoints/step-1"


def test_a_checkpoint_elsewhere_is_refused(context: PipeContext, tmp_path: Path) -> None:
    report = CheckpointReport(path=tmp_path.parent / "other", epoch=1, step=4, sha256="0" * 64, bytes=9)
    with pytest.raises(ValueError, match="other"):
        context.checkpoint(report)


@pytest.mark.parametrize("reason", list(StopReason))
def test_an_order_to_stop_is_seen_at_the_next_batch(
    context: PipeContext, supervisor: Supervisor, reason: StopReason
) -> None:
    assert context.stop_requested() is None
    supervisor.order({"type": "an order of tomorrow"})
    supervisor.order({"type": reason.value})
    context.epoch(epoch(1))  # its acknowledgement comes after the order

    assert context.stop_requested() is reason
