"""Why a pipeline could not finish, in words for the person who started it.

PipelineError
├── ConfigRefused   user_error      the config asks for something that this data or machine cannot do
├── DataRefused     data_error      the data is missing, unreadable or too small
├── TrainingDiverged        diverged        the loss or a prediction stopped being a number
└── MemoryExceeded  out_of_memory   the machine's memory is not enough for this config
"""

from __future__ import annotations

from typing import ClassVar

from azuraforge_learner.errors import LearnerError


class PipelineError(LearnerError):
    """The experiment cannot succeed as asked.

    `code` is one of the contract's failure codes, `hint` says what to do next, `pointer` (RFC 6901, relative to the
    config) names the field at fault, or is empty.
    """

    code: ClassVar[str] = "user_error"

    def __init__(self, message: str, *, hint: str, pointer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.pointer = pointer


class ConfigRefused(PipelineError):
    """The config asks for something impossible."""

    code = "user_error"


class DataRefused(PipelineError):
    """The data is missing, unreadable or too small."""

    code = "data_error"


class TrainingDiverged(PipelineError):
    """The loss or a prediction stopped being a finite number."""

    code = "diverged"


class MemoryExceeded(PipelineError):
    """The machine's memory is not enough for this config."""

    code = "out_of_memory"
