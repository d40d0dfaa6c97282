"""Child processes that cannot outlive their parent, and the end of whole process trees."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

EXCEPTION_LINE = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*: (.+)")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Plan:
    """How one service is started, where its words go, and how long it may take to stop."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    stop_within_s: float
    stdin: bytes = b""
    descriptors: Sequence[int] = field(default=())
    """Inherited: locks that the service holds as long as it lives."""


def spawn(plan: Plan) -> subprocess.Popen[bytes]:
    """Start the service in a session of its own; the kernel kills it when this process dies, however it dies.

    Call it from the main thread only: Linux sends the death signal when the *thread* that made the child ends.

    Raises:
        OSError: the command cannot be run.
    """
    reader, writer = os.pipe()
    try:
        with plan.log.open("ab") as log:
            process = subprocess.Popen(
                list(plan.command),
                env=dict(plan.environ),
                stdin=reader,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(plan.descriptors),
                preexec_fn=death_signal(),  # noqa: PLW1509 - the parent is single-threaded
            )
        os.write(writer, plan.stdin)  # a few lines: they fit into the pipe
    finally:
        os.close(reader)
        os.close(writer)
    return process


def death_signal() -> Callable[[], None] | None:
    """What a new child does first: ask to be killed with its parent. None where the kernel has no such wish."""
    prctl = _find_prctl()
    if prctl is None:
        return None
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return ask


def adopt_orphans() -> None:
    """Make every orphaned grandchild a child of this process, so that none escapes `end_descendants` (Linux)."""
    prctl = _find_prctl()
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def can_bind_children() -> bool:
    """Whether the kernel ends children with their parent; elsewhere `azuraforge.watchdog` does."""
    return _find_prctl() is not None


def _find_prctl() -> Callable[[int, int, int, int, int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl: Callable[[int, int, int, int, int], int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


def reap_orphans(known: set[int]) -> None:
    """Collect ended children that are not in `known`: the adopted ones, which nobody else waits for."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in known:
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(ended.si_pid, os.WNOHANG)


def end_descendants(pid: int, *, keep: frozenset[int] = frozenset()) -> None:
    """Kill everything below `pid` (not `pid` itself), whatever session or group it moved to."""
    import psutil  # noqa: PLC0415 - 6 MB that the parent needs only while it stops

    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:  # a process may fork while it is being killed
        try:
            below = [one for one in psutil.Process(pid).children(recursive=True) if one.pid not in keep]
        except psutil.NoSuchProcess:
            return
        living = [one for one in below if _is_living(one)]
        for one in living:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        if not living:
            return
        psutil.wait_procs(living, timeout=0.2)


def _is_living(process: object) -> bool:
    import psutil  # noqa: PLC0415 - see end_descendants

    try:
        return isinstance(process, psutil.Process) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def log_tail(path: Path, *, since: int = 0, limit: int = 4000) -> str:
    """The last `limit` bytes that were written to a log after offset `since`."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(since, size - limit))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def last_sentence(said: str) -> str:
    """Why a service ended, out of its last words: the message after a traceback, else the last line."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    if "Traceback (most recent call last)" in said:
        raised = [found[1] for line in lines if (found := EXCEPTION_LINE.match(line))]
        if raised:
            return raised[-1]
    return lines[-1] if lines else ""


def keep_log_small(path: Path, *, limit: int = 10 * 1024**2) -> None:
    """Before a start: put a log over `limit` bytes aside as `.1`, replacing the one before."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > limit:
            path.replace(path.with_name(f"{path.name}.1"))
