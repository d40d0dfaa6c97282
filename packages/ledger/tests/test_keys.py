from __future__ import annotations

from datetime import timedelta

import pytest
from ledger_accounts import TERMINAL, add_user
from sqlalchemy import text

from azuraforge_contracts import Role, Scope, new_id
from azuraforge_ledger import DEFAULT_PROJECT, EntryMissing, Ledger, NewKey, UserEdit
from azuraforge_ledger.testing import pass_time

DAY_S = 24 * 3600


def test_a_key_stands_for_its_owner_with_its_scopes(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    ledger.projects.put_member(DEFAULT_PROJECT, user_name="ayse", role=Role.EDITOR, by=TERMINAL)
    new = NewKey(user.id, "ci", [Scope.READ, Scope.WRITE], project=DEFAULT_PROJECT)
    key, read = ledger.keys.create(new, by=TERMINAL)
    holder = ledger.keys.find(key)
    assert holder is not None
    assert (holder.id, holder.scopes, holder.project) == (read.id, {Scope.READ, Scope.WRITE}, DEFAULT_PROJECT)
    assert holder.person.roles == {DEFAULT_PROJECT: Role.EDITOR}
    assert key.startswith("azf_")
    assert key.startswith(read.prefix)
    assert len(key) > len(read.prefix) + 30


def test_a_key_ends_when_it_is_revoked_expires_or_its_owner_is_disabled(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    keys = [
        ledger.keys.create(NewKey(user.id, str(number), [Scope.READ], lifetime_s=number * DAY_S), by=TERMINAL)
        for number in (1, 2, 3)
    ]
    pass_time(ledger, DAY_S)
    assert [ledger.keys.find(key) is None for key, _ in keys] == [True, False, False]
    ledger.keys.revoke(keys[1][1].id, user_id=user.id, by=TERMINAL)
    assert [ledger.keys.find(key) is None for key, _ in keys] == [True, True, False]
    ids = [read.id for _, read in keys]
    assert set(ledger.keys.list_live(ids)) == {ids[2]}
    ledger.users.change(user.id, UserEdit(is_disabled=True), by=TERMINAL)
    assert ledger.keys.find(keys[2][0]) is None
    assert ledger.keys.list_live(ids) == {}


def test_a_key_that_a_key_makes_does_not_outlive_it(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    _, parent = ledger.keys.create(NewKey(user.id, "parent", [Scope.ADMIN], lifetime_s=DAY_S), by=TERMINAL)
    assert parent.expires_at is not None
    for lifetime_s, expected in ((None, parent.expires_at), (9 * DAY_S, parent.expires_at)):
        new = NewKey(user.id, "child", [Scope.READ], lifetime_s=lifetime_s, not_after=parent.expires_at)
        assert ledger.keys.create(new, by=TERMINAL)[1].expires_at == expected
    new = NewKey(user.id, "short", [Scope.READ], lifetime_s=60, not_after=parent.expires_at)
    shorter = ledger.keys.create(new, by=TERMINAL)[1].expires_at
    assert shorter is not None
    assert shorter < parent.expires_at - timedelta(hours=23)


def test_nobody_revokes_the_key_of_somebody_else(ledger: Ledger) -> None:
    ayse, fatma = add_user(ledger, "Ayşe"), add_user(ledger, "Fatma")
    key, read = ledger.keys.create(NewKey(ayse.id, "ci", [Scope.READ]), by=TERMINAL)
    for key_id in (read.id, "", "\x00", new_id()):
        with pytest.raises(EntryMissing):
            ledger.keys.revoke(key_id, user_id=fatma.id, by=TERMINAL)
    assert [one.id for one in ledger.keys.list_for(ayse.id)] == [read.id]
    assert ledger.keys.list_for(fatma.id) == []
    assert [one.user_name for one in ledger.keys.list_for(None)] == ["Ayşe"]
    assert ledger.keys.find(key) is not None
    ledger.keys.revoke(read.id, user_id=None, by=TERMINAL)
    assert ledger.keys.list_for(None) == []


def test_use_is_written_once_a_minute(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    key, read = ledger.keys.create(NewKey(user.id, "ci", [Scope.READ]), by=TERMINAL)
    assert read.used_at is None
    ledger.keys.find(key)
    first = ledger.keys.list_for(user.id)[0].used_at
    assert first is not None
    ledger.keys.find(key)
    assert ledger.keys.list_for(user.id)[0].used_at == first
    pass_time(ledger, 60)
    ledger.keys.find(key)
    again = ledger.keys.list_for(user.id)[0].used_at
    assert again is not None
    assert again >= first


def test_a_key_for_nobody_or_for_no_project_is_not_made(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    for new in (NewKey(new_id(), "x", [Scope.READ]), NewKey(user.id, "x", [Scope.READ], project=new_id())):
        with pytest.raises(EntryMissing):
            ledger.keys.create(new, by=TERMINAL)


def test_no_key_is_stored(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    key, _ = ledger.keys.create(NewKey(user.id, "ci", [Scope.READ]), by=TERMINAL)
    with ledger.database.read() as connection:
        stored = str(connection.execute(text("SELECT * FROM api_key")).all())
        stored += str(connection.execute(text("SELECT * FROM audit")).all())
    assert key not in stored
