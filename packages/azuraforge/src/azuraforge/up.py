"""`azuraforge up`: the broker, the API and the worker under one parent and one data folder.

This process lives as long as the platform, so it imports the standard library only; what needs more (the welcome with
the sample experiment) runs in a child that ends.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from azuraforge import readiness
from azuraforge.broker import BrokerSilent, ping_broker
from azuraforge.errors import (
    AlreadyRunning,
    BrokerMissing,
    CommandError,
    ExitStatus,
    PortTaken,
    ServiceFailed,
)
from azuraforge.folder_lock import FolderTaken, take_lock
from azuraforge.home import Home, find_server, prepare_home, read_owner_key, remove_server, write_server
from azuraforge.listening import check_listening, find_certificate, find_public_url
from azuraforge.locales import Texts
from azuraforge.processes import (
    Plan,
    adopt_orphans,
    can_bind_children,
    death_signal,
    keep_log_small,
    last_sentence,
    log_tail,
)
from azuraforge.supervisor import Crash, Service, Supervisor
from azuraforge.valkey import explain_end, find_binary, plan_valkey
from azuraforge.watchdog import Watchdog

READY_WITHIN_S = 120.0
WORKER_WITHIN_S = 20.0
GIVE_UP_AFTER_CRASHES = 3
POLL_S = 0.05
WORKER_POLL_S = 0.1


@dataclass(frozen=True)
class Patience:
    """How long each may take to stop before it is killed: together below the ten seconds that a user waits."""

    worker_s: float = 6.0
    api_s: float = 2.0
    valkey_s: float = 1.0

    @property
    def together_s(self) -> float:
        """What a platform takes to stop that ignores every request."""
        return self.worker_s + self.api_s + self.valkey_s


@dataclass(frozen=True)
class Commands:
    """What is started; tests put small programs of their own here."""

    api: tuple[str, ...] = (sys.executable, "-m", "azuraforge_api")
    worker: tuple[str, ...] = (sys.executable, "-m", "azuraforge_worker")
    welcome: tuple[str, ...] = (sys.executable, "-m", "azuraforge.welcome")


@dataclass(frozen=True)
class UpOptions:
    """What `azuraforge up` was asked for."""

    home: Home
    host: str = "127.0.0.1"
    port: int = 8620
    welcome: tuple[str, ...] = ()
    """Arguments that the welcome gets besides the address."""
    is_quiet: bool = False
    commands: Commands = field(default_factory=Commands)
    patience: Patience = field(default_factory=Patience)


def run_up(options: UpOptions, *, environ: Mapping[str, str], texts: Texts, say: Callable[[str], None]) -> ExitStatus:
    """Start everything, keep it running until a signal asks to stop, and leave no process behind.

    Raises:
        CommandError: it cannot start; one sentence says why and what to do.
    """
    check_listening(options.host, environ=environ, texts=texts)
    prepare_home(options.home, texts=texts)
    home_lock = _take_home(options.home, texts=texts)
    try:
        with ExitStack() as stack:
            platform = _Platform(options, environ=environ, texts=texts, say=say, home_lock=home_lock)
            stack.enter_context(platform.supervisor.signals())
            adopt_orphans()
            stack.callback(platform.stop)
            return platform.run()
    finally:
        os.close(home_lock)


def _take_home(home: Home, *, texts: Texts) -> int:
    try:
        return take_lock(home.lock)
    except FolderTaken as taken:
        note = find_server(home)
        pid = taken.pid or "?"
        if note is not None and note.is_alive:
            message = texts("already_running_at", home=home.root, url=note.url, pid=pid)
        else:
            message = texts("already_running", home=home.root, pid=pid)
        raise AlreadyRunning(message, remedy=texts("already_running_remedy")) from taken


def choose_port(host: str, *, port: int, texts: Texts) -> int:
    """`port` if it can be bound, or a free one for 0.

    Raises:
        PortTaken: somebody else listens there, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            return int(probe.getsockname()[1])
    except OSError as error:
        import errno  # noqa: PLC0415 - a name in an error path

        if error.errno == errno.EADDRINUSE:
            raise PortTaken(texts("port_taken", host=host, port=port), remedy=texts("port_remedy")) from error
        reason = error.strerror or error
        raise PortTaken(
            texts("port_unusable", host=host, port=port, reason=reason), remedy=texts("port_remedy")
        ) from error


