from __future__ import annotations

import pytest
from ledger_accounts import BROWSER, HASH, TERMINAL, add_user, enter
from sqlalchemy import text

from azuraforge_ledger import EntryMissing, Ledger, NewUser, PasswordStale
from azuraforge_ledger.sessions import SESSION_LIFETIME_S
from azuraforge_ledger.testing import pass_time


def test_a_password_that_was_right_opens_a_session(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe", is_admin=True)
    opened = enter(ledger, user)
    found = ledger.sessions.find_session(opened.token)
    assert found is not None
    assert (found.id, found.person.id, found.person.is_admin) == (opened.id, user.id, True)
    with pytest.raises(PasswordStale):
        ledger.sessions.open(user.id, verified="another hash", visitor=BROWSER)


def test_an_old_hash_is_replaced_where_it_was_right(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    ledger.sessions.open(user.id, verified=HASH, new_hash="stronger", visitor=BROWSER)
    found = ledger.users.find_credentials("ayse")
    assert found is not None
    assert found.password_hash == "stronger"


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "\ud800", "x" * 100_000])
def test_an_unknown_token_opens_nothing(ledger: Ledger, token: str) -> None:
    assert ledger.sessions.find_session(token) is None
    assert ledger.sessions.end_session(token, by=TERMINAL) is None


def test_a_session_ends_by_signing_out_or_with_time(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    first, second = enter(ledger, user), enter(ledger, user)
    assert ledger.sessions.end_session(first.token, by=TERMINAL) == first.id
    assert ledger.sessions.find_session(first.token) is None
    assert ledger.sessions.find_session(second.token) is not None
    pass_time(ledger, SESSION_LIFETIME_S)
    assert ledger.sessions.find_session(second.token) is None


def test_the_list_says_where_and_when_and_marks_the_one_that_asks(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    older = enter(ledger, user)
    pass_time(ledger, 3600)
    newer = enter(ledger, user)
    enter(ledger, add_user(ledger, "Fatma"))
    listed = ledger.sessions.list_for(user.id, current=older.id)
    assert [(one.id, one.is_current) for one in listed] == [(newer.id, False), (older.id, True)]
    assert (listed[0].agent, listed[0].address) == ("Firefox", "192.0.2.7")
    ledger.sessions.find_session(older.token)
    assert [one.id for one in ledger.sessions.list_for(user.id)] == [older.id, newer.id], "seen just now"


def test_being_seen_is_written_once_a_minute(ledger: Ledger) -> None:
    opened = enter(ledger, add_user(ledger, "Ayşe"))
    pass_time(ledger, 59)
    before = ledger.sessions.list_for(opened.person.id)[0].seen_at
    ledger.sessions.find_session(opened.token)
    assert ledger.sessions.list_for(opened.person.id)[0].seen_at == before
    pass_time(ledger, 1)
    ledger.sessions.find_session(opened.token)
    assert ledger.sessions.list_for(opened.person.id)[0].seen_at > before


def test_nobody_ends_the_session_of_somebody_else(ledger: Ledger) -> None:
    ayse, fatma = add_user(ledger, "Ayşe"), add_user(ledger, "Fatma")
    opened = enter(ledger, ayse)
    for session_id in (opened.id, "", "\x00", "x" * 36):
        with pytest.raises(EntryMissing):
            ledger.sessions.end_one(session_id, user_id=fatma.id, by=TERMINAL)
    assert ledger.sessions.end_others(fatma.id, keep="", by=TERMINAL) == []
    ledger.sessions.end_one(opened.id, user_id=ayse.id, by=TERMINAL)
    assert ledger.sessions.list_for(ayse.id) == []


def test_only_live_sessions_are_live(ledger: Ledger) -> None:
    user = ledger.users.create(NewUser("Ayşe", password_hash=HASH), by=TERMINAL)
    gone, here = enter(ledger, user), enter(ledger, user)
    ledger.sessions.end_session(gone.token, by=TERMINAL)
    live = ledger.sessions.list_live([gone.id, here.id, "nonsense"])
    assert {key: person.name for key, person in live.items()} == {here.id: "Ayşe"}


def test_no_token_is_stored_or_shown(ledger: Ledger) -> None:
    opened = enter(ledger, add_user(ledger, "Ayşe"))
    with ledger.database.read() as connection:
        stored = str(connection.execute(text("SELECT * FROM session")).all())
        stored += str(connection.execute(text("SELECT * FROM audit")).all())
    assert opened.token not in stored + repr(opened)
