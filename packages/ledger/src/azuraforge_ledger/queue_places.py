"""Where an experiment waits: among those that the same workers would take, in the order in which they are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from azuraforge_contracts import ExperimentState, QueuePlace
from azuraforge_ledger.estimates import Estimate, estimate_training
from azuraforge_ledger.queue import TAKING_ORDER
from azuraforge_ledger.states import ACTIVE_STATES
from azuraforge_ledger.tables import experiment

MOST_AHEAD: Final = 500
"""Further ahead than this nobody needs a forecast in seconds."""
NO_WORKER: Final = "no_worker"


@dataclass(frozen=True)
class Crew:
    """The live workers that offer a pipeline: their ids, all that they offer, and how many they train at once."""

    workers: frozenset[str] = frozenset()
    pipelines: frozenset[str] = frozenset()
    capacity: int = 0


def find_place(connection: Connection, row: Row[Any], *, crew: Crew) -> QueuePlace | None:
    """The place of a queued experiment, and when its turn may come; None if it is not queued."""
    if row.state != ExperimentState.QUEUED:
        return None
    pipelines = sorted(crew.pipelines | {row.pipeline})
    same_queue = (experiment.c.state == ExperimentState.QUEUED, experiment.c.pipeline.in_(pipelines))
    waiting = list(connection.execute(select(experiment).where(*same_queue).order_by(*TAKING_ORDER)))
    ahead = [one.id for one in waiting].index(row.id)
    own = estimate_training(connection, row)
    starts = _foresee(connection, waiting[:ahead], crew=crew) if ahead <= MOST_AHEAD else Estimate(None)
    return QueuePlace(
        position=ahead + 1,
        waiting=len(waiting),
        workers=len(crew.workers),
        capacity=crew.capacity,
        starts_in_s=starts.seconds,
        trains_for_s=own.seconds,
        basis=own.basis,
        reason=starts.reason or own.reason,
    )


def _foresee(connection: Connection, ahead: Sequence[Row[Any]], *, crew: Crew) -> Estimate:
    """Let everything ahead run on the crew's slots: when the next one is free."""
    if crew.capacity < 1:
        return Estimate(None, reason=NO_WORKER)
    running = _list_running(connection, crew)
    free = max(0, crew.capacity - len(running))
    if free > len(ahead):
        return Estimate(0.0)
    ends = [0.0] * free
    for one in running:
        left = Estimate(one.eta_s) if one.eta_s is not None else estimate_training(connection, one)
        if left.seconds is None:
            return left
        ends.append(max(0.0, left.seconds))
    heapify(ends)
    for one in ahead:
        length = estimate_training(connection, one)
        if length.seconds is None:
            return length
        heappush(ends, heappop(ends) + length.seconds)
    return Estimate(ends[0])


def _list_running(connection: Connection, crew: Crew) -> list[Row[Any]]:
    is_theirs = experiment.c.worker_id.in_(sorted(crew.workers))
    query = select(experiment).where(experiment.c.state.in_(sorted(ACTIVE_STATES)), is_theirs)
    return list(connection.execute(query))
