"""`/api/v1/experiments/{task_id}/events`, the same as a stream, and the WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket

from azuraforge_api.auth.access import AccessOf, ProjectAccess, ReadableTask
from azuraforge_api.auth.connections import OpenConnections, Place
from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.errors import AccessRefused
from azuraforge_api.events.service import LiveService
from azuraforge_api.events.socket import Close, WatchSocket
from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ErrorCode, EventPage, EventType, Role, is_id
from azuraforge_contracts.names import WS_NOT_ALLOWED, WS_PATH, WS_RESTART, WS_TOO_MANY, WS_UNKNOWN_EXPERIMENT
from azuraforge_ledger import ExperimentMissing, LedgerError


def _place(connections: Annotated[OpenConnections, Depends(part(OpenConnections))], identity: IdentityOf) -> Place:
    return Place(connections, identity)


PlaceOf = Annotated[Place, Depends(_place)]
LiveOf = Annotated[LiveService, Depends(part(LiveService))]

router = APIRouter(prefix="/experiments/{task_id}/events", tags=["events"])
socket_router = APIRouter()

MAX_SEQ = 2**53
NO_EVENTS = frozenset({"heartbeat", "recent"})
"""Frames that are not events; a stream names their kind."""
AfterQuery = Annotated[int, Query(ge=0, le=MAX_SEQ, description="Only events with a `seq` above this.")]


@router.get("", operation_id="list_events", responses=problem_responses(ErrorCode.NOT_FOUND))
async def list_events(
    live: LiveOf,
    task_id: ReadableTask,
    after: AfterQuery = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> EventPage:
    """A page of the experiment's events in order of `seq`."""
    return await live.read(task_id, after=after, limit=limit)


@router.get(
    "/stream",
    operation_id="stream_events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `id` is the seq, `data` an Event",
            "content": {"text/event-stream": {}},
        },
        204: {"description": "The experiment has ended and the client has every event"},
        **problem_responses(ErrorCode.NOT_FOUND, ErrorCode.TOO_MANY_REQUESTS),
    },
)
async def stream_events(
    live: LiveOf,
    place: PlaceOf,
    task_id: ReadableTask,
    after: AfterQuery = 0,
    last_event_id: Annotated[str | None, Header(max_length=16)] = None,
) -> Response:
    """Every event after `after` and then whatever happens, until the experiment's end."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal():
        after = max(after, min(int(last_event_id), MAX_SEQ))
    if await _is_complete(live, task_id, after=after):
        return Response(status_code=204)
    place.require()
    frames = _stream(live, place, task_id=task_id, after=after)
    return StreamingResponse(frames, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _is_complete(live: LiveService, task_id: str, *, after: int) -> bool:
    last_seq = await live.last_seq(task_id)
    if after < last_seq:
        return False
    last = await live.read(task_id, after=last_seq - 1, limit=1)
    return bool(last.items) and last.items[0].type == EventType.END


async def _stream(live: LiveService, place: Place, *, task_id: str, after: int) -> AsyncIterator[str]:
    viewer = Viewer()
    with place.taken_by(viewer.close):
        async for frame in live.follow(task_id, after=after, viewer=viewer):
            yield _sse(frame)
            if frame.kind == EventType.END:
                return


def _sse(frame: Frame) -> str:
    if frame.seq is not None:
        return f"id: {frame.seq}\ndata: {frame.text}\n\n"
    kind = f"event: {frame.kind}\n" if frame.kind in NO_EVENTS else ""
    return f"{kind}data: {frame.text}\n\n"


@socket_router.websocket(WS_PATH)
async def watch_experiment(
    socket: WebSocket, *, live: LiveOf, place: PlaceOf, access: AccessOf, task_id: str, after: str = "0"
) -> None:
    """Replay what is after `after`, then send what happens. Close codes are in `azuraforge_contracts.names`."""
    await socket.accept()
    if not is_id(task_id) or not (after.isascii() and after.isdecimal() and len(after) <= 16):
        await socket.close(WS_UNKNOWN_EXPERIMENT, "no such experiment")
        return
    refusal = await _find_refusal(access, place, task_id=task_id)
    if refusal is not None:
        await socket.close(refusal.code, refusal.reason)
        return
    if not place.is_free():
        await socket.close(WS_TOO_MANY, "too many connections")
        return
    watch = WatchSocket(socket, task_id, int(after), live)
    with place.taken_by(watch.end_session, renew=watch.end):
        await watch.run()


async def _find_refusal(access: ProjectAccess, place: Place, *, task_id: str) -> Close | None:
    try:
        await access.require(place.identity, task_id, role=Role.VIEWER)
    except ExperimentMissing:
        return Close(WS_UNKNOWN_EXPERIMENT, "no such experiment")
    except AccessRefused:
        return Close(WS_NOT_ALLOWED, "not allowed")
    except LedgerError:
        return Close(WS_RESTART, "the ledger is away, try again")
    return None
