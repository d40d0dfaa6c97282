"""Why a request is refused, free of HTTP; `problems` turns each into an answer.

ApiError
├── AccessRefused        unauthenticated, cross-site, unknown host, too many attempts
├── BodyRefused          too large, not JSON, wrong media type, wrong fields
├── HeadRefused          address or headers too long, ambiguous, or naming no host
├── ConfigRefused        the config breaks the pipeline's schema or its worker's preflight
├── NotFound             no such route, experiment or artifact
├── PipelineUnknown      no worker announces it
├── RequestConflict      wrong state, reused idempotency key
└── PartUnavailable      ledger or broker away
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from azuraforge_contracts import ErrorCode, FieldProblem


class ApiError(Exception):
    """A refusal with a stable code, a sentence and a remedy."""

    def __init__(
        self,
        code: ErrorCode,
        detail: str,
        *,
        hint: str = "",
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class AccessRefused(ApiError):
    """Whoever asks may not, or not from there."""


class BodyRefused(ApiError):
    """The body cannot be read as what this route takes."""


class HeadRefused(ApiError):
    """The head of the request cannot be used."""


class ConfigRefused(ApiError):
    """The config cannot train; one entry per field says why. Pointers start at `/config`."""

    def __init__(self, errors: Sequence[FieldProblem]) -> None:
        count = len(errors)
        noun = "field is" if count == 1 else "fields are"
        super().__init__(
            ErrorCode.CONFIG_INVALID,
            f"{count} {noun} not usable. Nothing was created.",
            hint="Correct the named fields and send the request again.",
            errors=errors,
        )


class NotFound(ApiError):
    """There is no such thing here."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(ErrorCode.NOT_FOUND, f"There is no such {what}.", hint=hint)


class PipelineUnknown(ApiError):
    """No worker announces this pipeline."""

    def __init__(self, *, known: Sequence[str], has_workers: bool) -> None:
        if has_workers:
            detail = "No worker offers this pipeline."
            hint = "Pipelines on offer: " + (", ".join(known) or "none") + "."
        else:
            detail = "No worker is running, and this pipeline was not seen lately."
            hint = "Start a worker: `azuraforge up` runs one, `python -m azuraforge_worker` adds one."
        field = FieldProblem(
            pointer="/pipeline",
            code="enum",
            message="This is not a pipeline on offer.",
            params={"choices": list(known)},
        )
        super().__init__(ErrorCode.PIPELINE_UNKNOWN, detail, hint=hint, errors=[field])


class RequestConflict(ApiError):
    """The request is well formed, but not now."""


class PartUnavailable(ApiError):
    """A part that is needed for this answer is away."""
