"""How long a supervisor waits for services that do not stop, told by a clock that the test holds."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azuraforge.processes import Plan
from azuraforge.supervisor import Supervisor

from .conftest import wait_until

IGNORES = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
ASKS_AGAIN = "signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getppid(), signal.SIGINT))"
"""Answers the polite request as an impatient user would, so that the second request comes while the first is served."""

Make = Callable[[Callable[[], float]], Supervisor]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes supervisors whose services are killed when the test ends."""
    made: list[Supervisor] = []

    def make_one(clock: Callable[[], float]) -> Supervisor:
        made.append(Supervisor(on_crash=lambda _: None, clock=clock, sweep=lambda: None))  # pytest has other children
        return made[-1]

    yield make_one
    for service in itertools.chain.from_iterable(one.services for one in made):
        if service.process is not None and service.process.poll() is None:
            service.process.kill()
            service.process.wait()


def start(supervisor: Supervisor, folder: Path, *, answer: str = IGNORES, stop_within_s: float = 5.0) -> None:
    """Start a service that does not end when it is asked to, and return when it can be asked."""
    name = f"service-{len(supervisor.services)}"
    log = folder / f"{name}.log"
    code = f"import os, signal; {answer}; print('up', flush=True)\nwhile True: signal.pause()"
    environ = dict(os.environ)
    supervisor.start(Plan(name, [sys.executable, "-c", code], environ, log, stop_within_s=stop_within_s))
    wait_until(log.read_text)


def statuses(supervisor: Supervisor) -> list[int | None]:
    return [service.process.returncode if service.process else None for service in supervisor.services]


def test_a_request_while_the_first_is_served_ends_the_patience_with_every_service(make: Make, tmp_path: Path) -> None:
    supervisor = make(lambda: 0.0)  # no deadline ever passes: only the second request can end this
    start(supervisor, tmp_path)
    start(supervisor, tmp_path, answer=ASKS_AGAIN)

    with supervisor.signals():
        supervisor.stop(requests=0)

    assert statuses(supervisor) == [-signal.SIGKILL, -signal.SIGKILL]
    assert supervisor.stop_requests == 1


def test_a_request_between_the_first_one_and_the_stop_is_not_forgotten(make: Make, tmp_path: Path) -> None:
    supervisor = make(lambda: 0.0)
    start(supervisor, tmp_path)

    with supervisor.signals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        supervisor.stop(requests=1)

    assert statuses(supervisor) == [-signal.SIGKILL]


def test_every_service_gets_its_own_time_and_no_more(make: Make, tmp_path: Path) -> None:
    ticks = itertools.count()
    supervisor = make(lambda: float(next(ticks)))
    start(supervisor, tmp_path, stop_within_s=4.0)
    start(supervisor, tmp_path, stop_within_s=3.0)
    begun = next(ticks)

    with supervisor.signals():
        supervisor.stop(requests=0)

    assert statuses(supervisor) == [-signal.SIGKILL, -signal.SIGKILL]
    assert 7 <= next(ticks) - begun <= 12  # the clock moves by being read: twice a look, and once to begin


def test_a_stop_ends_with_the_sweep(tmp_path: Path) -> None:
    order: list[str] = []
    supervisor = Supervisor(on_crash=lambda _: None, sweep=lambda: order.append(str(statuses(supervisor))))
    start(supervisor, tmp_path, stop_within_s=0.0)

    with supervisor.signals():
        supervisor.stop(requests=0)

    assert order == [str([-signal.SIGKILL])]
