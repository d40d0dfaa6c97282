"""What live workers announce: the pipelines that can be run, and the apps that could not be loaded."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from azuraforge_contracts.errors import FieldProblem
from azuraforge_contracts.message import Localized, Message


class FieldPresentation(Message):
    """Value of the `x-azf` keyword of a config field: how a form shows it."""

    title: Localized
    help: Localized | None = None
    unit: str = ""
    is_advanced: bool = False
    choices: dict[str, Localized] = Field(default_factory=dict)
    """Labels of enum values (or of the discriminator values of a union)."""


class PipelineManifest(Message):
    """One pipeline: its name, its words and the JSON Schema (2020-12) of its config, defaults included."""

    name: str
    version: str
    app: str
    title: Localized
    description: Localized
    task: str
    """Kind of learning problem, such as `time_series`."""
    config_schema: dict[str, JsonValue]
    defaults: dict[str, JsonValue]
    sample: dict[str, JsonValue] = Field(default_factory=dict)
    """A config that trains in seconds on data that needs no network: what `azuraforge demo` runs."""


class BrokenApp(Message):
    """An app that could not be loaded; the others are offered all the same."""

    entry_point: str
    error: str
    hint: str = ""


class WorkerAnnouncement(Message):
    """What one worker process can do, refreshed while it lives."""

    v: int = 1
    worker_id: str
    host: str
    pid: int
    started_at: str
    version: str
    device: str = "cpu"
    device_reason: str = ""
    capacity: int = 1
    busy: int = 0
    pipelines: list[PipelineManifest] = Field(default_factory=list)
    broken: list[BrokenApp] = Field(default_factory=list)


class WorkerRead(Message):
    """A live worker as the dashboard lists it: its announcement without the schemas."""

    worker_id: str
    host: str
    started_at: str
    version: str
    device: str = "cpu"
    device_reason: str = ""
    capacity: int = 1
    busy: int = 0
    pipelines: list[str] = Field(default_factory=list)
    """Names of the pipelines it offers."""


class Catalog(Message):
    """All live workers' announcements merged: `GET /api/v1/pipelines`."""

    pipelines: list[PipelineManifest]
    broken: list[BrokenApp] = Field(default_factory=list)
    workers: int = 0
    live_workers: list[WorkerRead] = Field(default_factory=list)


class PreflightRequest(Message):
    """A question to a worker: would this config train? Answered before anything is created."""

    v: int = 1
    request_id: str
    pipeline: str
    config: dict[str, JsonValue]
    expires_at: float
    """Unix time after which nobody waits for the answer."""


class PreflightReply(Message):
    """The answer. Pointers are relative to the config."""

    v: int = 1
    request_id: str
    status: Literal["ok", "refused", "error"]
    errors: list[FieldProblem] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    detail: str = ""
