"""Fetching what a user's address names, without becoming the user's way into our network.

https only. A name is resolved once, every address it has must be public, and the connection goes to one of those that
were checked, under the name's own certificate. Redirects are new addresses and are checked again. Size, time and
inflation have an end. What is allowed beyond that is in the policy that the caller passes, never in the address.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from azuraforge_learner.data.errors import ArchiveInvalid, FetchRefused
from azuraforge_learner.data.gzip_file import inflate_gzip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_CHUNK: Final = 64 * 1024
_SIXTO4: Final = ipaddress.ip_network("2002::/16")
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_SPECIAL: Final = (
    *("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
    *("2001::/23", "5f00::/16", "fec0::/10"),
)
_NOT_PUBLIC: Final = tuple(ipaddress.ip_network(one) for one in _SPECIAL)


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: Address) -> bool:
    """Whether an address is everybody's: no private, local, shared, reserved or translated one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None or address in _SIXTO4 or any(address in network for network in _NAT64):
            return False  # another address in disguise; a public one has a plain form
        if int(address) < 1 << 32 or address.is_site_local:
            return False
    is_special = address.is_private or address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_special and not any(address in network for network in _NOT_PUBLIC)


@dataclass(frozen=True)
class FetchPolicy:
    """What a fetch may do; times are in seconds."""

    max_bytes: int = 32 * 1024**2
    seconds: float = 30.0
    step_s: float = 10.0
    """The longest wait for one answer of the network."""
    redirects: int = 3
    ports: frozenset[int] = frozenset({443})
    resolve: Resolve = resolve
    is_allowed: Callable[[Address], bool] = is_public
    context: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Fetched:
    """What came back, inflated."""

    content: bytes
    url: str
    """Where it came from in the end."""
    media_type: str


def fetch(url: str, *, policy: FetchPolicy | None = None, clock: Callable[[], float] = time.monotonic) -> Fetched:
    """GET `url`; nothing of ours is sent along: no cookie, no credential, no proxy of the environment.

    Raises:
        FetchRefused: the address is not asked, or the answer is not taken; nothing of an inner network is told.
    """
    policy = policy or FetchPolicy()
    deadline = clock() + policy.seconds
    for _ in range(policy.redirects + 1):
        parts = _check_url(url, policy=policy)
        answer = _ask(parts, policy=policy, deadline=deadline, clock=clock)
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    raise _refused("The address leads on and on.", code="fetch_redirects", hint="Give the address it ends at.")


def _check_url(url: str, *, policy: FetchPolicy) -> SplitResult:
    if len(url) > 2000 or not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        raise _refused("The address is not one.", code="fetch_url", hint="Copy it from a browser.")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise _refused("The address is not one.", code="fetch_url", hint="Copy it from a browser.") from None
    if parts.scheme != "https":
        raise _refused("Only https addresses are asked.", code="fetch_scheme", hint="Write https://…")
    if parts.username is not None or parts.password is not None:
        raise _refused("The address holds a user name.", code="fetch_url", hint="Give it without.")
    if port not in policy.ports:
        raise _refused("This port is not asked.", code="fetch_port", hint="Use an address without a port.")
    if not _NAME.fullmatch((parts.hostname or "").removesuffix(".")):
        raise _refused("The address names no public host.", code="fetch_host", hint="Use the host's full name.")
    return parts


