"""How uvicorn serves the gateway: one place, for the service and for tests that start a real server."""

from __future__ import annotations

from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp

from azuraforge_api.edge.guarded_http import HttpLimits, guarded_http
from azuraforge_api.edge.guarded_socket import GuardedSocket
from azuraforge_api.settings import Settings

STOP_TIMEOUT_S: Final = 5
KEEP_ALIVE_S: Final = 15
MAX_SOCKET_MESSAGE_BYTES: Final = 64 * 1024


def server_config(app: ASGIApp, settings: Settings, *, limits: HttpLimits | None = None) -> uvicorn.Config:
    """Uvicorn's configuration; it reads no environment and writes no access log of its own."""
    http = guarded_http(limits or HttpLimits(), trusted=settings.trusted_proxies)
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        loop="uvloop",
        http=cast("Any", http),  # uvicorn calls it; its annotation says a class
        ws=GuardedSocket,
        ws_per_message_deflate=False,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
    )
