"""Whatever stopped a pipeline becomes one failure, in words for its owner; the traceback goes to the private log."""

from __future__ import annotations

import errno

from pydantic import ValidationError

from azuraforge_contracts import FailureCode
from azuraforge_core.errors import CoreError
from azuraforge_learner.errors import CheckpointMismatch, Diverged
from azuraforge_learner.pipelines import PipelineError
from azuraforge_worker.errors import PipelineBroken, PipelineMissing
from azuraforge_worker.field_problems import list_problems
from azuraforge_worker.last_words import FailedWord

MOST_LETTERS = 2000


def describe_failure(error: BaseException) -> FailedWord:
    """The failure behind `error`."""
    if _is_full_disk(error):
        message = "There is no room left for the experiment's files."
        hint = "Free some space on the worker's disk; the experiment goes on by itself."
        return _word(FailureCode.STORAGE_LOW, message, hint=hint, params={"cause": "no_room_to_write"})
    if isinstance(error, PipelineError):
        return _word(error.code, error.message, hint=error.hint, pointer=error.pointer or None)
    code, message, hint = FailureCode.USER_ERROR, f"{error}.", ""
    match error:
        case MemoryError():
            code = FailureCode.OUT_OF_MEMORY
            message = "The training needs more memory than the worker may use."
            hint = "Use a smaller model, shorter windows or smaller batches."
        case Diverged():
            code, message = FailureCode.DIVERGED, f"The training diverged: {error}."
            hint = "Lower the learning rate."
        case CheckpointMismatch():
            code, message = FailureCode.DATA_ERROR, f"The training cannot be continued: {error}."
            hint = "Data or app have changed since the checkpoint was written: start a new experiment."
        case PipelineMissing() | PipelineBroken():
            hint = "Install or repair the app on the worker."
        case CoreError():
            pass
        case _:
            message = f"The pipeline failed: {type(error).__name__}: {error}"
            hint = "The worker's trainer.log has the traceback."
    return _word(code, message, hint=hint)


def describe_refused_config(error: ValidationError, *, config: dict[str, object]) -> FailedWord:
    """The first field that the pipeline's config refuses."""
    first = list_problems(error, value=config)[0]
    hint = "Correct the field and start a new experiment."
    return _word(FailureCode.USER_ERROR, first.message, hint=hint, pointer=first.pointer)


def _is_full_disk(error: BaseException) -> bool:
    """Whether a write that found no room is behind it, whatever it was turned into on the way."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if isinstance(found, OSError) and found.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return False


def _word(
    code: FailureCode | str,
    message: str,
    *,
    hint: str,
    pointer: str | None = None,
    params: dict[str, str | int | float] | None = None,
) -> FailedWord:
    return FailedWord(
        code=code, message=message[:MOST_LETTERS], hint=hint[:MOST_LETTERS], pointer=pointer, params=params or {}
    )
