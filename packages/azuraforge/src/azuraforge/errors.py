"""What the command refuses or cannot do; each carries one sentence, its remedy, and an exit status.

CommandError
├── HomeUnusable        the data folder cannot be written, or its disk is full
├── AlreadyRunning      another `azuraforge up` holds the data folder
├── PortTaken           something else listens on the address
├── BrokerMissing       no Valkey or Redis can be started or reached
├── BrokerDamaged       Valkey refuses its own append-only file
├── ServiceFailed       a service ended again and again while starting
├── ServerUnreachable   no running AzuraForge answers
├── RequestRefused      the API answered with a problem
├── ExperimentUnfinished  a watched experiment ended without a result
└── UsageMistake        an option says something impossible
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import TypeAlias

JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


class ExitStatus(IntEnum):
    """How the command ends; documented in the README of this package."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    UNFINISHED = 5
    DIFFERENT = 6
    INTERRUPTED = 130


class CommandError(Exception):
    """One sentence for a person; `code` names the kind for scripts."""

    status = ExitStatus.FAILED
    code = "failed"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        lines: Sequence[str] = (),
        details: Mapping[str, JsonValue] = MappingProxyType({}),
    ) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
        self.lines = lines
        """Shown below the sentence, one per wrong field."""
        self.details = details
        """Added to the JSON of --json."""


class HomeUnusable(CommandError):
    """The data folder cannot be written, or its disk is full."""

    code = "home_unusable"


class AlreadyRunning(CommandError):
    """Another `azuraforge up` holds the data folder."""

    code = "already_running"


class PortTaken(CommandError):
    """Something else listens on the address, or it cannot be used."""

    code = "port_taken"


class BrokerMissing(CommandError):
    """No Valkey or Redis can be started or reached."""

    code = "broker_missing"


class BrokerDamaged(CommandError):
    """Valkey refuses its own append-only file."""

    code = "broker_damaged"


class ServiceFailed(CommandError):
    """A service ended again and again while starting."""

    code = "service_failed"


class ServerUnreachable(CommandError):
    """No running AzuraForge answers."""

    status = ExitStatus.UNREACHABLE
    code = "server_unreachable"


class RequestRefused(CommandError):
    """The API answered with a problem."""

    status = ExitStatus.REFUSED
    code = "request_refused"


class ExperimentUnfinished(CommandError):
    """A watched experiment ended without a result."""

    status = ExitStatus.UNFINISHED
    code = "experiment_unfinished"


class UsageMistake(CommandError):
    """An option says something impossible."""

    status = ExitStatus.USAGE
    code = "usage"
