"""Reading a request body: counted while it streams, strictly parsed, checked against its message."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from pydantic import ValidationError
from starlette.requests import Request

from azuraforge_api.errors import BodyRefused
from azuraforge_api.field_problems import from_pydantic
from azuraforge_api.strict_json import JsonRefused, parse_strict
from azuraforge_contracts import ErrorCode, FieldProblem
from azuraforge_contracts import Request as RequestMessage
from azuraforge_contracts.names import MAX_BODY_BYTES

M = TypeVar("M", bound=RequestMessage)

BODY_TIMEOUT_S = 30.0
"""From the first look for the body to its last byte: a mebibyte at 280 kbit/s."""
LARGE_BYTES = 64 * 1024
"""Above this a body is parsed in a thread, so that one large body does not hold up every socket."""


async def read_message(request: Request, model: type[M]) -> M:
    """The body as `model`.

    Raises:
        BodyRefused: too large, not JSON, wrong media type, or fields that are not the message's.
    """
    _check_media_type(request)
    body = await _read_bytes(request)
    try:
        value = parse_strict(body) if len(body) < LARGE_BYTES else await asyncio.to_thread(parse_strict, body)
    except JsonRefused as error:
        hint = "Send one JSON object in UTF-8."
        raise BodyRefused(ErrorCode.JSON_INVALID, error.detail, hint=hint, errors=error.errors) from None
    if not isinstance(value, dict):
        whole = FieldProblem(pointer="", code="type", message="A JSON object is expected.", params={"type": "object"})
        raise _fields_refused([whole])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _fields_refused(from_pydantic(error.errors(include_input=False), in_body=True)) from None


def _fields_refused(errors: list[FieldProblem]) -> BodyRefused:
    return BodyRefused(ErrorCode.REQUEST_INVALID, "The body is not what this address takes.", errors=errors)


def _check_media_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.partition("charset=")[2].strip().strip('"').lower()
    if media_type.strip().lower() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        raise BodyRefused(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
            "The body's media type is not taken here.",
            hint="Send `Content-Type: application/json` in UTF-8.",
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BodyRefused(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body is compressed.", hint="Send it without Content-Encoding."
        )


async def _read_bytes(request: Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await _read_stream(request)
    except TimeoutError:
        raise BodyRefused(
            ErrorCode.REQUEST_TIMEOUT,
            "The body took too long to arrive.",
            hint="Check the connection and send it again.",
            headers={"Connection": "close"},
        ) from None


async def _read_stream(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > MAX_BODY_BYTES:
        raise _too_large()
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large() -> BodyRefused:
    most = f"{MAX_BODY_BYTES // 2**20} MiB"
    whole = FieldProblem(
        pointer="", code="max_bytes", message=f"May have at most {most}.", params={"limit": MAX_BODY_BYTES}
    )
    return BodyRefused(
        ErrorCode.BODY_TOO_LARGE,
        f"The body is larger than {most}.",
        hint="Send less data, such as a shorter CSV, or choose a source that the worker reads itself.",
        errors=[whole],
        headers={"Connection": "close"},
    )


def json_body(model: type[RequestMessage], *, is_required: bool = True) -> dict[str, object]:
    """OpenAPI documentation of a body that `read_message` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": is_required, "content": {"application/json": {"schema": schema}}}}
