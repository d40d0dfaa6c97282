"""The planted faults: each takes one safeguard away, and the judge must notice.

Planted by the lab's own start-up files (`quick_worker`, `quick_gateway`) from LAB_FAULT, never by the product: there
is no switch in it. `KNOWN` says in words what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select, text, true

from azuraforge_ledger import Ledger, Orders, database, housekeeping, journal, leases
from azuraforge_ledger.states import ARROWS, Arrow, Way
from azuraforge_ledger.tables import experiment, one_epoch

KNOWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "breaks": "the gateway has a bug: it cannot read an experiment",
        "checkpoint_first": "the checkpoint before its event",
        "claim_paused": "a claim takes what is paused",
        "claim_twice": "a claim takes what is running",
        "deaf": "the renewal's answer brings no order",
        "group_only": "only the trainer's process group is killed",
        "hands_on_all": "the hub hands on whatever comes, in whatever order",
        "joins_late": "a viewer reads the history first and joins afterwards",
        "no_expiry": "announcements do not expire",
        "no_fence": "any attempt may write",
        "no_goodbye": "a stopped worker leaves its announcement behind",
        "no_idempotency": "the gateway ignores idempotency keys",
        "no_kill_before": "what an earlier attempt left on the machine is not killed",
        "no_reaper": "nobody takes back what lost its worker",
        "no_relay": "no outbox and no look into the queue: a lost message is lost",
        "no_retry": "a full disk fails an experiment for good",
        "no_second_look": "a lease is taken back at its first expired look",
        "no_unique_epoch": "no unique key on the epoch",
        "no_verify": "artifacts and checkpoints are not verified",
        "private_endings": "an API process does not hear of sign-outs at another",
        "publish_first": "an event is published before it is committed",
        "replay_skipped": "a viewer gets no history",
        "sweep_all": "the sweeper does not ask whether an experiment has ended",
        "unsynced": "commits return before they are written (synchronous_commit off)",
    }
)


def replace(module: object, name: str, value: object) -> None:
    """Put `value` in the place of a name that must be there: a renamed safeguard must not go unplanted."""
    if not hasattr(module, name):
        raise AttributeError(f"the lab plants {name} in {module!r}, which has no such name any more")
    setattr(module, name, value)


def plant_in_database(ledger: Ledger, fault: str) -> None:
    """Faults of the tables themselves."""
    if fault == "no_unique_epoch":
        with ledger.database.write() as connection:
            one_epoch.drop(connection)
            connection.execute(text("ALTER TABLE metric RENAME TO kept"))  # its key would be a second guard
            connection.execute(
                text("CREATE TABLE metric (experiment TEXT, name TEXT, step BIGINT, value DOUBLE PRECISION)")
            )


def _no_fence() -> None:
    renew = leases.Leases.renew

    def renew_always(*arguments: Any, **named: Any) -> Orders:
        return renew(*arguments, **named) or Orders(is_cancel=False, is_pause=False)

    replace(journal, "same_attempt", lambda _attempt: true())
    replace(leases.Leases, "renew", renew_always)


def _deaf() -> None:
    renew = leases.Leases.renew

    def renew_deafly(*arguments: Any, **named: Any) -> Orders | None:
        return renew(*arguments, **named) and Orders(is_cancel=False, is_pause=False)

    replace(leases.Leases, "renew", renew_deafly)


def _claim_from(*more: str) -> Callable[[], None]:
    """A claim, of one experiment or of the next one, that also starts at states where somebody else has the say."""

    def plant() -> None:
        way = ARROWS[Arrow.CLAIM]
        wider = Way(way.sources | {state for state in _states() if state in more}, way.target)
        replace(journal, "ARROWS", {**ARROWS, Arrow.CLAIM: wider})
        query = select(experiment.c.id).where(experiment.c.state.in_(sorted(wider.sources))).limit(1)
        replace(leases, "find_next", lambda connection, **_: connection.execute(query).scalar_one_or_none())

    return plant


def _states() -> set[Any]:
    return {state for way in ARROWS.values() for state in (*way.sources, way.target)}


def _skip_pass_step(name: str) -> Callable[[], None]:
    return lambda: replace(housekeeping._Pass, name, lambda *_, **__: None)


def _unsynced() -> None:
    options = f"{database._POSTGRES_OPTIONS} -c synchronous_commit=off"
    replace(database, "_POSTGRES_OPTIONS", options)


IN_EVERY_PROCESS: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "claim_paused": _claim_from("paused"),
        "claim_twice": _claim_from("starting", "running"),
        "deaf": _deaf,
        "no_fence": _no_fence,
        "no_reaper": _skip_pass_step("reap"),
        "no_relay": _skip_pass_step("relay"),
        "no_second_look": lambda: replace(housekeeping, "SECOND_LOOK_S", 0),
        "unsynced": _unsynced,
    }
)


def plant(fault: str, *, more: Mapping[str, Callable[[], None]]) -> None:
    """Plant a fault that any process has, or one of its own (`more`); the ones of other processes are passed over.

    Raises:
        ValueError: the lab knows no such fault.
    """
    if fault and fault not in KNOWN:
        raise ValueError(f"the lab knows no fault {fault!r}")
    for plants in (IN_EVERY_PROCESS, more):
        if fault in plants:
            plants[fault]()