def _ask(parts: SplitResult, *, policy: FetchPolicy, deadline: float, clock: Callable[[], float]) -> Fetched | str:
    """The content, or where to look instead."""
    host, port = parts.hostname or "", parts.port or 443
    address = _choose_address(host, port, policy=policy)
    connection = _PinnedConnection(host, port, address=address, policy=policy)
    # A host that says a byte now and then would renew every timeout of a single read.
    end = threading.Timer(max(0.0, deadline - clock()), connection.cut)
    end.daemon = True
    end.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Accept-Encoding": "gzip, identity", "User-Agent": "AzuraForge"})
        answer = connection.getresponse()
        if answer.status in REDIRECTS:
            return answer.headers.get("Location", "")
        if answer.status != http.client.OK:
            raise _refused(f"The host answered with {answer.status}.", code="fetch_status", hint="Check the address.")
        content = _read(answer, policy=policy, deadline=deadline, clock=clock)
    except (OSError, http.client.HTTPException) as error:
        if connection.is_cut:
            raise _too_slow(policy) from error
        raise _refused(
            f"The host could not be asked ({type(error).__name__}).", code="fetch_failed", hint="Try again later."
        ) from error
    finally:
        end.cancel()
        connection.close()
    if connection.is_cut:  # what was read may end anywhere
        raise _too_slow(policy)
    inflated = _inflate(content, answer.headers.get("Content-Encoding", ""), policy=policy)
    return Fetched(inflated, parts.geturl(), answer.headers.get_content_type())


def _choose_address(host: str, port: int, *, policy: FetchPolicy) -> str:
    """An address that was checked. One that is not allowed among them refuses all: names that are both are traps."""
    try:
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in policy.resolve(host, port)]
    except (OSError, ValueError, UnicodeError) as error:
        raise _refused("The host's name is not known.", code="fetch_host", hint="Check the address.") from error
    if not found or not all(policy.is_allowed(address) for address in found):
        raise _refused("The address names no public host.", code="fetch_host", hint="Use a public address.")
    return str(found[0])


class _PinnedConnection(http.client.HTTPSConnection):
    """TLS to one checked address, with the certificate of the name."""

    def __init__(self, host: str, port: int, *, address: str, policy: FetchPolicy) -> None:
        self._context_used = policy.context or ssl.create_default_context()
        super().__init__(host, port, timeout=policy.step_s, context=self._context_used)
        self._address = address
        self.is_cut = False

    def connect(self) -> None:
        """To the address that was checked; the name is not looked up again."""
        plain = socket.create_connection((self._address, self.port), timeout=self.timeout)
        try:
            self.sock = self._context_used.wrap_socket(plain, server_hostname=self.host, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def cut(self) -> None:
        """End whatever is going on, from another thread."""
        self.is_cut = True
        connection = self.sock
        if connection is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _read(
    answer: http.client.HTTPResponse, *, policy: FetchPolicy, deadline: float, clock: Callable[[], float]
) -> bytes:
    chunks, size = [], 0
    while chunk := answer.read1(_CHUNK):
        size += len(chunk)
        if size > policy.max_bytes:
            raise _too_large(policy)
        if clock() > deadline:
            raise _too_slow(policy)
        chunks.append(chunk)
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    return b"".join(chunks)


def _inflate(content: bytes, encoding: str, *, policy: FetchPolicy) -> bytes:
    match encoding.strip().lower():
        case "" | "identity":
            return content
        case "gzip" | "x-gzip":
            try:
                return inflate_gzip(content, max_bytes=policy.max_bytes)
            except ArchiveInvalid as error:
                raise FetchRefused(error.message, code=error.code, hint=error.hint, params=error.params) from error
        case _:
            raise _refused("The answer is packed in an unknown way.", code="fetch_encoding", hint="Bring the file.")


def _too_slow(policy: FetchPolicy) -> FetchRefused:
    return _refused(
        f"The host took longer than {policy.seconds:g} s.", code="fetch_slow", hint="Bring the file yourself."
    )


def _too_large(policy: FetchPolicy) -> FetchRefused:
    limit = policy.max_bytes
    return FetchRefused(
        f"The answer is larger than {limit // 1024**2} MB.",
        code="fetch_too_large",
        hint="Bring a shorter file.",
        params={"limit": limit},
    )


def _refused(message: str, *, code: str, hint: str) -> FetchRefused:
    return FetchRefused(message, code=code, hint=hint)