class _Platform:
    """One run: what was started and in which order."""

    def __init__(
        self,
        options: UpOptions,
        *,
        environ: Mapping[str, str],
        texts: Texts,
        say: Callable[[str], None],
        home_lock: int,
    ) -> None:
        self.options, self.texts, self.say = options, texts, say
        self.home = options.home
        self.home_lock = home_lock
        self.started_at = time.monotonic()
        self.port = choose_port(options.host, port=options.port, texts=texts)
        self.certificate = find_certificate(environ)
        self.url = readiness.address(options.host, port=self.port, is_https=self.certificate is not None)
        self.environ = {**environ, "AZURAFORGE_HOME": str(self.home.root)}
        self.environ |= {"AZURAFORGE_HOST": options.host, "AZURAFORGE_PORT": str(self.port)}
        self.environ.setdefault("AZURAFORGE_STOP_GRACE_S", str(options.patience.worker_s - 1))
        self.watchdog = None if can_bind_children() else Watchdog()
        watch = self.watchdog.watch if self.watchdog is not None else lambda _: None
        self.supervisor = Supervisor(on_crash=self._tell_crash, on_spawn=watch)
        self.is_ready = False

    def run(self) -> ExitStatus:
        """From nothing to ready, then until the end."""
        if not self.options.is_quiet:
            self.say(self.texts("starting", home=self.home.root))
        self._start_broker()
        lock, commands, patience = (self.home_lock,), self.options.commands, self.options.patience
        self.supervisor.start(self._plan("api", commands.api, stop_within_s=patience.api_s, locks=lock))
        self.supervisor.start(self._plan("worker", commands.worker, stop_within_s=patience.worker_s, locks=lock))
        if self._wait_until_ready():
            self._welcome()
        while not self.supervisor.stop_requests:
            self.supervisor.wait(60.0)
        return ExitStatus.DONE

    def stop(self) -> None:
        """Everything ends, whatever the reason."""
        requests = self.supervisor.stop_requests  # counted first: whoever reads "Stopping" may already ask again
        if requests and not self.options.is_quiet:
            self.say(self.texts("stopping"))
        self.supervisor.stop(requests=requests)
        if self.watchdog is not None:
            self.watchdog.close()
        remove_server(self.home)
        if self.is_ready and not self.options.is_quiet:
            self.say(self.texts("stopped", home=self.home.root))

    def _plan(
        self,
        name: str,
        command: tuple[str, ...],
        *,
        stop_within_s: float,
        locks: tuple[int, ...] = (),
        stdin: bytes = b"",
    ) -> Plan:
        log = self.home.logs / f"{name}.log"
        keep_log_small(log)
        return Plan(name, command, self.environ, log, stop_within_s, stdin=stdin, descriptors=locks)

    def _start_broker(self) -> None:
        named = readiness.find_setting(self.environ, "REDIS_URL")
        if named is not None:
            try:
                ping_broker(named)
            except BrokerSilent as silent:
                raise BrokerMissing(
                    self.texts("broker_unreachable", reason=silent), remedy=self.texts("broker_unreachable_remedy")
                ) from silent
            return
        binary = find_binary(self.environ, texts=self.texts)
        plan = plan_valkey(self.home.valkey, binary=binary, texts=self.texts)
        patience_s = self.options.patience.valkey_s
        service = self.supervisor.start(
            self._plan("valkey", tuple(plan.command), stop_within_s=patience_s, locks=(plan.lock,), stdin=plan.settings)
        )
        self.environ["AZURAFORGE_REDIS_URL"] = plan.url
        self._wait_for_broker(service, url=plan.url)

    def _wait_for_broker(self, service: Service, *, url: str) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.supervisor.stop_requests:
            try:
                ping_broker(url)
                return
            except BrokerSilent as silent:
                if service.crashes:
                    said = log_tail(service.plan.log, since=service.log_start)
                    raise explain_end(said, folder=self.home.valkey, texts=self.texts) from silent
                if time.monotonic() > deadline:
                    raise self._too_late() from silent
            self.supervisor.wait(0.01)

    def _wait_until_ready(self) -> bool:
        """True when the API and a worker answer; False when a signal came first."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not readiness.is_api_ready(self.url, certificate=self.certificate):
            if self.supervisor.stop_requests:
                return False
            self._give_up_on_crashes()
            if time.monotonic() > deadline:
                raise self._too_late()
            self.supervisor.wait(POLL_S)
        key = read_owner_key(self.home, self.environ)
        patience = time.monotonic() + WORKER_WITHIN_S
        while not readiness.has_worker(self.url, key=key, certificate=self.certificate):
            if self.supervisor.stop_requests:
                return False
            self._give_up_on_crashes()
            if time.monotonic() > patience:
                self.say(self.texts("no_worker", log=self.home.logs / "worker.log"))
                break
            self.supervisor.wait(WORKER_POLL_S)
        # A certificate is made for the public name: under another address every client would refuse it.
        public = find_public_url(self.environ) if self.certificate is not None else None
        write_server(self.home, url=public or self.url)
        self.is_ready = True
        return True

    def _give_up_on_crashes(self) -> None:
        for service in self.supervisor.services:
            if service.crashes >= GIVE_UP_AFTER_CRASHES:
                last = last_sentence(log_tail(service.plan.log, since=service.log_start))
                raise ServiceFailed(
                    self.texts("service_failed", name=service.plan.name, last=last or self.texts("no_output")),
                    remedy=self.texts("service_failed_remedy", log=service.plan.log),
                )

    def _too_late(self) -> CommandError:
        return ServiceFailed(
            self.texts("not_ready", seconds=f"{READY_WITHIN_S:.0f}"),
            remedy=self.texts("service_failed_remedy", log=self.home.logs),
        )

    def _welcome(self) -> None:
        """Print the address and train the sample in a child that shares the terminal and its Ctrl-C."""
        seconds = time.monotonic() - self.started_at
        command = [*self.options.commands.welcome, *self.options.welcome, "--seconds", f"{seconds:.1f}"]
        process = subprocess.Popen(command, env=self.environ, preexec_fn=death_signal())  # noqa: PLW1509
        self.supervisor.companions.append(process)

    def _tell_crash(self, crash: Crash) -> None:
        if not self.is_ready:
            return  # a start that does not succeed ends with one sentence of its own
        if crash.status < 0:
            how = self.texts("signal", name=signal.Signals(-crash.status).name)
        else:
            how = self.texts("status", number=crash.status)
        plan = crash.service.plan
        self.say(self.texts("service_crashed", name=plan.name, how=how, seconds=f"{crash.again_in_s:g}", log=plan.log))
