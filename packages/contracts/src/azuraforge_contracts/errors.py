"""Problems as a client sees them: RFC 9457 documents with stable codes."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from azuraforge_contracts.message import Message


class ErrorCode(StrEnum):
    """What kind of problem it is; the API alone maps a code to an HTTP status."""

    ARTIFACT_DAMAGED = "artifact_damaged"
    BODY_TOO_LARGE = "body_too_large"
    BROKER_UNAVAILABLE = "broker_unavailable"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CONFIG_INVALID = "config_invalid"
    CONFLICT = "conflict"
    CREDENTIALS_INVALID = "credentials_invalid"
    CSRF_REFUSED = "csrf_refused"
    FORBIDDEN = "forbidden"
    HEAD_TOO_LARGE = "head_too_large"
    HOST_REFUSED = "host_refused"
    HTTP_INVALID = "http_invalid"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    INTERNAL = "internal"
    JSON_INVALID = "json_invalid"
    LAST_ADMIN = "last_admin"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    LINK_INVALID = "link_invalid"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NAME_TAKEN = "name_taken"
    NOT_FOUND = "not_found"
    PASSWORD_REQUIRED = "password_required"  # noqa: S105 - a code
    PASSWORD_UNUSABLE = "password_unusable"  # noqa: S105 - a code
    PIPELINE_UNKNOWN = "pipeline_unknown"
    PROJECT_ARCHIVED = "project_archived"
    REFERENCED = "referenced"
    REQUEST_INVALID = "request_invalid"
    REQUEST_TIMEOUT = "request_timeout"
    STATE_CONFLICT = "state_conflict"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAUTHENTICATED = "unauthenticated"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"


class FieldProblem(Message):
    """One wrong field: where (RFC 6901 pointer into the request body), what kind, and a sentence."""

    pointer: str
    code: str
    message: str
    params: dict[str, str | float | int | bool | list[str] | None] = Field(default_factory=dict)
    """Limits and choices of the rule that failed, so that an interface can say it in its own language."""


class Problem(Message):
    """An `application/problem+json` answer."""

    type: str = "about:blank"
    title: str
    status: int
    code: ErrorCode | str
    detail: str
    hint: str
    errors: list[FieldProblem] = Field(default_factory=list)
    request_id: str = ""
