"""Whose request it is: the peer's, or the one that a declared proxy vouches for."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_api.edge.client_address import Client, find_client, network_of

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))
PROXY = "10.0.0.1"


def seen(
    *headers: tuple[str, str], peer: str | None = PROXY, scheme: str = "http", is_https_assumed: bool = False
) -> Client:
    scope: dict[str, Any] = {
        "client": None if peer is None else (peer, 1234),
        "scheme": scheme,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    return find_client(scope, trusted=TRUSTED, is_https_assumed=is_https_assumed)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([("X-Forwarded-For", "203.0.113.7")], "203.0.113.7"),
        ([("X-Forwarded-For", "6.6.6.6, 203.0.113.7")], "203.0.113.7"),  # the left one is the client's own claim
        ([("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.7, 10.9.9.9")], "203.0.113.7"),
        ([("X-Forwarded-For", "203.0.113.7:4711")], "203.0.113.7"),
        ([("X-Forwarded-For", "[2001:db8:9::1]:4711")], "2001:db8:9::1"),
        ([("X-Forwarded-For", "::ffff:203.0.113.7")], "203.0.113.7"),
        ([("X-Forwarded-For", "10.2.3.4, 10.0.0.9")], "10.2.3.4"),  # everybody is trusted: the farthest
        ([("X-Forwarded-For", "6.6.6.6, garbage, 10.0.0.9")], "10.0.0.9"),  # nobody vouches for what is left of garbage
        ([("X-Forwarded-For", "garbage")], PROXY),
        ([("X-Forwarded-For", "")], PROXY),
        ([("X-Forwarded-For", "6.6.6.6,")], PROXY),
        ([("X-Forwarded-For", "203.0.113.7\x00")], PROXY),
        ([("X-Forwarded-For", "٣.3.3.3".encode().decode("latin-1"))], PROXY),
        ([("Forwarded", 'for="[2001:db8:9::1]:4711";proto=https, for=10.0.0.9')], "2001:db8:9::1"),
        ([("Forwarded", "For=203.0.113.7;by=10.0.0.1")], "203.0.113.7"),
        ([("Forwarded", 'for="_hidden, for=6.6.6.6')], PROXY),
        ([("Forwarded", "for=203.0.113.7"), ("X-Forwarded-For", "203.0.113.7")], "203.0.113.7"),
        ([("Forwarded", "for=6.6.6.6"), ("X-Forwarded-For", "203.0.113.7")], PROXY),  # one of the two is forged
        ([("X-Real-IP", "6.6.6.6"), ("Client-IP", "6.6.6.6")], PROXY),
    ],
)
def test_the_rightmost_hop_that_is_no_trusted_proxy_is_the_client(headers: list[Any], address: str) -> None:
    assert seen(*headers).address == address


def test_a_peer_that_is_no_trusted_proxy_speaks_for_itself_alone() -> None:
    headers = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=6.6.6.6;proto=https")]
    assert seen(*headers, peer="203.0.113.7") == Client("203.0.113.7", is_https=False)
    assert seen(*headers, peer=None) == Client("", is_https=False)
    assert seen(*headers, peer="203.0.113.7", scheme="wss").is_https


@pytest.mark.parametrize(
    ("headers", "is_https"),
    [
        ([("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https")], True),
        ([("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "WSS")], True),
        ([("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http")], False),
        ([("X-Forwarded-For", "203.0.113.7, 10.0.0.9"), ("X-Forwarded-Proto", "https, http")], True),
        ([("X-Forwarded-For", "6.6.6.6, 203.0.113.7"), ("X-Forwarded-Proto", "https, http")], False),
        ([("X-Forwarded-For", "6.6.6.6, 203.0.113.7"), ("X-Forwarded-Proto", "http")], False),
        ([("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "gopher")], False),
        ([("Forwarded", "for=203.0.113.7;proto=https")], True),
    ],
)
def test_the_scheme_is_what_the_proxy_was_asked_by(headers: list[Any], is_https: bool) -> None:
    assert seen(*headers).is_https is is_https


def test_a_proxy_that_does_not_say_its_scheme_has_the_public_address_scheme() -> None:
    assert seen(("X-Forwarded-For", "203.0.113.7"), is_https_assumed=True).is_https
    assert not seen(("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http"), is_https_assumed=True).is_https


def test_limits_count_ipv6_by_the_network_that_one_customer_has() -> None:
    assert network_of("2001:db8:9:1::1") == network_of("2001:db8:9:1:ffff::2") == "2001:db8:9:1::/64"
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("") == ""


@given(st.lists(st.tuples(st.sampled_from(["x-forwarded-for", "forwarded", "x-forwarded-proto"]),
                          st.text(st.characters(max_codepoint=255), max_size=40)), max_size=5))  # fmt: skip
def test_no_header_breaks_it(headers: list[tuple[str, str]]) -> None:
    assert seen(*headers).address


def test_ten_thousand_hops_are_not_walked() -> None:
    assert seen(("X-Forwarded-For", "10.0.0.2," * 10_000 + "10.0.0.3")).address == "10.0.0.2"
