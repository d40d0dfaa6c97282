"""A pipeline that does one bad deed: what an app may do to the platform, and the platform must survive."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict

from azuraforge_lab.results import make_results
from azuraforge_learner.pipelines.base import (
    EpochReport,
    Pipeline,
    PipelineResult,
    ProducedFile,
    TrainingContext,
)
from azuraforge_learner.pipelines.errors import DataRefused


class Deed(StrEnum):
    """What to do."""

    ALLOCATE = "allocate"
    DATA_ERROR = "data_error"
    DISOBEY = "disobey"
    ENVIRONMENT = "environment"
    EXIT_0 = "exit_0"
    EXIT_3 = "exit_3"
    FLOOD = "flood"
    GARBAGE = "garbage"
    HUGE_LINE = "huge_line"
    LEAVE_FOLDER = "leave_folder"
    LIE = "lie"
    NAN_EPOCH = "nan_epoch"
    NO_RESULTS = "no_results"
    RAISE = "raise"
    SKIP_EPOCH = "skip_epoch"
    SYS_EXIT = "sys_exit"
    WRONG_ORDER = "wrong_order"


class HostileConfig(BaseModel):
    """The deed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deed: Deed = Deed.RAISE
    seed: int = 0


class Hostile(Pipeline):
    """Does its deed."""

    name: ClassVar[str] = "lab_hostile"
    version: ClassVar[str] = "1"
    task: ClassVar[str] = "regression"
    title: ClassVar[Mapping[str, str]] = {"tr": "Düşman", "en": "Hostile"}
    description: ClassVar[Mapping[str, str]] = {"tr": "Kötülük yapar.", "en": "Does bad things."}
    Config: ClassVar[type[BaseModel]] = HostileConfig

    config: HostileConfig

    def run(self, context: TrainingContext) -> PipelineResult:
        """Do it; deeds that leave the process alive end with ordinary results."""
        DEEDS[self.config.deed](context)
        report = context.folder / "out" / "environment.json"
        report.write_text(json.dumps(dict(os.environ)), encoding="utf-8")
        config = self.config.model_dump(mode="json")
        results = make_results(pipeline=self.name, config=config, loss=0.5, baseline=1.0, weights="")
        if self.config.deed is Deed.NO_RESULTS:
            results = {"format": "azf.results/1"}
        return PipelineResult(results, [ProducedFile(report, "environment.json", "report", "application/json")])


def one_epoch(context: TrainingContext, *, epoch: int = 1, loss: float = 0.5) -> None:
    """Report an epoch like everybody else."""
    context.epoch(EpochReport(epoch=epoch, epochs=3, metrics={"loss": loss}, seconds=0.01))


def up_pipe() -> int:
    """The pipe that only the trainer's own code should use."""
    return int(sys.argv[sys.argv.index("--up") + 1])


def allocate(context: TrainingContext) -> None:
    """Ask for more memory than there is; the limit keeps the test machine out of it."""
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    kept = []
    while True:
        kept.append(bytearray(2**26))


def disobey(context: TrainingContext) -> NoReturn:
    """Ignore every order and signal, with a child in the group and one that has left it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep = [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    ]
    subprocess.Popen(sleep)
    subprocess.Popen(sleep, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
    one_epoch(context)
    while True:
        time.sleep(1.0)


def speak(context: TrainingContext, *lines: dict[str, Any]) -> None:
    """Lines past the context, numbered as the link would: logs are told on the same pipe meanwhile."""
    link: Any = context._link  # type: ignore[attr-defined]
    with link._speaking:
        numbered = [{"n": link._count + place, **line} for place, line in enumerate(lines, start=1)]
        os.write(up_pipe(), b"".join(json.dumps(line).encode() + b"\n" for line in numbered))
        link._count += len(lines)


def flood(context: TrainingContext) -> None:
    """Twenty thousand batch lines past the context, which would have merged them."""
    for line in range(20_000):
        data = {"epoch": 1, "epochs": 1, "batch": line, "batches": 20_000, "loss": 0.5}
        speak(context, {"type": "batch", "data": data})


def garbage(context: TrainingContext) -> None:
    """Bytes that are no line."""
    os.write(up_pipe(), b"\xff\xfe{]nonsense\n")
    time.sleep(60.0)


def huge_line(context: TrainingContext) -> None:
    """A line without end."""
    for _ in range(100):
        os.write(up_pipe(), b"x" * 4096)
    time.sleep(60.0)


def leave_folder(context: TrainingContext) -> None:
    """Offer a file that is not the experiment's."""
    data = {
        "path": "../../../../etc/passwd",
        "name": "x",
        "kind": "x",
        "media_type": "text/plain",
        "sha256": "0",
        "bytes": 1,
    }
    speak(context, {"type": "artifact", "data": data})
    time.sleep(60.0)


def lie(context: TrainingContext) -> None:
    """Report a file with a hash that it does not have."""
    (context.folder / "out" / "lie.txt").write_text("one thing", encoding="utf-8")
    data = {
        "path": "out/lie.txt",
        "name": "lie.txt",
        "kind": "x",
        "media_type": "text/plain",
        "sha256": "0" * 64,
        "bytes": 9,
    }
    speak(context, {"type": "artifact", "data": data})


def refuse_data(context: TrainingContext) -> NoReturn:
    """Fail as a good pipeline fails."""
    raise DataRefused("The file has no rows.", hint="Choose another file.", pointer="/source/csv")


def fail(context: TrainingContext) -> NoReturn:
    """Fail as a buggy pipeline fails."""
    raise ZeroDivisionError("a bug in the app")


def wrong_order(context: TrainingContext) -> None:
    """Speak after the last word."""
    speak(context, {"type": "finished"}, {"type": "finished"})
    time.sleep(60.0)


def nothing(context: TrainingContext) -> None:
    """Behave."""


DEEDS: Mapping[Deed, Callable[[TrainingContext], None]] = {
    Deed.ALLOCATE: allocate,
    Deed.DATA_ERROR: refuse_data,
    Deed.DISOBEY: disobey,
    Deed.ENVIRONMENT: nothing,
    Deed.EXIT_0: lambda _: os._exit(0),
    Deed.EXIT_3: lambda _: os._exit(3),
    Deed.FLOOD: flood,
    Deed.GARBAGE: garbage,
    Deed.HUGE_LINE: huge_line,
    Deed.LEAVE_FOLDER: leave_folder,
    Deed.LIE: lie,
    Deed.NAN_EPOCH: lambda context: one_epoch(context, loss=float("nan")),
    Deed.NO_RESULTS: nothing,
    Deed.RAISE: fail,
    Deed.SKIP_EPOCH: lambda context: one_epoch(context, epoch=3),
    Deed.SYS_EXIT: lambda _: sys.exit("enough"),
    Deed.WRONG_ORDER: wrong_order,
}


def describe(deed: Deed) -> dict[str, Any]:
    """The config of a deed."""
    return HostileConfig(deed=deed).model_dump(mode="json")
