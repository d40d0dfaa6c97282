"""The outermost layer: gives each request an id, checks `Host`, and lets no exception out."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from azuraforge_api.edge.client_address import find_client, network_of
from azuraforge_api.edge.headers import with_security
from azuraforge_api.edge.heads import check_head
from azuraforge_api.errors import AccessRefused, ApiError
from azuraforge_api.problems import failure_response
from azuraforge_api.settings import Settings, host_name
from azuraforge_api.threads import current_client
from azuraforge_contracts import ErrorCode, new_id

access_log = logging.getLogger("azuraforge_api.access")


class OuterEdge:
    """ASGI middleware around everything, WebSocket included."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        settings = self._settings
        client = find_client(scope, trusted=settings.trusted_proxies, is_https_assumed=settings.is_https)
        state = scope.setdefault("state", {})
        state["request_id"] = new_id()
        state["client_address"] = client.address
        current_client.set(network_of(client.address))
        state["is_https"] = client.is_https or settings.is_https
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        else:
            await self._serve_http(scope, receive, send)

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope["state"]["request_id"]
        status, began = 0, time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
                secured = with_security(headers, path=scope["path"], is_https=scope["state"]["is_https"])
                message = {**message, "headers": secured}
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499
        except Exception as error:
            if status:
                raise  # half an answer is out: the server closes the connection
            await failure_response(error, request_id=request_id)(scope, receive, send_with_headers)
        finally:
            took_ms = (time.perf_counter() - began) * 1000
            access_log.info("%s %s %d %.1f ms %s", scope["method"], _printable(scope), status, took_ms, request_id)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(scope)
        except ApiError:
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before accept: the handshake ends as 403
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        check_head(scope)
        if host_name(Headers(scope=scope)["host"].lower()) not in self._settings.allowed_hosts:
            raise AccessRefused(
                ErrorCode.HOST_REFUSED,
                "This server does not answer under this host name.",
                hint="Use the printed address, or add the name to AZURAFORGE_ALLOWED_HOSTS.",
            )


def _printable(scope: Scope) -> str:
    """The path as one line of ASCII; the query stays out, it may hold names."""
    return ascii(scope["path"][:200])[1:-1]
