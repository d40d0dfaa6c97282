"""Workers, stale attempts, crashes, cancels and passing time in any order, judged by the history checker.

The planted faults at the end run the same machine on a ledger that lacks one safeguard: it must be found wanting.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, text, true

from azuraforge_contracts import (
    TERMINAL_STATES,
    ArtifactSaved,
    Event,
    EventType,
    ExperimentEnded,
    ExperimentPatch,
    ExperimentState,
    Failure,
    FailureCode,
    Origin,
    ReadyReport,
)
from azuraforge_ledger import (
    CheckpointMissing,
    Claim,
    EpochSkipped,
    ExperimentFilter,
    FenceLost,
    Ledger,
    NewExperiment,
    PassMemory,
    StateConflict,
    housekeeping,
    journal,
)
from azuraforge_ledger.tables import (
    artifact,
    checkpoint,
    event,
    experiment,
    idempotency,
    metric,
    one_epoch,
    outbox,
)
from azuraforge_ledger.testing import check_history, list_task_ids, pass_time, play, read_history

LIVE = {"stock_predictor"}
FAILURE = Failure(code=FailureCode.STORAGE_LOW, message="Full.")
ARTIFACT = ArtifactSaved(name="results.json", kind="results", media_type="application/json", sha256="a" * 64, bytes=1)
EXAMPLES = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Ticket:
    """What a worker holds after a claim, and keeps although it may have become worthless."""

    task_id: str
    attempt: int
    worker_id: str


class Workers(RuleBasedStateMachine):
    """`holders` is this machine's own idea of who holds what, from the answers it got."""

    tasks = Bundle("tasks")
    tickets = Bundle("tickets")
    priorities = st.integers(-1, 1)
    workers = st.sampled_from(["a", "b", "c"])

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.memory = PassMemory()
        self.holders: dict[str, Ticket | None] = {}
        self.issued: list[Ticket] = []
        self.touched: set[str] = set()
        with ledger.database.write() as connection:
            for table in (idempotency, outbox, artifact, checkpoint, metric, event, experiment):
                connection.execute(delete(table))

    @rule(target=tasks, priority=priorities)
    def submit(self, priority: int) -> str:
        return self._accept(replace(play.new_experiment(), priority=priority))

    def _accept(self, new: NewExperiment) -> str:
        task_id = self.ledger.experiments.submit(new).experiment.task_id
        self.holders[task_id] = None
        self.touched.add(task_id)
        return task_id

    @rule(target=tasks, ticket=tickets)
    def fork(self, ticket: Ticket) -> str | MultipleResults[str]:
        """Keep the newest checkpoints if this attempt may, and begin another experiment at the last of them."""
        control = self.ledger.control
        stored = {one.seq: f"{one.seq:064x}" for one in control.list_wanted_checkpoints(ticket.task_id)}
        self._as(ticket, lambda: control.keep_checkpoints(ticket.task_id, attempt=ticket.attempt, stored=stored))
        try:
            point = control.find_fork_point(ticket.task_id)
        except CheckpointMissing:
            return multiple()
        made_from = replace(play.new_experiment(), parent=ticket.task_id, origin=Origin.FORK, fork_point=point)
        return self._accept(made_from)

    @rule(task_id=tasks, priority=priorities)
    def prefer(self, task_id: str, priority: int) -> None:
        is_too_late = read_history(self.ledger, task_id).state in TERMINAL_STATES
        is_change = self.ledger.experiments.get(task_id).priority != priority
        with pytest.raises(StateConflict) if is_too_late and is_change else nullcontext():
            self.ledger.control.amend(task_id, ExperimentPatch(priority=priority))

    @rule(target=tickets, worker_id=workers)
    def claim_next(self, worker_id: str) -> Ticket | MultipleResults[Ticket]:
        """A worker with a free hand takes the best of what waits, and nothing when nothing does."""
        best = self._find_best_queued()
        claim = self.ledger.leases.claim_next(pipelines=LIVE, worker_id=worker_id)
        assert (claim.task_id if claim else None) == best, "another one was next"
        return multiple() if claim is None else self._take(claim, worker_id)

    def _find_best_queued(self) -> str | None:
        query = "SELECT id FROM experiment WHERE state = 'queued' ORDER BY priority DESC, created_at, id LIMIT 1"
        with self.ledger.database.read() as connection:
            return connection.execute(text(query)).scalar_one_or_none()

    @rule(target=tickets, task_id=tasks, worker_id=workers)
    def claim(self, task_id: str, worker_id: str) -> Ticket | MultipleResults[Ticket]:
        claim = self.ledger.leases.claim(task_id, worker_id=worker_id)
        self.touched.add(task_id)
        return multiple() if claim is None else self._take(claim, worker_id)

    def _take(self, claim: Claim, worker_id: str) -> Ticket:
        task_id = claim.task_id
        self.touched.add(task_id)
        assert self.holders[task_id] is None, "two attempts hold one experiment"
        ticket = Ticket(task_id, claim.attempt, worker_id)
        self.holders[task_id] = ticket
        self.issued.append(ticket)
        ready = ReadyReport(device="cpu", resumed_epoch=claim.last_epoch)
        self.ledger.leases.begin(task_id, attempt=claim.attempt, ready=ready)
        return ticket

    def _as(self, ticket: Ticket, write: Callable[[], object], *, gives_up: bool = False) -> None:
        """Do it with a ticket; a worthless one must be refused."""
        is_holder = self.holders[ticket.task_id] == ticket
        self.touched.add(ticket.task_id)
        try:
            write()
        except FenceLost:
            assert not is_holder, "the holder was refused"
        except (StateConflict, EpochSkipped):
            assert is_holder, "an old attempt was asked for its reasons"
        else:
            assert is_holder, "an old attempt was heard"
            if gives_up:
                self.holders[ticket.task_id] = None

    @rule(ticket=tickets, ahead=st.integers(-2, 2))
    def epoch(self, ticket: Ticket, ahead: int) -> None:
        number = max(1, read_history(self.ledger, ticket.task_id).epoch + ahead)
        append = partial(self.ledger.events.append, ticket.task_id, attempt=ticket.attempt, type=EventType.EPOCH)
        self._as(ticket, lambda: append(data=play.epoch(number, loss=1 / (number + ticket.attempt))))

    @precondition(lambda self: any(self.holders.values()))
    @rule(aheads=st.lists(st.integers(0, 1), min_size=1, max_size=4))
    def train(self, aheads: list[int]) -> None:
        for ticket in [holder for holder in self.holders.values() if holder is not None]:
            for ahead in aheads:
                self.epoch(ticket, ahead)

    def _ghosts(self) -> list[Ticket]:
        """Workers that lost an experiment which another one holds now."""
        return [ticket for ticket in self.issued if self.holders[ticket.task_id] not in {None, ticket}]

    @precondition(lambda self: any(self.holders.values()))
    @rule(target=tickets)
    def hand_over(self) -> MultipleResults[Ticket]:
        """Every holder lets go and the next worker takes over: how ghosts are made."""
        taken: list[Ticket] = []
        for ticket in [holder for holder in self.holders.values() if holder is not None]:
            self.release(ticket)
            claimed = self.claim(ticket.task_id, "d")
            taken += [claimed] if isinstance(claimed, Ticket) else []
        return multiple(*taken)

    @precondition(lambda self: self._ghosts())
    @rule()
    def ghosts_write(self) -> None:
        for ticket in self._ghosts():
            self.epoch(ticket, 1)

    @rule(ticket=tickets, number=st.integers(1, 4))
    def checkpoint(self, ticket: Ticket, number: int) -> None:
        add = partial(self.ledger.checkpoints.add, ticket.task_id, attempt=ticket.attempt)
        self._as(ticket, lambda: add(checkpoint=play.checkpoint(number)))

    @rule(ticket=tickets)
    def renew(self, ticket: Ticket) -> None:
        orders = self.ledger.leases.renew(ticket.task_id, attempt=ticket.attempt, worker_id=ticket.worker_id)
        assert (orders is not None) == (self.holders[ticket.task_id] == ticket)

    @rule(ticket=tickets)
    def crash(self, ticket: Ticket) -> None:
        crashed = partial(self.ledger.leases.crashed, ticket.task_id, attempt=ticket.attempt, reason="signal 9")
        self._as(ticket, crashed, gives_up=True)

    @rule(ticket=tickets)
    def release(self, ticket: Ticket) -> None:
        release = partial(self.ledger.leases.release, ticket.task_id, attempt=ticket.attempt, reason="restart")
        self._as(ticket, release, gives_up=True)

    @rule(ticket=tickets, retry_in_s=st.sampled_from([None, 0.0, 30.0]))
    def fail(self, ticket: Ticket, retry_in_s: float | None) -> None:
        fail = partial(self.ledger.experiments.fail, ticket.task_id, attempt=ticket.attempt, failure=FAILURE)
        self._as(ticket, lambda: fail(retry_in_s=retry_in_s), gives_up=True)

    @rule(ticket=tickets)
    def succeed(self, ticket: Ticket) -> None:
        ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
        succeed = partial(self.ledger.experiments.succeed, ticket.task_id, attempt=ticket.attempt, score=None)
        self._as(ticket, lambda: succeed(artifacts=[ARTIFACT], ended=ended), gives_up=True)

    @rule(ticket=tickets)
    def stop(self, ticket: Ticket) -> None:
        confirm = self.ledger.experiments.confirm_cancelled
        self._as(ticket, lambda: confirm(ticket.task_id, attempt=ticket.attempt), gives_up=True)

    @rule(task_id=tasks)
    def cancel(self, task_id: str) -> None:
        self.touched.add(task_id)
        is_too_late = read_history(self.ledger, task_id).state in {"succeeded", "failed"}
        with pytest.raises(StateConflict) if is_too_late else nullcontext():
            self.ledger.experiments.request_cancel(task_id)

    @rule(task_id=tasks)
    def pause(self, task_id: str) -> None:
        self.touched.add(task_id)
        state = read_history(self.ledger, task_id).state
        is_too_late = state in {"cancelling", "cancelled", "succeeded", "failed"}
        with pytest.raises(StateConflict) if is_too_late else nullcontext():
            self.ledger.experiments.request_pause(task_id)

    @rule(task_id=tasks)
    def resume(self, task_id: str) -> None:
        self.touched.add(task_id)
        state = read_history(self.ledger, task_id).state
        is_refused = state not in {"queued", "starting", "running", "paused"}
        with pytest.raises(StateConflict) if is_refused else nullcontext():
            self.ledger.experiments.resume(task_id)

    @rule(ticket=tickets)
    def rest(self, ticket: Ticket) -> None:
        confirm = self.ledger.experiments.confirm_paused
        self._as(ticket, lambda: confirm(ticket.task_id, attempt=ticket.attempt), gives_up=True)

    @precondition(lambda self: self.holders)
    @rule(seconds=st.sampled_from([1, 11, 31, 600]), is_offered=st.booleans())
    def time_passes(self, seconds: int, is_offered: bool) -> None:
        pass_time(self.ledger, seconds, memory=self.memory)
        published: list[Event] = []
        report = housekeeping.run_pass(
            self.ledger,
            self.memory,
            send=lambda _: None,
            publish=published.append,
            live_pipelines=lambda: LIVE if is_offered else set(),
        )
        self.holders |= dict.fromkeys(report.reaped)
        self.touched |= {event.experiment for event in published}

    @invariant()
    def holds(self) -> None:
        for task_id in self.touched:
            assert check_history(read_history(self.ledger, task_id), is_ended=False) == []
        self.touched = set()

    def teardown(self) -> None:
        """Every accepted experiment reaches its end once the workers are left alone (I1)."""
        for _ in range(20):
            waiting = ledger_ids(self.ledger, is_ended=False)
            if not waiting:
                break
            for task_id in waiting:
                if read_history(self.ledger, task_id).state == "paused":
                    self.ledger.experiments.resume(task_id)
                claim = self.ledger.leases.claim(task_id, worker_id="last")
                if claim is not None:
                    self.ledger.experiments.fail(task_id, attempt=claim.attempt, failure=FAILURE)
            if ledger_ids(self.ledger, is_ended=False):
                self.time_passes(31, is_offered=True)
        for task_id in list_task_ids(self.ledger):
            assert check_history(read_history(self.ledger, task_id)) == []


