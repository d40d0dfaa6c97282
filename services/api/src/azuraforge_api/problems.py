"""Every failure as one `application/problem+json` document: no trace, no echo of what was sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.errors import ApiError
from azuraforge_api.field_problems import from_pydantic
from azuraforge_api.ledger_errors import as_api_error
from azuraforge_contracts import ErrorCode, FieldProblem, Problem
from azuraforge_ledger import LedgerError

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.ARTIFACT_DAMAGED: 410,
    ErrorCode.BODY_TOO_LARGE: 413,
    ErrorCode.BROKER_UNAVAILABLE: 503,
    ErrorCode.CHECKPOINT_MISSING: 409,
    ErrorCode.CONFIG_INVALID: 422,
    ErrorCode.CONFLICT: 409,
    ErrorCode.CREDENTIALS_INVALID: 401,
    ErrorCode.CSRF_REFUSED: 403,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.HEAD_TOO_LARGE: 431,
    ErrorCode.HOST_REFUSED: 400,
    ErrorCode.HTTP_INVALID: 400,
    ErrorCode.IDEMPOTENCY_MISMATCH: 422,
    ErrorCode.INTERNAL: 500,
    ErrorCode.JSON_INVALID: 400,
    ErrorCode.LAST_ADMIN: 409,
    ErrorCode.LEDGER_UNAVAILABLE: 503,
    ErrorCode.LINK_INVALID: 401,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.NAME_TAKEN: 409,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.PASSWORD_REQUIRED: 422,
    ErrorCode.PASSWORD_UNUSABLE: 422,
    ErrorCode.PIPELINE_UNKNOWN: 422,
    ErrorCode.PROJECT_ARCHIVED: 409,
    ErrorCode.REFERENCED: 409,
    ErrorCode.REQUEST_INVALID: 422,
    ErrorCode.REQUEST_TIMEOUT: 408,
    ErrorCode.STATE_CONFLICT: 409,
    ErrorCode.TOO_MANY_REQUESTS: 429,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
}

HINTS: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.BROKER_UNAVAILABLE: "Run `azuraforge doctor`; nothing that was accepted is lost.",
    ErrorCode.INTERNAL: "Try again. If it stays, look for the request_id in the log of the API.",
    ErrorCode.LEDGER_UNAVAILABLE: "Wait a moment and try again; `azuraforge doctor` says what is wrong.",
    ErrorCode.METHOD_NOT_ALLOWED: "Use one of the methods in the Allow header.",
    ErrorCode.NOT_FOUND: "Check the address; GET /api/v1/openapi.json lists every route.",
    ErrorCode.REQUEST_INVALID: "Correct the named fields and send the request again.",
    ErrorCode.UNAUTHENTICATED: "Sign in, or send a good API key as Bearer; `azuraforge login` keeps one.",
}


def problem_response(
    code: ErrorCode,
    detail: str,
    *,
    request_id: str,
    hint: str = "",
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for `code`."""
    status = STATUS[code]
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        hint=hint or HINTS.get(code, ""),
        errors=list(errors),
        request_id=request_id,
    )
    body = json.dumps(problem.model_dump(mode="json"), ensure_ascii=True).encode()
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def failure_response(error: Exception, *, request_id: str) -> Response:
    """The answer for whatever was raised; a defect of ours is logged here, and nowhere told."""
    refusal = as_api_error(error) if isinstance(error, LedgerError) else error
    if isinstance(refusal, ApiError):
        return _refusal_response(refusal, request_id=request_id)
    logger.error("request %s failed", request_id, exc_info=error)
    return problem_response(ErrorCode.INTERNAL, "Something went wrong on the server.", request_id=request_id)


def _refusal_response(error: ApiError, *, request_id: str) -> Response:
    headers = dict(error.headers)
    if error.code is ErrorCode.UNAUTHENTICATED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    if STATUS[error.code] == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", "2")
    return problem_response(
        error.code, error.detail, request_id=request_id, hint=error.hint, errors=error.errors, headers=headers
    )


def request_id_of(request: Request) -> str:
    """The id that the edge gave to this request."""
    return str(getattr(request.state, "request_id", ""))


def install_handlers(app: FastAPI) -> None:
    """Answer every exception that can leave a route as a problem."""

    async def on_refusal(request: Request, error: Exception) -> Response:
        return failure_response(error, request_id=request_id_of(request))

    async def on_validation(request: Request, error: Exception) -> Response:
        return problem_response(
            ErrorCode.REQUEST_INVALID,
            "The request has values that cannot be used.",
            request_id=request_id_of(request),
            errors=from_pydantic(cast("RequestValidationError", error).errors()),
        )

    async def on_http(request: Request, error: Exception) -> Response:
        return _http_response(cast("HTTPException", error), request_id=request_id_of(request))

    app.add_exception_handler(ApiError, on_refusal)
    app.add_exception_handler(LedgerError, on_refusal)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def _http_response(error: HTTPException, *, request_id: str) -> Response:
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        code, detail = ErrorCode.METHOD_NOT_ALLOWED, "This address does not take this method."
    elif error.status_code == HTTPStatus.NOT_FOUND:
        code, detail = ErrorCode.NOT_FOUND, "There is nothing at this address."
    else:
        code, detail = ErrorCode.REQUEST_INVALID, "The request cannot be read."
    return problem_response(code, detail, request_id=request_id, headers=error.headers)


def problem_responses(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """OpenAPI documentation of the problems that a route may answer with."""
    by_status: dict[int | str, list[str]] = {}
    for code in (*codes, ErrorCode.UNAUTHENTICATED, ErrorCode.INTERNAL):
        by_status.setdefault(STATUS[code], []).append(f"`{code.value}`")
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": "Problem: " + ", ".join(names), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, names in by_status.items()
    }
