from __future__ import annotations

import pytest
from ledger_accounts import HASH, TERMINAL, add_user, enter, run_together

from azuraforge_contracts import AuditAction, LinkPurpose, Role, new_id
from azuraforge_ledger import (
    DEFAULT_PROJECT,
    EntryMissing,
    LastAdmin,
    Ledger,
    LinkInvalid,
    NameTaken,
    NewUser,
    PasswordStale,
    UserEdit,
)

NOBODYS_ID = "0197f9a0-0000-7000-8000-00000000dead"


def test_a_new_user_has_the_roles_that_were_given(ledger: Ledger) -> None:
    user = ledger.users.create(NewUser("Ayşe", roles={DEFAULT_PROJECT: Role.EDITOR}), by=TERMINAL)
    ledger.users.change(user.id, UserEdit(is_disabled=False), by=TERMINAL)
    assert (user.name, user.is_admin, user.has_password) == ("Ayşe", False, False)
    assert [(one.user, one.role) for one in ledger.projects.list_members(DEFAULT_PROJECT)] == [(user.id, Role.EDITOR)]
    with pytest.raises(EntryMissing):
        ledger.users.create(NewUser("Fatma", roles={new_id(): Role.VIEWER}), by=TERMINAL)
    assert [one.name for one in ledger.users.list_all()] == ["Ayşe"]


@pytest.mark.parametrize("twin", ["AYŞE", "ayse", "Ays\u0327e"])
def test_a_name_is_one_name_however_it_is_written(ledger: Ledger, twin: str) -> None:
    add_user(ledger, "Ayşe")
    other = add_user(ledger, "Fatma")
    with pytest.raises(NameTaken):
        add_user(ledger, twin)
    with pytest.raises(NameTaken):
        ledger.users.change(other.id, UserEdit(name=twin), by=TERMINAL)
    found = ledger.users.find(twin)
    assert found is not None
    assert found.name == "Ayşe"


def test_the_last_admin_stays(ledger: Ledger) -> None:
    first = add_user(ledger, "first", is_admin=True)
    invited = add_user(ledger, "invited", is_admin=True, password_hash=None)
    for edit in (UserEdit(is_admin=False), UserEdit(is_disabled=True)):
        with pytest.raises(LastAdmin):
            ledger.users.change(first.id, edit, by=TERMINAL)
    assert not ledger.users.change(invited.id, UserEdit(is_admin=False), by=TERMINAL)[0].is_admin
    add_user(ledger, "second", is_admin=True)
    assert not ledger.users.change(first.id, UserEdit(is_admin=False), by=TERMINAL)[0].is_admin


def test_two_admins_who_demote_each_other_leave_one(ledger: Ledger) -> None:
    admins = [add_user(ledger, name, is_admin=True) for name in ("first", "second")]
    run_together([lambda one=one: ledger.users.change(one.id, UserEdit(is_admin=False), by=TERMINAL) for one in admins])
    assert [one.is_admin for one in ledger.users.list_all()].count(True) == 1


def test_disabling_ends_sessions_links_and_names_nobody(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    session, link = enter(ledger, user), ledger.links.create(LinkPurpose.RESET, user_id=user.id, by=TERMINAL)
    changed, ended = ledger.users.change(user.id, UserEdit(is_disabled=True), by=TERMINAL)
    assert changed.disabled_at is not None
    assert ended == [session.id]
    assert ledger.sessions.find_session(session.token) is None
    with pytest.raises(LinkInvalid):
        ledger.links.read(link.token)
    with pytest.raises(PasswordStale):
        enter(ledger, user)
    ledger.users.change(user.id, UserEdit(is_disabled=False), by=TERMINAL)
    assert ledger.sessions.find_session(enter(ledger, user).token) is not None


def test_a_new_password_ends_every_other_session(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    kept, others = enter(ledger, user), [enter(ledger, user) for _ in range(2)]
    bystander = enter(ledger, add_user(ledger, "Fatma"))
    change = ledger.users.change_password
    ended = change(user.id, verified=HASH, new_hash="new", keep=kept.id, by=TERMINAL)
    assert set(ended) == {one.id for one in others}
    assert [ledger.sessions.find_session(one.token) is None for one in (kept, *others, bystander)] == [
        False,
        True,
        True,
        False,
    ]
    with pytest.raises(PasswordStale):
        change(user.id, verified=HASH, new_hash="newer", keep=kept.id, by=TERMINAL)


@pytest.mark.parametrize("user_id", ["", "x", "../../etc/passwd", "\x00", "\ud800", NOBODYS_ID, NOBODYS_ID.upper()])
def test_an_id_that_nobody_has_is_missing(ledger: Ledger, user_id: str) -> None:
    with pytest.raises(EntryMissing):
        ledger.users.get(user_id)
    with pytest.raises(EntryMissing):
        ledger.users.change(user_id, UserEdit(is_admin=True), by=TERMINAL)


def test_every_change_is_written_down_with_whoever_made_it(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    ledger.users.change(user.id, UserEdit(is_admin=True), by=TERMINAL)
    with pytest.raises(LastAdmin):
        ledger.users.change(user.id, UserEdit(is_disabled=True), by=TERMINAL)
    entries = ledger.audit.list_page().items
    assert [entry.action for entry in entries] == [AuditAction.USER_CHANGED, AuditAction.USER_CREATED]
    assert {(entry.subject, entry.actor, entry.address) for entry in entries} == {(user.id, "owner_key", "127.0.0.1")}
    assert entries[0].detail == {"is_admin": True}
    assert HASH not in str(entries)
