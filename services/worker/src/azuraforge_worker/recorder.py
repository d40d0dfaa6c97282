"""What a trainer reports becomes durable in the order in which it was said, whether the database answers or not.

A thread talks to the ledger. While it answers in time, a report is stored and its events are the answer. When it does
not, reports go to the spool, one after the other, and are durable there; the thread goes on trying with the oldest one
and replays the rest behind it. Only when nothing is left in the spool is a report handed to the ledger directly again.

    direct  ──no answer──>  spooling (append, replay)  ──spool is empty──>  direct

The ledger's own keys (one event per epoch, one row per checkpoint, the fence) make it harmless that a report whose
answer was lost is tried again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from azuraforge_contracts import Event, LineType, Message
from azuraforge_ledger import LedgerUnavailable
from azuraforge_worker.patience import FIRST_WAIT_S, LONGEST_WAIT_S
from azuraforge_worker.spool import Record, Spool

log = logging.getLogger(__name__)
PATIENCE_S: Final = 1.0
"""How long an answer may take before the trainer goes on without it."""
FULL_DISK_S: Final = 0.5
"""How often to try again when neither the database nor the disk takes a report."""


@dataclass(frozen=True)
class Outcome:
    """What became of a record: its events, or why the ledger refused it."""

    events: list[Event] = field(default_factory=list)
    refusal: BaseException | None = None

    def reveal(self) -> list[Event]:
        """The events; raises the refusal."""
        if self.refusal is not None:
            raise self.refusal
        return self.events


class Recorder:
    """One attempt's way into the ledger. `store` writes one record and raises what the ledger raises."""

    def __init__(self, store: Callable[[Record], list[Event]], *, spool: Spool, patience_s: float = PATIENCE_S) -> None:
        self._store = store
        self._spool = spool
        self._patience_s = patience_s
        self._news = threading.Condition()
        self._job: Record | None = None
        self._outcome: Outcome | None = None
        self._replayed: list[Event] = []
        self._refusal: BaseException | None = None
        self._is_spooling = False
        self._is_away = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def is_behind(self) -> bool:
        """Whether something that was acknowledged is not in the ledger yet."""
        return self._is_spooling

    def record(self, line_type: LineType, data: Message, *, between: Callable[[float], None]) -> list[Event]:
        """Make a report durable: its events if the ledger took it, none if it is in the spool.

        `between(wait_s)` waits where neither takes it, or raises to give up.

        Raises:
            LedgerError: the ledger refused this report or an earlier one.
            SpoolDamaged: what was spooled cannot be read any more.
        """
        mine = Record(line_type, data)
        while True:
            with self._news:
                if self._hand_over(mine):
                    self._news.wait_for(lambda: self._outcome is not None or self._is_away, self._patience_s)
                    if (outcome := self._take_outcome()) is not None:
                        return outcome.reveal()
                if self._write_to_spool(mine):
                    return []
            between(FULL_DISK_S)

    def collect(self) -> list[Event]:
        """Events of spooled reports that the ledger has taken since the last call.

        Raises:
            LedgerError: it refused one.
            SpoolDamaged: one cannot be read any more.
        """
        with self._news:
            if self._refusal is not None:
                raise self._refusal
            events, self._replayed = self._replayed, []
            return events

    def flush(self, *, between: Callable[[float], None]) -> list[Event]:
        """Return when the ledger has everything, with the events since the last `collect`; raises what that raises."""
        events = self.collect()
        while self.is_behind:
            between(FIRST_WAIT_S)
            events += self.collect()
        return events

    def close(self) -> None:
        """Stop trying; what is in the spool is deleted. A call to a database that hangs is left to end by itself."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()
            self._spool.close()

    def _hand_over(self, mine: Record) -> bool:
        if self._refusal is not None:
            raise self._refusal
        if self._is_spooling:
            return False
        if self._job is not mine:
            self._job, self._is_away = mine, False
            self._news.notify_all()
        return True

    def _take_outcome(self) -> Outcome | None:
        outcome, self._outcome = self._outcome, None
        return outcome

    def _write_to_spool(self, mine: Record) -> bool:
        try:
            self._spool.append(mine)
        except OSError as error:
            log.warning("the database is away and the spool cannot be written: %s", error)
            return False
        if not self._is_spooling:
            log.warning("the database is away; what the trainer reports is spooled")
        self._is_spooling = True
        return True

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._job is not None or self._is_closed)
                job = self._job
                if job is None or self._is_closed:
                    return
            outcome = self._store_patiently(job)
            with self._news:
                if self._is_closed or outcome is None:
                    return
                self._settle(outcome)
                self._news.notify_all()

    def _store_patiently(self, job: Record) -> Outcome | None:
        """What became of `job`, tried until the database answers; None once closed."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return Outcome(self._store(job))
            except LedgerUnavailable as error:
                log.debug("the database is away: %s", error)
            except BaseException as error:  # noqa: BLE001 - raised again in the supervisor's thread
                return Outcome(refusal=error)
            with self._news:
                self._is_away = True
                self._news.notify_all()
                if self._news.wait_for(lambda: self._is_closed, wait_s):
                    return None
            wait_s = min(LONGEST_WAIT_S, 2.0 * wait_s)

    def _settle(self, outcome: Outcome) -> None:
        self._job = None
        if not self._is_spooling:
            self._outcome = outcome
            return
        if outcome.refusal is not None:
            self._refusal = outcome.refusal
            return
        self._replayed += outcome.events
        try:
            self._spool.drop_first()
            self._job = self._spool.first()
        except BaseException as error:  # noqa: BLE001 - raised again in the supervisor's thread
            self._refusal = error
            return
        if self._job is None:
            self._is_spooling = False
            log.warning("the database is back and has everything")
