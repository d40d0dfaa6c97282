"""Who is at the other end: the peer, or whoever a declared proxy says it speaks for.

Forwarding headers count only when the connection comes from `AZURAFORGE_TRUSTED_PROXIES`. Their list is read from the
right, each entry vouched for by the hop behind it, up to the first that is no trusted proxy. What cannot be read ends
the walk: whatever stands left of it was written by nobody we know. `X-Forwarded-For` and `Forwarded` that disagree
count for nothing, because a proxy writes one of them and passes the other on as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from azuraforge_api.settings import Network

Address = IPv4Address | IPv6Address

MAX_HOPS: Final = 16
_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_ELEMENT = re.compile(r'(?:[^",]|"[^"]*+"?)++')
"""One element of `Forwarded`; a comma inside quotation marks separates nothing."""


@dataclass(frozen=True)
class Client:
    """The other end of a connection; `address` is "" where it has none (a Unix socket)."""

    address: str
    is_https: bool


@dataclass(frozen=True)
class _Hop:
    address: Address | None
    scheme: str


def find_client(scope: Scope, *, trusted: Sequence[Network], is_https_assumed: bool = False) -> Client:
    """The client of a connection and whether it speaks TLS.

    `is_https_assumed` answers for a trusted proxy that does not say which scheme it was asked by.
    """
    peer = _read_address(scope["client"][0]) if scope.get("client") else None
    own_scheme = _SCHEMES.get(scope.get("scheme", "http"), "http")
    if peer is None:
        return Client("", own_scheme == "https")
    if not _is_in(peer, trusted):
        return Client(str(peer), own_scheme == "https")
    address, scheme = _walk(peer, _list_hops(Headers(scope=scope)), trusted=trusted)
    fallback = "https" if is_https_assumed else own_scheme
    return Client(str(address), (scheme or fallback) == "https")


def network_of(address: str) -> str:
    """What limits count by: an IPv4 address, or the /64 that one IPv6 customer may choose addresses from."""
    found = _read_address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return address if found is None else str(found)


def _walk(peer: Address, hops: Sequence[_Hop], *, trusted: Sequence[Network]) -> tuple[Address, str]:
    address, scheme = peer, ""
    for hop in reversed(hops[-MAX_HOPS:]):
        if hop.address is None:
            break
        address, scheme = hop.address, hop.scheme
        if not _is_in(address, trusted):
            break
    return address, scheme


def _list_hops(headers: Headers) -> list[_Hop]:
    """Hops from the farthest to the nearest; none when the headers contradict each other."""
    protocols = [_SCHEMES.get(text.lower(), "") for text in _list_values(headers, "x-forwarded-proto")]
    addresses = [_read_node(text) for text in _list_values(headers, "x-forwarded-for")]
    forwarded = [_read_element(text) for text in _ELEMENT.findall(",".join(headers.getlist("forwarded")))]
    if not addresses:
        return forwarded
    if forwarded and [hop.address for hop in forwarded] != addresses:
        return []
    paired = protocols if len(protocols) == len(addresses) else protocols[-1:] * len(addresses)
    return [_Hop(address, scheme) for address, scheme in zip(addresses, paired or [""] * len(addresses), strict=True)]


def _list_values(headers: Headers, name: str) -> list[str]:
    joined = ",".join(headers.getlist(name))
    return [value.strip() for value in joined.split(",")] if joined else []


def _read_element(text: str) -> _Hop:
    pairs = (pair.partition("=") for pair in text.split(";"))
    found = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    return _Hop(_read_node(found.get("for", "")), _SCHEMES.get(found.get("proto", "").lower(), ""))


def _read_node(text: str) -> Address | None:
    """An address with or without its port: `192.0.2.1:99`, `[2001:db8::1]:99`, `2001:db8::1`."""
    text = text.strip().strip('"')
    if text.startswith("["):
        return _read_address(text[1:].partition("]")[0])
    if text.count(":") == 1:
        text = text.partition(":")[0]
    return _read_address(text)


def _read_address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
