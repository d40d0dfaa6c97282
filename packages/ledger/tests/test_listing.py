from __future__ import annotations

import random

import pytest
from sqlalchemy import text, update

from azuraforge_contracts import EpochFinished, EventType, ExperimentState, ExperimentSummary
from azuraforge_ledger import CursorInvalid, ExperimentFilter, ExperimentOrder, Ledger
from azuraforge_ledger.listing import SORTS
from azuraforge_ledger.order_cursor import OrderPosition, write_order_cursor
from azuraforge_ledger.rows import fold
from azuraforge_ledger.tables import experiment
from azuraforge_ledger.testing import play

NAMES = ("Ilk", "ilk", "Şimşek", "simsek", "zebra", "Zebra")
LOSSES = (0.5, 0.25, None, 1e-300, 0.5)


@pytest.fixture
def forest(ledger: Ledger) -> Ledger:
    """Thirty experiments with ties and gaps in every column."""
    dice = random.Random(5)
    for number in range(30):
        task_id = play.submit(ledger, name=NAMES[number % len(NAMES)])
        score = dice.choice([None, 0.1, 0.1, -2.5, 7])
        created = 1_700_000_000_000 + dice.randrange(5)
        values = {"score_value": score, "created_at": created, "updated_at": created + dice.randrange(3)}
        values["started_at"] = dice.choice([None, 1_700_000_000_000 + dice.randrange(3)])
        if number % 3:
            play.start(ledger, task_id)
            for step in range(1, 1 + dice.randrange(3)):
                metrics = {"loss": dice.choice(LOSSES)}
                data = EpochFinished(epoch=step, epochs=9, metrics=metrics)
                ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)
        with ledger.database.write() as connection:
            connection.execute(update(experiment).where(experiment.c.id == task_id).values(values))
    return ledger


def walk(ledger: Ledger, order: ExperimentOrder, *, limit: int, wanted: ExperimentFilter | None = None) -> list[str]:
    """Ids of every page, one after the other."""
    found: list[str] = []
    cursor = None
    while True:
        page = ledger.experiments.list_page(wanted, order=order, cursor=cursor, limit=limit)
        found += [item.task_id for item in page.items]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def key_of(ledger: Ledger, item: ExperimentSummary, by: str) -> object:
    with ledger.database.read() as connection:
        query = text("SELECT score_value FROM experiment WHERE id = :id")
        score = connection.execute(query, {"id": item.task_id}).scalar_one()
    if by == "score":
        return score
    if by == "name":
        return fold(f"{item.name} {item.pipeline} {item.task_id}")
    if by.startswith("metric:"):
        return item.metrics.get(by.removeprefix("metric:"))
    return getattr(item, by)


@pytest.mark.parametrize("by", [*SORTS, "metric:loss", f"metric:{'ş' * 200}"])
@pytest.mark.parametrize("is_descending", [True, False], ids=["desc", "asc"])
def test_pages_in_any_order_hold_everything_once(forest: Ledger, by: str, is_descending: bool) -> None:
    order = ExperimentOrder(by, is_descending=is_descending)
    items = forest.experiments.list_page(limit=100).items
    keys = {item.task_id: key_of(forest, item, by) for item in items}
    newest_first = sorted(keys, reverse=True)
    valued = sorted((one for one in newest_first if keys[one] is not None), key=keys.__getitem__, reverse=is_descending)  # type: ignore[arg-type]
    valued = _stable(valued, keys, is_descending=is_descending)
    expected = [*valued, *(one for one in newest_first if keys[one] is None)]
    for limit in (1, 4, 29, 30, 31):
        found = walk(forest, order, limit=limit)
        if by == "name":  # each database has its own alphabet; both have one
            assert found == walk(forest, order, limit=100)
            assert sorted(found) == sorted(expected)
        else:
            assert found == expected


def _stable(ids: list[str], keys: dict[str, object], *, is_descending: bool) -> list[str]:
    """Ties newest first, whichever way the list goes."""
    values = sorted({keys[one] for one in ids}, reverse=is_descending)  # type: ignore[type-var]
    return [one for value in values for one in sorted((i for i in ids if keys[i] == value), reverse=True)]


def test_an_order_goes_with_any_filter(forest: Ledger) -> None:
    wanted = ExperimentFilter(states=[ExperimentState.RUNNING], text="simsek")
    order = ExperimentOrder("metric:loss", is_descending=False)
    every = walk(forest, order, limit=100)
    some = walk(forest, order, limit=2, wanted=wanted)
    page = forest.experiments.list_page(wanted, limit=100)
    assert some == [one for one in every if one in {item.task_id for item in page.items}]
    assert page.total == len(some) > 0


def test_a_cursor_belongs_to_its_order(forest: Ledger) -> None:
    cursor = forest.experiments.list_page(order=ExperimentOrder("score"), limit=1).next_cursor
    for other in (ExperimentOrder(), ExperimentOrder("score", is_descending=False), ExperimentOrder("metric:score")):
        with pytest.raises(CursorInvalid):
            forest.experiments.list_page(order=other, cursor=cursor)


@pytest.mark.parametrize(
    ("by", "value"),
    [("created_at", None), ("created_at", "x"), ("created_at", 1.5), ("name", 3), ("name", "ı"), ("score", "7")],
)
def test_a_forged_value_is_refused(ledger: Ledger, by: str, value: float | str | None) -> None:
    cursor = write_order_cursor(OrderPosition(by, True, value, play.submit(ledger)))
    with pytest.raises(CursorInvalid):
        ledger.experiments.list_page(order=ExperimentOrder(by), cursor=cursor)


@pytest.mark.parametrize("by", ["", "metric:", "id", "config", f"metric:{'x' * 300}"])
def test_an_unknown_order_is_refused(by: str) -> None:
    with pytest.raises(ValueError, match="sorted by"):
        ExperimentOrder(by)


def test_the_newest_and_the_best_come_from_an_index(ledger: Ledger) -> None:
    if not ledger.database.is_sqlite:
        pytest.skip("PostgreSQL scans a table of a few rows, whatever indexes it has")
    queries = {
        "experiment_newest": "SELECT id FROM experiment ORDER BY created_at DESC, id DESC LIMIT 51",
        "experiment_by_score": "SELECT id FROM experiment WHERE score_value > 0 ORDER BY score_value DESC, id DESC",
        "sqlite_autoindex": "SELECT value FROM experiment JOIN metric ON metric.experiment = experiment.id "
        "AND metric.name = 'x' AND metric.step = experiment.epoch",
    }
    with ledger.database.read() as connection:
        for index, query in queries.items():
            plan = " ".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert index in plan or "PRIMARY KEY (experiment=? AND name=? AND step=?)" in plan, plan
            assert "TEMP B-TREE" not in plan
