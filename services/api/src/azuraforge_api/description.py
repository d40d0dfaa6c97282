"""The API's description: `GET /api/v1/openapi.json`."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request

import azuraforge_contracts
from azuraforge_api.problems import problem_responses

router = APIRouter(tags=["openapi"])

REFERENCE: Final = "#/components/schemas/{model}"


@router.get("/openapi.json", operation_id="read_openapi", responses=problem_responses())
async def read_openapi(request: Request) -> dict[str, Any]:
    """This document."""
    return describe(request.app)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`, with every message of the contracts among its schemas.

    Events, frames and manifests travel inside others or over the socket, so no route names them; the dashboard's
    types are generated from here all the same.
    """
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in _message_schemas().items():
            schemas.setdefault(name, schema)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path in document["paths"].values():
            for operation in path.values():
                _name_validation(operation)
        app.openapi_schema = document
    return app.openapi_schema


def _name_validation(operation: dict[str, Any]) -> None:
    """FastAPI documents its own 422; ours is a problem."""
    answer = operation.get("responses", {}).get("422")
    if answer and "HTTPValidationError" in json.dumps(answer):
        operation["responses"].update({str(k): v for k, v in _VALIDATION.items() if k == 422})


_VALIDATION: Final = problem_responses(azuraforge_contracts.ErrorCode.REQUEST_INVALID)


def _message_schemas() -> dict[str, Any]:
    named = [getattr(azuraforge_contracts, name) for name in azuraforge_contracts.__all__]
    models = [one for one in named if isinstance(one, type) and issubclass(one, BaseModel)]
    _, document = models_json_schema([(model, "serialization") for model in models], ref_template=REFERENCE)
    found: dict[str, Any] = document["$defs"]
    return found
