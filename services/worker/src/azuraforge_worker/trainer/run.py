"""From a job file to an exit code: find the pipeline, check its config, choose the device, train, hand over."""

from __future__ import annotations

import importlib.metadata
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
from azuraforge_worker.trainer.output import hand_over

REPORTED_PACKAGES: Final = ("azuraforge-core", "azuraforge-learner", "numpy")


def train(job_path: Path, *, up_fd: int, down_fd: int) -> ExitCode:
    """Run one job to its end; whatever it ends with has been said to the supervisor."""
    link = SupervisorLink(up_fd=up_fd, down_fd=down_fd)
    _stop_on_signals(link)
    job = Job.model_validate_json(job_path.read_bytes())
    try:
        return _train(job, link=link)
    except TrainingStopped as stop:
        link.say(LineType.STOPPED, StoppedWord(reason=OrderType(stop.reason.value)))
        return ExitCode.STOPPED
    except BaseException as error:  # noqa: BLE001 - whatever an app raises is its experiment's end, said in a line
        return _fail(describe_failure(error), link=link)


def _train(job: Job, *, link: SupervisorLink) -> ExitCode:
    pipeline = find_pipeline(job.pipeline)
    try:
        config = pipeline.Config.model_validate(job.config)
    except ValidationError as error:
        return _fail(describe_refused_config(error, config=dict(job.config)), link=link)
    choice = choose_device(os.environ)
    start_device(choice, os.environ)
    keep_freed_memory()
    link.say(LineType.READY, _ready(job, pipeline=pipeline, config=config, choice=choice))
    folder = Path(job.folder)
    resume_from = Path(job.resume_from) if job.resume_from else None
    context = PipeContext(link, folder=folder, resume_from=resume_from, device=choice.device)
    if choice.is_fallback:
        context.warn(WarningCode.DEVICE_FALLBACK, choice.reason)
    result = pipeline(config).run(context)
    hand_over(result, link=link, folder=folder, task_id=job.task_id)
    link.say(LineType.FINISHED, FinishedWord(epochs_run=context.epochs_run))
    return ExitCode.FINISHED


def _fail(word: FailedWord, *, link: SupervisorLink) -> ExitCode:
    traceback.print_exc()
    link.say(LineType.FAILED, word)
    return ExitCode.FAILED


def _stop_on_signals(link: SupervisorLink) -> None:
    """A service manager may send SIGTERM to every process at once: checkpoint and stop as if the worker had asked."""
    signal.signal(signal.SIGTERM, lambda *_: link.request_stop(StopReason.PAUSE))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _ready(job: Job, *, pipeline: type[Pipeline], config: BaseModel, choice: DeviceChoice) -> ReadyReport:
    versions = {name: importlib.metadata.version(name) for name in REPORTED_PACKAGES}
    return ReadyReport(
        device=choice.device.value,
        device_reason=choice.reason,
        resumed_epoch=job.resumed_epoch,
        pipeline_version=pipeline.version,
        seed=_find_seed(config),
        environment={"python": platform.python_version(), "threads": str(job.threads), **versions},
    )


def _find_seed(config: BaseModel) -> int | None:
    """The config's `seed`, or its `training.seed`."""
    for holder in (config, getattr(config, "training", None)):
        seed = getattr(holder, "seed", None)
        if isinstance(seed, int):
            return seed
    return None
