"""What the ledger raises, as the refusal that a client sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from azuraforge_api.errors import AccessRefused, ApiError, BodyRefused, NotFound, PartUnavailable, RequestConflict
from azuraforge_contracts import TERMINAL_STATES, ErrorCode, FieldProblem
from azuraforge_ledger import (
    ArtifactDamaged,
    ArtifactMissing,
    CursorInvalid,
    ExperimentMissing,
    IdempotencyMismatch,
    LedgerError,
    LedgerUnavailable,
    LinkInvalid,
    SchemaMismatch,
    StateConflict,
)


def as_api_error(error: LedgerError) -> ApiError | None:
    """The refusal for `error`, or None when it can only be a defect of ours."""
    for kind, translate in _TRANSLATIONS.items():
        if isinstance(error, kind):
            return translate(error)
    return None


def _experiment_missing(_: LedgerError) -> ApiError:
    return NotFound("experiment", hint="The list of experiments has the ids of those that exist.")


def _artifact_missing(_: LedgerError) -> ApiError:
    return NotFound("file in this experiment", hint="GET …/artifacts lists the files that it has.")


def _artifact_damaged(_: LedgerError) -> ApiError:
    return ApiError(
        ErrorCode.ARTIFACT_DAMAGED,
        "The stored file is not what was written, so it is not handed out.",
        hint="Restore it from a backup, or run the experiment again.",
    )


def _cursor_invalid(_: LedgerError) -> ApiError:
    field = FieldProblem(pointer="/query/cursor", code="format", message="No page returned this cursor.")
    hint = "Start again without a cursor."
    return BodyRefused(ErrorCode.REQUEST_INVALID, "The cursor cannot be used.", hint=hint, errors=[field])


def _idempotency_mismatch(_: LedgerError) -> ApiError:
    return RequestConflict(
        ErrorCode.IDEMPOTENCY_MISMATCH,
        "This Idempotency-Key was used for another request.",
        hint="Send a new key with a new request.",
    )


def _state_conflict(error: LedgerError) -> ApiError:
    state = cast("StateConflict", error).state
    if state in TERMINAL_STATES:
        detail, hint = f"The experiment has ended as {state}.", "Nothing changes it any more; start a new one instead."
    else:
        detail, hint = f"The experiment is {state}, which does not allow this.", "Ask again when its state has changed."
    return RequestConflict(ErrorCode.STATE_CONFLICT, detail, hint=hint)


def _link_invalid(_: LedgerError) -> ApiError:
    return AccessRefused(
        ErrorCode.LINK_INVALID,
        "The sign-in link was used or has expired.",
        hint="Ask the terminal for a new one: `azuraforge link`.",
    )


def _unavailable(_: LedgerError) -> ApiError:
    return PartUnavailable(ErrorCode.LEDGER_UNAVAILABLE, "The database does not answer.")


_TRANSLATIONS: Final[Mapping[type[LedgerError], Callable[[LedgerError], ApiError]]] = {
    ArtifactDamaged: _artifact_damaged,
    ArtifactMissing: _artifact_missing,
    CursorInvalid: _cursor_invalid,
    ExperimentMissing: _experiment_missing,
    IdempotencyMismatch: _idempotency_mismatch,
    LedgerUnavailable: _unavailable,
    LinkInvalid: _link_invalid,
    SchemaMismatch: _unavailable,
    StateConflict: _state_conflict,
}
