"""From a job file to an exit code: find the pipeline, check its config, choose the device, train, hand over."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import platform
import signal
import traceback
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from azuraforge_contracts import ExitCode, Job, LineType, OrderType, ReadyReport, WarningCode
from azuraforge_core import keep_freed_memory
from azuraforge_core.device import DeviceChoice, choose_device, start_device
from azuraforge_learner.pipelines.base import Pipeline, StopReason, TrainingStopped
from azuraforge_worker.discovery import find_pipeline
from azuraforge_worker.last_words import FailedWord, FinishedWord, StoppedWord
from azuraforge_worker.trainer.context import PipeContext
from azuraforge_worker.trainer.failures import describe_failure, describe_refused_config
from azuraforge_worker.trainer.link import SupervisorLink
from azuraforge_worker.trainer.log_lines import OWN_LOGGER, LogLines
from azuraforge_worker.trainer.output import hand_over
from azuraforge_worker.trainer.provenance import find_provenance

REPORTED_PACKAGES: Final = ("azuraforge-core", "azuraforge-learner", "numpy")
LAST_LINES: Final = {
    FinishedWord: LineType.FINISHED,
    FailedWord: LineType.FAILED,
    StoppedWord: LineType.STOPPED,
}
log = logging.getLogger(OWN_LOGGER)


def train(job_path: Path, *, up_fd: int, down_fd: int) -> ExitCode:
    """Run one job to its end; whatever it ends with has been said to the supervisor."""
    link = SupervisorLink(up_fd=up_fd, down_fd=down_fd)
    _stop_on_signals(link)
    logs = LogLines(link)
    logs.start()
    job = Job.model_validate_json(job_path.read_bytes())
    word: FinishedWord | FailedWord | StoppedWord
    try:
        word = _train(job, link=link)
        code = ExitCode.FINISHED if isinstance(word, FinishedWord) else ExitCode.FAILED
    except TrainingStopped as stop:
        word, code = StoppedWord(reason=OrderType(stop.reason.value)), ExitCode.STOPPED
    except BaseException as error:  # noqa: BLE001 - whatever an app raises is its experiment's end, said in a line
        _write_traceback()
        word, code = describe_failure(error), ExitCode.FAILED
    logs.finish()
    link.say(LAST_LINES[type(word)], word)
    return code


def _train(job: Job, *, link: SupervisorLink) -> FinishedWord | FailedWord:
    pipeline = find_pipeline(job.pipeline)
    try:
        config = pipeline.Config.model_validate(job.config)
    except ValidationError as error:
        _write_traceback()
        return describe_refused_config(error, config=dict(job.config))
    choice = choose_device(os.environ)
    start_device(choice, os.environ)
    keep_freed_memory()
    ready = _ready(job, pipeline=pipeline, config=config, choice=choice)
    link.say(LineType.READY, ready)
    folder = Path(job.folder)
    resume_from = Path(job.resume_from) if job.resume_from else None
    context = PipeContext(
        link, folder=folder, resume_from=resume_from, device=choice.device, provenance=ready.provenance
    )
    goes_on = f", goes on after epoch {job.resumed_epoch}" if resume_from else ""
    log.info("%s %s on %s, %d threads%s", job.pipeline, pipeline.version, choice.device.value, job.threads, goes_on)
    if choice.is_fallback:
        context.warn(WarningCode.DEVICE_FALLBACK, choice.reason)
    result = pipeline(config).run(context)
    known = {"task_id": job.task_id, "provenance": context.provenance}
    hand_over(result, link=link, folder=folder, known=known)
    return FinishedWord(epochs_run=context.epochs_run)


def _write_traceback() -> None:
    with contextlib.suppress(OSError):  # the private log may be on the full disk that is the very failure
        traceback.print_exc()


def _stop_on_signals(link: SupervisorLink) -> None:
    """A service manager may send SIGTERM to every process at once: checkpoint and stop as if the worker had asked."""
    signal.signal(signal.SIGTERM, lambda *_: link.request_stop(StopReason.PAUSE))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _ready(job: Job, *, pipeline: type[Pipeline], config: BaseModel, choice: DeviceChoice) -> ReadyReport:
    versions = {name: importlib.metadata.version(name) for name in REPORTED_PACKAGES}
    seed = _find_seed(config)
    return ReadyReport(
        device=choice.device.value,
        device_reason=choice.reason,
        resumed_epoch=job.resumed_epoch,
        pipeline_version=pipeline.version,
        seed=seed,
        environment={"python": platform.python_version(), "threads": str(job.threads), **versions},
        provenance=find_provenance(job, pipeline=pipeline, seed=seed, choice=choice),
    )


def _find_seed(config: BaseModel) -> int | None:
    """The config's `seed`, or its `training.seed`."""
    for holder in (config, getattr(config, "training", None)):
        seed = getattr(holder, "seed", None)
        if isinstance(seed, int):
            return seed
    return None
