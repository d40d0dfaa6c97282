"""`make test`: every part of the tests, several at a time; `make test ONLY="core dashboard"` runs those parts.

A part is one command in a process group of its own. Parts start in the order of `parts()`, one more at a time than
there are cores, because some part always waits for a process or a socket. A part writes to its own log, which is
printed whole when it ends. The Python parts share no file, so no test is imported or collected twice.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workspace import DASHBOARD, ROOT, StepFailed, program, tool_environ

LOOK_S = 0.05
PATIENCE_S = 15.0
"""What interrupted parts get to stop their servers before they are killed."""
PYTHON = program("python")
COMPILED = ("oracle", "kernels")


@dataclass(frozen=True)
class Part:
    """One command, and the parts that must have ended before it starts."""

    name: str
    command: Sequence[str]
    after: Sequence[str] = ()
    cwd: Path = ROOT


@dataclass
class Running:
    """A part that runs."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path
    start: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Outcome:
    """How a part ended."""

    name: str
    is_good: bool
    seconds: float
    cpu_seconds: float
    """Of the part and of every process that it waited for."""


def parts(*, is_full: bool) -> list[Part]:
    """What runs: first what others wait for, then what takes longest."""

    def tests(name: str, *paths: str, after: Sequence[str] = COMPILED) -> Part:
        chosen = ("--hypothesis-profile", "full") if is_full else ("-m", "not slow")
        return Part(name, (PYTHON, "-m", "pytest", *chosen, *paths), after)

    return [
        Part("kernels", (PYTHON, "-m", "azuraforge_core.warmup")),
        Part("oracle", (PYTHON, "tools/install_oracle.py")),
        Part("api", (PYTHON, "tools/isolated_api.py")),
        tests("ledger", "packages/contracts", "packages/ledger", "packages/client", "tests/tools", after=()),
        tests("integration", "tests/integration"),
        tests("learner", "packages/learner", "apps", "tests/docs"),
        tests("platform", "packages/azuraforge", "services/worker"),
        tests("core", "packages/core", "tests/benchmarks"),
        tests("chaos", "tests/chaos"),
        tests("hostile", "tests/hostile", after=()),
        Part("dashboard", ("npm", "run", "--silent", "test"), cwd=DASHBOARD),
        Part("browser", (PYTHON, "tools/browser_tests.py"), ("kernels", "dashboard")),
    ]


def select(names: Collection[str], *, among: Sequence[Part]) -> list[Part]:
    """The parts called `names` and what they wait for, in the order of `among`; all of them without a name.

    Raises:
        StepFailed: no part has that name.
    """
    by_name = {part.name: part for part in among}
    if unknown := sorted(set(names) - set(by_name)):
        raise StepFailed(f"no part is called {', '.join(unknown)}; there are {', '.join(by_name)}.")
    wanted = set(names or by_name)
    wanted |= {needed for name in wanted for needed in by_name[name].after}
    return [part for part in among if part.name in wanted]


def run(chosen: Iterable[Part], *, at_once: int, logs: Path) -> list[Outcome]:
    """Run all of them, also after one has failed; when this is interrupted, nothing is left running."""
    waiting, running, outcomes = list(chosen), list[Running](), list[Outcome]()
    try:
        while waiting or running:
            unfinished = {part.name for part in waiting} | {one.part.name for one in running}
            free = [part for part in waiting if unfinished.isdisjoint(part.after)]
            for part in free[: at_once - len(running)]:
                waiting.remove(part)
                running.append(_start(part, logs / f"{part.name}.log"))
            time.sleep(LOOK_S)
            ended = {one.part.name: outcome for one in running if (outcome := _find_outcome(one))}
            running[:] = [one for one in running if one.part.name not in ended]
            outcomes += ended.values()
    finally:
        _stop(running)
    return outcomes


def _start(part: Part, log: Path) -> Running:
    print(f".. {part.name} writes to {log}", flush=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            part.command,
            cwd=part.cwd,
            env=tool_environ(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    return Running(part, process, log)


def _find_outcome(one: Running) -> Outcome | None:
    """How it ended, with its log printed; None while it runs."""
    ended, status, used = os.wait4(one.process.pid, os.WNOHANG)
    if not ended:
        return None
    one.process.returncode = os.waitstatus_to_exitcode(status)
    seconds, cpu_seconds = time.monotonic() - one.start, used.ru_utime + used.ru_stime
    outcome = Outcome(one.part.name, one.process.returncode == 0, seconds, cpu_seconds)
    print(f"\n== {outcome.name}\n{one.log.read_text(errors='replace')}{_line(outcome)}", flush=True)
    return outcome


def _stop(running: list[Running]) -> None:
    """Ask each group as Ctrl-C would, then end what is left of it."""
    for one in running:
        _signal(one, signal.SIGINT)
    deadline = time.monotonic() + PATIENCE_S
    for one in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.process.wait(max(0.0, deadline - time.monotonic()))
        _signal(one, signal.SIGKILL)
        one.process.wait()
        print(f"\n== {one.part.name}\n{one.log.read_text(errors='replace')}interrupted", flush=True)


def _signal(one: Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(one.process.pid, number)


def _line(outcome: Outcome) -> str:
    word = "ok    " if outcome.is_good else "FAILED"
    return f"{word} {outcome.seconds:6.1f} s, {outcome.cpu_seconds:6.1f} s of CPU  {outcome.name}"


def main(arguments: list[str]) -> int:
    """Run the parts that are named, or all; 1 if one has failed, 2 for a name that is none, 130 when interrupted."""
    start = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        names = [word for word in arguments if word != "--full"]
        chosen = select(names, among=parts(is_full="--full" in arguments))
        with tempfile.TemporaryDirectory(prefix="azf-tests-") as logs:
            outcomes = run(chosen, at_once=(os.cpu_count() or 1) + 1, logs=Path(logs))
    except StepFailed as failure:
        print(f"run_tests: {failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print("\n== summary")
    print("\n".join(_line(outcome) for outcome in outcomes))
    print(f"{sum(outcome.cpu_seconds for outcome in outcomes):.0f} s of CPU in {time.monotonic() - start:.0f} s")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
