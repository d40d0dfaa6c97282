from __future__ import annotations

import math
import runpy
import statistics
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text

from azuraforge_contracts import EpochFinished, EventType, MetricHistory, new_id
from azuraforge_ledger import ExperimentMissing, Ledger, schema
from azuraforge_ledger.metric_blocks import BLOCK
from azuraforge_ledger.tables import metric_block
from azuraforge_ledger.testing import play

EPOCHS = 5 * BLOCK + 17
LARGE = 1.7e308
FILLING = Path(schema.__file__).parent / "migrations" / "versions" / "0004_order_and_blocks.py"


def value_at(name: str, step: int) -> float | None:
    """A curve with a spike, a long gap and values that add up to more than a number holds."""
    if name == "large":
        return LARGE if step % 2 else -LARGE / 2
    if 100 <= step < 240 or step % 50 == 0:
        return None
    return 1e6 if step == 77 else -3.5 if step == 301 else math.sin(step) + 10 / step


@pytest.fixture
def trained(ledger: Ledger) -> tuple[Ledger, str]:
    """An experiment with a long history; `rare` is there at every seventh epoch only."""
    task_id = play.start(ledger)
    for step in range(1, EPOCHS + 1):
        metrics = {name: value_at(name, step) for name in ("loss", "large")}
        metrics |= {"rare": float(step)} if step % 7 == 0 else {}
        data = EpochFinished(epoch=step, epochs=EPOCHS, metrics=metrics)
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)
    return ledger, task_id


def check_buckets(history: MetricHistory, *, name: str, steps: range, points: int) -> None:
    """Every bucket against the values themselves."""
    assert len(history.buckets) <= points
    assert history.count == len(steps)
    assert history.last_step == steps[-1]
    left = list(steps)
    for bucket in history.buckets:
        mine = [step for step in left if bucket.first <= step <= bucket.last]
        left = left[len(mine) :]
        values = [value_at(name, step) for step in mine] if name != "rare" else [float(step) for step in mine]
        finite = [value for value in values if value is not None]
        assert (bucket.count, bucket.nonfinite) == (len(mine), len(mine) - len(finite))
        assert (bucket.low, bucket.high) == (min(finite, default=None), max(finite, default=None))
        if finite:
            assert bucket.mean == pytest.approx(statistics.fmean(value / len(finite) for value in finite) * len(finite))
        else:
            assert bucket.mean is None
    assert left == []


@pytest.mark.parametrize("points", [1, 2, 3, 5, 20, 337, 2000])
def test_buckets_keep_extremes_means_and_gaps(trained: tuple[Ledger, str], points: int) -> None:
    ledger, task_id = trained
    for name, steps in (
        ("loss", range(1, EPOCHS + 1)),
        ("large", range(1, EPOCHS + 1)),
        ("rare", range(7, EPOCHS + 1, 7)),
    ):
        history = ledger.metrics.read_history(task_id, name, points=points)
        check_buckets(history, name=name, steps=steps, points=points)


def test_a_wide_bucket_is_read_from_blocks(trained: tuple[Ledger, str]) -> None:
    """Shown by taking one away: its steps are then missed."""
    ledger, task_id = trained
    with ledger.database.write() as connection:
        connection.execute(delete(metric_block).where(metric_block.c.block == 2))
    assert ledger.metrics.read_history(task_id, "loss", points=3).count == EPOCHS - BLOCK
    assert ledger.metrics.read_history(task_id, "loss", points=300).count == EPOCHS


def test_the_migration_fills_the_blocks_of_older_histories(trained: tuple[Ledger, str]) -> None:
    ledger, task_id = trained
    before = ledger.metrics.read_history(task_id, "rare", points=2)
    fill = runpy.run_path(str(FILLING))["FILL_BLOCKS"]
    with ledger.database.write() as connection:
        written = connection.execute(select(func.count()).select_from(metric_block)).scalar_one()
        connection.execute(delete(metric_block))
        connection.execute(text(fill))
        assert connection.execute(select(func.count()).select_from(metric_block)).scalar_one() == written
    assert ledger.metrics.read_history(task_id, "rare", points=2) == before


def test_what_is_not_there_is_told_apart(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    assert ledger.metrics.read_history(task_id, "loss").buckets == []
    with pytest.raises(ExperimentMissing):
        ledger.metrics.read_history(new_id(), "loss")
    with pytest.raises(ExperimentMissing):
        ledger.metrics.read_history("no id", "loss")
    with pytest.raises(ValueError, match="points"):
        ledger.metrics.read_history(task_id, "loss", points=0)


def test_a_name_is_any_text(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    names = ("\0", "' OR 1=1", "ışık")
    data = EpochFinished(epoch=1, epochs=1, metrics=dict.fromkeys(names, 1.0))
    ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)
    for name in names:
        assert ledger.metrics.read_history(task_id, name).count == 1
