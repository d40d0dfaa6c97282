"""Ask a Redis-compatible server whether it answers: one PING over its own protocol, without a client library.

The supervising parent and `azuraforge doctor` need nothing more of it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit


class BrokerSilent(Exception):
    """The server did not answer a PING; the message says why, without the password."""


def ping_broker(url: str, *, timeout_s: float = 2.0) -> None:
    """Return when the server at `url` (redis://, rediss:// or unix://) answers PING.

    Raises:
        BrokerSilent: nobody listens, the password is wrong, or something else answers there.
    """
    parts = urlsplit(url)
    try:
        with _connect(parts, timeout_s=timeout_s) as connection:
            if parts.password:
                words = ["AUTH", *([unquote(parts.username)] if parts.username else []), unquote(parts.password)]
                _ask(connection, words)
            _ask(connection, ["PING"])
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BrokerSilent(f"{show_url(url)}: {reason}") from error


def show_url(url: str) -> str:
    """`url` as it may be printed: without its password."""
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url


@contextlib.contextmanager
def _connect(parts: SplitResult, *, timeout_s: float) -> Iterator[socket.socket]:
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        with connection:
            connection.connect(parts.path)
            yield connection
        return
    if parts.scheme not in {"redis", "rediss"}:
        raise ValueError(f"{parts.scheme or 'no scheme'} is not redis://, rediss:// or unix://")
    host = parts.hostname or "127.0.0.1"
    with socket.create_connection((host, parts.port or 6379), timeout=timeout_s) as plain:
        if parts.scheme == "redis":
            yield plain
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
            yield secure


def _ask(connection: socket.socket, words: list[str]) -> None:
    line = f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    connection.sendall(line.encode())
    answer = connection.recv(512)
    if not answer.startswith(b"+"):
        raise ValueError(answer[:200].decode("utf-8", "replace").strip().lstrip("-") or "closed the connection")
