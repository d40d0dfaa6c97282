"""What the ledger raises, as the refusal that a client sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from azuraforge_api.errors import AccessRefused, ApiError, BodyRefused, NotFound, PartUnavailable, RequestConflict
from azuraforge_contracts import TERMINAL_STATES, ErrorCode, FieldProblem
from azuraforge_ledger import (
    AlreadySetUp,
    ArtifactDamaged,
    ArtifactMissing,
    CheckpointMissing,
    CursorInvalid,
    EntryMissing,
    ExperimentMissing,
    ExperimentReferenced,
    IdempotencyMismatch,
    LastAdmin,
    LedgerError,
    LedgerUnavailable,
    LinkInvalid,
    NameTaken,
    PasswordStale,
    ProjectArchived,
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
    conflict = cast("StateConflict", error)
    state = conflict.state
    if state in TERMINAL_STATES:
        detail, hint = f"The experiment has ended as {state}.", "Nothing changes it any more; start a new one instead."
    else:
        detail, hint = f"The experiment is {state}, which does not allow this.", "Ask again when its state has changed."
    possible: list[str] = [action.value for action in conflict.possible]
    whole = FieldProblem(pointer="", code="state", message=detail, params={"state": state.value, "possible": possible})
    return RequestConflict(ErrorCode.STATE_CONFLICT, detail, hint=hint, errors=[whole])


def _checkpoint_missing(error: LedgerError) -> ApiError:
    kept = [str(epoch) for epoch in cast("CheckpointMissing", error).kept]
    whole = FieldProblem(
        pointer="/epoch", code="enum", message="No checkpoint is kept there.", params={"choices": kept}
    )
    hint = "Checkpoints are kept when an attempt is over: pause the experiment, or choose one of the kept epochs."
    return RequestConflict(ErrorCode.CHECKPOINT_MISSING, "No such checkpoint is kept.", hint=hint, errors=[whole])


def _experiment_referenced(error: LedgerError) -> ApiError:
    named = [
        FieldProblem(
            pointer="", code="referenced", message=f"The {one.kind} was made from it.", params=one.model_dump()
        )
        for one in cast("ExperimentReferenced", error).references[:100]
    ]
    hint = "Delete what was made from it first, or archive it."
    return RequestConflict(ErrorCode.REFERENCED, "Something else needs this experiment.", hint=hint, errors=named)


def _link_invalid(_: LedgerError) -> ApiError:
    return AccessRefused(
        ErrorCode.LINK_INVALID,
        "The sign-in link was used or has expired.",
        hint="Ask the terminal for a new one: `azuraforge link`.",
    )


def _already_set_up(_: LedgerError) -> ApiError:
    return RequestConflict(
        ErrorCode.CONFLICT, "This platform has an admin.", hint="Sign in; `azuraforge link` makes a link for a user."
    )


def _entry_missing(error: LedgerError) -> ApiError:
    what = cast("EntryMissing", error).what
    return NotFound(what, hint=f"The list of {what}s has those that exist.")


def _last_admin(_: LedgerError) -> ApiError:
    return RequestConflict(
        ErrorCode.LAST_ADMIN, "Nobody else could manage the platform.", hint="Make another user an admin first."
    )


def _name_taken(error: LedgerError) -> ApiError:
    what = cast("NameTaken", error).what
    field = FieldProblem(pointer="/name", code="taken", message=f"A {what} is called so already.")
    hint = "Choose another one; case and accents make no difference."
    return RequestConflict(ErrorCode.NAME_TAKEN, "The name is taken.", hint=hint, errors=[field])


def _password_stale(_: LedgerError) -> ApiError:
    hint = "Sign in with the new password."
    return AccessRefused(ErrorCode.CREDENTIALS_INVALID, "The password was changed meanwhile.", hint=hint)


def _project_archived(_: LedgerError) -> ApiError:
    hint = "Restore it, or choose another project."
    return RequestConflict(ErrorCode.PROJECT_ARCHIVED, "The project is archived.", hint=hint)


def _unavailable(_: LedgerError) -> ApiError:
    return PartUnavailable(ErrorCode.LEDGER_UNAVAILABLE, "The database does not answer.")


_TRANSLATIONS: Final[Mapping[type[LedgerError], Callable[[LedgerError], ApiError]]] = {
    AlreadySetUp: _already_set_up,
    ArtifactDamaged: _artifact_damaged,
    ArtifactMissing: _artifact_missing,
    CheckpointMissing: _checkpoint_missing,
    CursorInvalid: _cursor_invalid,
    EntryMissing: _entry_missing,
    ExperimentMissing: _experiment_missing,
    ExperimentReferenced: _experiment_referenced,
    IdempotencyMismatch: _idempotency_mismatch,
    LastAdmin: _last_admin,
    LedgerUnavailable: _unavailable,
    LinkInvalid: _link_invalid,
    NameTaken: _name_taken,
    PasswordStale: _password_stale,
    ProjectArchived: _project_archived,
    SchemaMismatch: _unavailable,
    StateConflict: _state_conflict,
}
