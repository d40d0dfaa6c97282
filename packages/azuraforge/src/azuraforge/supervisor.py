"""One parent and its services: starts them, starts them again when they crash, stops them in order.

Single-threaded: signals only write a byte to a pipe on which the loop waits, so no handler ever interrupts a step.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from azuraforge.processes import Plan, end_descendants, reap_orphans, spawn

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
HEALTHY_AFTER_S = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Service:
    """A plan and what became of it."""

    plan: Plan
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    crashes: int = 0
    """In a row; forgotten after `HEALTHY_AFTER_S` without one."""
    restart_at: float | None = None
    log_start: int = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.process.pid if self.process is not None else None


@dataclass(frozen=True)
class Crash:
    """A service ended although nobody asked it to."""

    service: Service
    status: int
    again_in_s: float


def end_everything_below() -> None:
    """Kill and collect whatever this process has started, whoever started it here."""
    end_descendants(os.getpid())
    reap_orphans(set())


@dataclass
class Supervisor:
    """Holds the services in the order in which they are started; they are stopped in the opposite one."""

    on_crash: Callable[[Crash], None]
    on_spawn: Callable[[int], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sweep: Callable[[], None] = end_everything_below
    """What a stop ends with; a process that has other children than these services passes its own."""
    services: list[Service] = field(default_factory=list)
    companions: list[subprocess.Popen[bytes]] = field(default_factory=list)
    """Children that end by themselves and are not started again; they go first when everything stops."""
    stop_requests: int = 0
    _wakeup: int = -1

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Turn stop signals and the end of children into bytes on the pipe that `wait` listens to."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        before = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        for number in STOP_SIGNALS:
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        old = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._wakeup = reader
        try:
            yield
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._wakeup = -1
            os.close(reader)
            os.close(writer)

    def _ask_to_stop(self, *_: object) -> None:
        self.stop_requests += 1

    def start(self, plan: Plan) -> Service:
        """Start a service and keep it alive from now on."""
        service = Service(plan)
        self.services.append(service)
        self._spawn(service)
        return service

    def _spawn(self, service: Service) -> None:
        service.log_start = service.plan.log.stat().st_size if service.plan.log.exists() else 0
        service.process = spawn(service.plan)
        service.started_at = self.clock()
        service.restart_at = None
        self.on_spawn(service.process.pid)

    def wait(self, timeout_s: float) -> None:
        """Sleep until a signal, a due restart or the timeout; then look after the services once."""
        due = [service.restart_at for service in self.services if service.restart_at is not None]
        for moment in due:
            timeout_s = min(timeout_s, max(0.0, moment - self.clock()))
        with contextlib.suppress(InterruptedError):
            ready, _, _ = select.select([self._wakeup], [], [], timeout_s)
            if ready:
                os.read(self._wakeup, 4096)
        self.look_after()

    def look_after(self) -> None:
        """Notice what ended and start again what is due."""
        now = self.clock()
        for service in self.services:
            status = service.process.poll() if service.process is not None else None
            if status is not None:
                self._note_crash(service, status=status, now=now)
            elif service.restart_at is not None and now >= service.restart_at and not self.stop_requests:
                self._spawn(service)
        for companion in self.companions:
            companion.poll()
        known = {service.pid for service in self.services if service.pid is not None}
        reap_orphans(known | {companion.pid for companion in self.companions})

    def _note_crash(self, service: Service, *, status: int, now: float) -> None:
        service.process = None
        if now - service.started_at > HEALTHY_AFTER_S:
            service.crashes = 0
        delay = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2**service.crashes)
        service.crashes += 1
        service.restart_at = now + delay
        if not self.stop_requests:
            self.on_crash(Crash(service, status, delay))

    def stop(self, *, requests: int) -> None:
        """Stop every service, last started first; whatever is still there afterwards is killed.

        `requests` is what `stop_requests` was when stopping began. One more takes away the patience with every
        service, also with those whose turn has not come yet, and also if it came before this call.
        """
        for companion in self.companions:
            if companion.poll() is None:
                companion.terminate()
        for service in reversed(self.services):
            service.restart_at = None
            self._stop(service, requests=requests)
        self.sweep()

    def _stop(self, service: Service, *, requests: int) -> None:
        process = service.process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        deadline = self.clock() + service.plan.stop_within_s
        while process.poll() is None and self.clock() < deadline and self.stop_requests <= requests:
            self._pause(deadline - self.clock())
        if process.poll() is None:
            end_descendants(process.pid)
            process.kill()
            process.wait()

    def _pause(self, timeout_s: float) -> None:
        with contextlib.suppress(InterruptedError):
            ready, _, _ = select.select([self._wakeup], [], [], min(timeout_s, 0.1))
            if ready:
                os.read(self._wakeup, 4096)
