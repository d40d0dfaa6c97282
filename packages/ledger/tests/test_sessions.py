from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from sqlalchemy import text

from azuraforge_ledger import Issued, Ledger, LinkInvalid
from azuraforge_ledger.sessions import LINK_LIFETIME_S, SESSION_LIFETIME_S
from azuraforge_ledger.testing import pass_time


def test_a_link_opens_one_session(ledger: Ledger) -> None:
    link = ledger.sessions.create_link()
    session = ledger.sessions.redeem_link(link.token)
    found = ledger.sessions.find_session(session.token)
    assert found is not None
    assert found.expires_at == session.expires_at
    with pytest.raises(LinkInvalid):
        ledger.sessions.redeem_link(link.token)


def test_a_link_dies_after_a_quarter_of_an_hour(ledger: Ledger) -> None:
    early, late = ledger.sessions.create_link(), ledger.sessions.create_link()
    pass_time(ledger, LINK_LIFETIME_S / 2)
    ledger.sessions.redeem_link(early.token)
    pass_time(ledger, LINK_LIFETIME_S / 2)
    with pytest.raises(LinkInvalid):
        ledger.sessions.redeem_link(late.token)


def test_two_browsers_with_one_link_are_one_session(ledger: Ledger) -> None:
    link = ledger.sessions.create_link()
    barrier, opened = threading.Barrier(4), list[Issued]()

    def redeem() -> None:
        barrier.wait()
        with suppress(LinkInvalid):
            opened.append(ledger.sessions.redeem_link(link.token))

    threads = [threading.Thread(target=redeem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "\ud800", "x" * 100_000])
def test_an_unknown_token_opens_nothing(ledger: Ledger, token: str) -> None:
    assert ledger.sessions.find_session(token) is None
    ledger.sessions.end_session(token)
    with pytest.raises(LinkInvalid):
        ledger.sessions.redeem_link(token)


def test_a_session_ends_by_signing_out_or_with_time(ledger: Ledger) -> None:
    first, second = (ledger.sessions.redeem_link(ledger.sessions.create_link().token) for _ in range(2))
    ledger.sessions.end_session(first.token)
    assert ledger.sessions.find_session(first.token) is None
    assert ledger.sessions.find_session(second.token) is not None
    pass_time(ledger, SESSION_LIFETIME_S)
    assert ledger.sessions.find_session(second.token) is None


def test_no_token_is_stored_or_shown(ledger: Ledger) -> None:
    link = ledger.sessions.create_link()
    unused = ledger.sessions.create_link()
    session = ledger.sessions.redeem_link(link.token)
    with ledger.database.read() as connection:
        stored = str(connection.execute(text("SELECT * FROM sign_in_link")).all())
        stored += str(connection.execute(text("SELECT * FROM session")).all())
    for token in (link.token, unused.token, session.token):
        assert token not in stored + repr([link, unused, session])
