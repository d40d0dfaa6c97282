"""Everything outside /api and /ws: the dashboard's files, and its index for every page that it draws itself."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.auth.identity import is_static
from azuraforge_api.dashboard.files import INDEX, REVALIDATE, DashboardFiles, StaticFile
from azuraforge_api.errors import NotFound

router = APIRouter(include_in_schema=False)

NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>AzuraForge</title>
<h1>AzuraForge is running</h1>
<p>The dashboard is not built in this checkout. <code>make up</code> builds it; then reload this page.</p>
<p>The API is at <code>/api/v1</code>; <code>azuraforge experiments list</code> talks to it from a terminal.</p>
</html>
"""


@router.api_route("/{path:path}", methods=["GET", "HEAD"], operation_id="read_dashboard")
async def read_dashboard(request: Request, path: str) -> Response:
    """A file of the build, or the index for an address that the dashboard's router knows."""
    del path  # looked up as it came, whatever a converter made of it
    url_path = request.scope["path"]
    if not is_static(url_path):
        raise NotFound("address")
    files: DashboardFiles = request.app.state.dashboard
    found = files.find(INDEX if url_path == "/" else url_path)
    if found is not None:
        return _file_response(found)
    if not _is_navigation(request):
        raise NotFound("file")
    index = files.find(INDEX)
    if index is None:
        return HTMLResponse(NOT_BUILT, headers={"Cache-Control": REVALIDATE})
    return _file_response(index)


def _is_navigation(request: Request) -> bool:
    """Whether a person opened this address, rather than a page asking for one of its files."""
    if request.scope["path"] == "/":
        return True
    mode = request.headers.get("sec-fetch-mode")
    last = request.scope["path"].rpartition("/")[2]
    is_page = mode == "navigate" if mode is not None else "text/html" in request.headers.get("accept", "")
    return is_page and "." not in last


def _file_response(found: StaticFile) -> Response:
    return FileResponse(found.path, media_type=found.media_type, headers={"Cache-Control": found.cache_control})
