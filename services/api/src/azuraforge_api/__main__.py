"""`python -m azuraforge_api`: migrate, listen, serve, and stop within seconds of SIGTERM."""

from __future__ import annotations

import os
import resource
import socket
import sys
from typing import cast

import uvicorn
from fastapi import FastAPI

from azuraforge_api.app import create_app
from azuraforge_api.events.service import LiveService
from azuraforge_api.serving import server_config
from azuraforge_api.settings import read_settings
from azuraforge_contracts import SettingError
from azuraforge_contracts.logs import start_logging
from azuraforge_contracts.secrecy import close_memory, forget_secrets


class _Server(uvicorn.Server):
    """Ends streams and sockets first: uvicorn would wait for them as for any other answer."""

    def __init__(self, config: uvicorn.Config, *, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop within seconds."""
        await cast("LiveService", self._app.state.parts[LiveService]).aclose()
        await super().shutdown(sockets)


def main() -> int:
    """Serve until stopped; 2 when a setting cannot be used."""
    try:
        close_memory()
        settings = read_settings(os.environ)
        start_logging(os.environ, service="api")
        forget_secrets(os.environ)
    except SettingError as error:
        sys.stderr.write(f"azuraforge-api: {error}\n")
        return 2
    _raise_file_limit()
    app = create_app(settings)
    config = server_config(app, settings)
    _Server(config, app=app).run()
    return 0


def _raise_file_limit() -> None:
    """A socket is a file: the usual soft limit of 1,024 would end at 1,000 viewers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