def ledger_ids(ledger: Ledger, *, is_ended: bool) -> list[str]:
    states = [state for state in ExperimentState if (state in TERMINAL_STATES) == is_ended]
    return [item.task_id for item in ledger.experiments.list_page(ExperimentFilter(states=states), limit=500).items]


def run_machine(ledger: Ledger, *, phases: tuple[Phase, ...] = tuple(Phase), examples: int = 10) -> None:
    chosen = settings(EXAMPLES, phases=phases, max_examples=examples)
    run_state_machine_as_test(partial(Workers, ledger), settings=chosen)


def test_no_order_of_events_breaks_an_invariant(ledger: Ledger) -> None:
    run_machine(ledger, phases=(Phase.generate,))


def test_without_the_fence_the_machine_finds_an_old_attempt(
    sqlite_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "same_attempt", lambda _attempt: true())
    with pytest.raises(AssertionError, match=r"old attempt|I5"):
        run_machine(sqlite_ledger(), phases=(Phase.generate,), examples=300)


def test_without_the_unique_epoch_the_machine_finds_it_twice(sqlite_ledger: Callable[[], Ledger]) -> None:
    ledger = sqlite_ledger()
    with ledger.database.write() as connection:
        one_epoch.drop(connection)
        connection.execute(text("ALTER TABLE metric RENAME TO kept"))  # its key would be a second guard
        connection.execute(text("CREATE TABLE metric (experiment TEXT, name TEXT, step BIGINT, value DOUBLE)"))
    with pytest.raises(AssertionError, match="I3"):
        run_machine(ledger, phases=(Phase.generate,), examples=300)
