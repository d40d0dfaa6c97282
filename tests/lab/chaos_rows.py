"""The rows of lifecycle.md section 5 that are played with real processes: how often, and what must make each fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from own_postgres import OwnPostgres
from scenario import Scenario
from scenarios.cancels import cancel_the_cooperative, cancel_the_disobedient
from scenarios.damage import fill_the_disk, flip_bytes
from scenarios.deaths import miss_the_dead
from scenarios.gateways import kill_the_gateway
from scenarios.joins import join_late
from scenarios.kills import kill_trainings
from scenarios.logouts import sign_out
from scenarios.messages import repeat_and_forge
from scenarios.outages import lose_the_broker, lose_the_database
from scenarios.pauses import pause_under_kills
from scenarios.sleepers import sleep_past_the_lease, suspend_the_machine
from scenarios.storms import weather_a_storm

NEVER = "not within"
"""A thing that must happen did not."""
BOTH = ("sqlite", "postgres")
SQLITE = ("sqlite",)
POSTGRES = ("postgres",)


@dataclass(frozen=True)
class Row:
    """`full` is the figure of the page; `bite` is enough for each of `faults` to be found."""

    name: str
    goal: str
    scenario: Scenario | Callable[[OwnPostgres], Scenario]
    full: int
    bite: int
    faults: Mapping[str, str]
    """Each planted fault, and how what is found of it reads (a regular expression)."""
    databases: tuple[str, ...] = BOTH
    deadline_s: float = 120.0
    """Of one wait."""
    never_s: float = 30.0
    """The same for faults that are found because a thing never happens."""
    stops_database: bool = False


ROWS = (
    Row(
        "kills",
        "kill -9 of trainers and workers: all finish, I1–I7, CPU weights bit-equal",
        kill_trainings,
        full=100,
        bite=6,
        faults={
            "checkpoint_first": "epochs out of order|I3",
            "no_unique_epoch": "I3",
            "publish_first": "I7",
            "no_reaper": NEVER,
            "sweep_all": "ended as|weights|" + NEVER,
        },
    ),
    Row(
        "sleeper",
        "SIGSTOP longer than the lease: no stale write visible, at least one refused",
        sleep_past_the_lease,
        full=5,
        bite=1,
        faults={"no_fence": "I[57]", "no_kill_before": "I4"},
    ),
    Row(
        "suspend",
        "the whole machine sleeps longer than the lease: nothing is taken for dead",
        suspend_the_machine,
        full=3,
        bite=3,
        faults={"no_second_look": "counted as a crash"},
    ),
    Row(
        "gateway",
        "kill -9 of the API during POST and WebSocket: 0 accepted lost or doubled, every view whole",
        kill_the_gateway,
        full=20,
        bite=3,
        faults={"replay_skipped": "I7|" + NEVER, "no_idempotency": "the ledger holds"},
    ),
    Row(
        "broker",
        "Redis killed and flushed: 0 accepted lost, histories complete",
        lose_the_broker,
        full=5,
        bite=1,
        faults={"no_relay": NEVER},
    ),
    Row(
        "database",
        "PostgreSQL stopped at once: 0 accepted lost, histories complete",
        lose_the_database,
        full=5,
        bite=3,
        faults={"unsynced": "I7|ExperimentMissing"},
        databases=POSTGRES,
        stops_database=True,
    ),
    Row(
        "cancel",
        "cancel of a cooperative trainer: p99 < 6 s",
        cancel_the_cooperative,
        full=100,
        bite=1,
        faults={"deaf": NEVER},
        databases=SQLITE,
    ),
    Row(
        "disobedient",
        "cancel of one that ignores signals: dead with all its children < 30 s",
        cancel_the_disobedient,
        full=3,
        bite=1,
        faults={"group_only": "outlive"},
        databases=SQLITE,
        never_s=40.0,
    ),
    Row(
        "death",
        "dead worker: its experiment runs again < 45 s, its pipelines are gone < 35 s (SIGTERM < 2 s)",
        miss_the_dead,
        full=3,
        bite=1,
        faults={"no_reaper": NEVER, "no_expiry": NEVER, "no_goodbye": "left after|" + NEVER},
        never_s=60.0,
    ),
    Row(
        "messages",
        "repeated and forged messages: none starts anything",
        repeat_and_forge,
        full=20,
        bite=2,
        faults={"claim_twice": "I4|I5|S:|was started|" + NEVER},
    ),
    Row(
        "pause",
        "pause and resume under kills: at rest nothing runs, bit-equal",
        pause_under_kills,
        full=50,
        bite=3,
        faults={"claim_paused": "all the same|S:"},
    ),
    Row(
        "late-join",
        "late join at any moment, 1,000 random schedules: snapshot + stream = full history",
        join_late,
        full=1000,
        bite=40,
        faults={"joins_late": "", "hands_on_all": ""},
    ),
    Row(
        "hostile",
        "10,000 hostile requests per role (schemathesis + corpus): 0 × 5xx, 0 traces, 0 echoes of input",
        weather_a_storm,
        full=10_000,
        bite=300,
        faults={"breaks": "status 500"},
        databases=SQLITE,
    ),
    Row(
        "logout",
        "logout: its sockets closed < 1 s, in every API process",
        sign_out,
        full=5,
        bite=1,
        faults={"private_endings": "stayed open"},
        databases=SQLITE,
    ),
    Row(
        "flipped-byte",
        "one flipped byte in any artifact: never loaded, clear problem, old state intact",
        flip_bytes,
        full=100,
        bite=2,
        faults={"no_verify": "handed out damaged"},
        databases=SQLITE,
    ),
    Row(
        "disk-full",
        "disk full: old state intact, goes on when there is room, bit-equal",
        fill_the_disk,
        full=5,
        bite=1,
        faults={"no_retry": "failed for good"},
        databases=SQLITE,
    ),
)
