from __future__ import annotations

import pytest
from ledger_accounts import BROWSER, HASH, TERMINAL, add_user, enter, run_together
from sqlalchemy import text

from azuraforge_contracts import AuditAction, LinkPurpose
from azuraforge_ledger import AlreadySetUp, Chosen, EntryMissing, Ledger, LinkInvalid, NameTaken, UserEdit
from azuraforge_ledger.links import LINK_LIFETIME_S
from azuraforge_ledger.testing import pass_time


def test_the_first_link_makes_the_first_admin(ledger: Ledger) -> None:
    link = ledger.links.create_setup(by=TERMINAL)
    assert (ledger.links.read(link.token).purpose, ledger.links.read(link.token).user) == (LinkPurpose.SETUP, "")
    opened = ledger.links.redeem(link.token, Chosen("Ayşe", HASH), visitor=BROWSER)
    assert (opened.person.name, opened.person.is_admin) == ("Ayşe", True)
    assert ledger.users.has_admin()
    with pytest.raises(AlreadySetUp):
        ledger.links.create_setup(by=TERMINAL)
    with pytest.raises(LinkInvalid):
        ledger.links.redeem(link.token, Chosen("Fatma", HASH), visitor=BROWSER)


def test_of_many_first_admins_at_the_same_time_one_is_made(ledger: Ledger) -> None:
    links = [ledger.links.create_setup(by=TERMINAL) for _ in range(4)]
    raised = run_together(
        [
            lambda link=link, name=name: ledger.links.redeem(link.token, Chosen(name, HASH), visitor=BROWSER)
            for name, link in zip("abcd", links, strict=True)
        ]
    )
    assert [type(error) for error in raised] == [LinkInvalid] * 3
    assert [one.is_admin for one in ledger.users.list_all()] == [True]


def test_a_name_that_is_taken_leaves_the_link_good(ledger: Ledger) -> None:
    add_user(ledger, "Ayşe")
    link = ledger.links.create_setup(by=TERMINAL)
    with pytest.raises(NameTaken):
        ledger.links.redeem(link.token, Chosen("AYSE", HASH), visitor=BROWSER)
    assert ledger.links.redeem(link.token, Chosen("Fatma", HASH), visitor=BROWSER).person.is_admin


def test_a_sign_in_link_opens_one_session(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    link = ledger.links.create(LinkPurpose.SESSION, user_id=user.id, by=TERMINAL)
    raised = run_together([lambda: ledger.links.redeem(link.token, Chosen(), visitor=BROWSER)] * 4)
    assert [type(error) for error in raised] == [LinkInvalid] * 3
    assert len(ledger.sessions.list_for(user.id)) == 1


@pytest.mark.parametrize("purpose", [LinkPurpose.INVITE, LinkPurpose.RESET])
def test_a_link_for_a_password_ends_what_was_signed_in_and_every_other_link(
    ledger: Ledger, purpose: LinkPurpose
) -> None:
    user = add_user(ledger, "Ayşe", password_hash=None if purpose is LinkPurpose.INVITE else HASH)
    links = [ledger.links.create(purpose, user_id=user.id, by=TERMINAL) for _ in range(2)]
    session = ledger.links.create(LinkPurpose.SESSION, user_id=user.id, by=TERMINAL)
    before = ledger.links.redeem(session.token, Chosen(), visitor=BROWSER)
    with pytest.raises(ValueError, match="needs a password"):
        ledger.links.redeem(links[0].token, Chosen(), visitor=BROWSER)
    opened = ledger.links.redeem(links[0].token, Chosen(password_hash="new"), visitor=BROWSER)
    assert opened.ended == (before.id,)
    assert [one.id for one in ledger.sessions.list_for(user.id)] == [opened.id]
    with pytest.raises(LinkInvalid):
        ledger.links.redeem(links[1].token, Chosen(password_hash="newer"), visitor=BROWSER)
    found = ledger.users.find_credentials_of(user.id)
    assert found is not None
    assert found.password_hash == "new"


@pytest.mark.parametrize("purpose", [LinkPurpose.SESSION, LinkPurpose.INVITE, LinkPurpose.RESET])
def test_a_link_dies_with_time(ledger: Ledger, purpose: LinkPurpose) -> None:
    user = add_user(ledger, "Ayşe")
    link = ledger.links.create(purpose, user_id=user.id, by=TERMINAL)
    pass_time(ledger, LINK_LIFETIME_S[purpose] - 5)
    assert ledger.links.read(link.token).user == "Ayşe"
    pass_time(ledger, 5)
    with pytest.raises(LinkInvalid):
        ledger.links.read(link.token)
    with pytest.raises(LinkInvalid):
        ledger.links.redeem(link.token, Chosen(password_hash="new"), visitor=BROWSER)


def test_a_disabled_user_gets_no_link(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    ledger.users.change(user.id, UserEdit(is_disabled=True), by=TERMINAL)
    with pytest.raises(EntryMissing):
        ledger.links.create(LinkPurpose.SESSION, user_id=user.id, by=TERMINAL)


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "\ud800", "x" * 100_000])
def test_an_unknown_token_is_no_link(ledger: Ledger, token: str) -> None:
    with pytest.raises(LinkInvalid):
        ledger.links.redeem(token, Chosen(), visitor=BROWSER)


def test_links_and_sign_ins_are_written_down_without_their_tokens(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    link = ledger.links.create(LinkPurpose.SESSION, user_id=user.id, by=TERMINAL)
    opened = ledger.links.redeem(link.token, Chosen(), visitor=BROWSER)
    enter(ledger, user)
    entries = ledger.audit.list_page().items
    assert [(entry.action, entry.detail) for entry in entries][:3] == [
        (AuditAction.SIGNED_IN, {"way": "password"}),
        (AuditAction.SIGNED_IN, {"way": "link:session"}),
        (AuditAction.LINK_CREATED, {"purpose": "session"}),
    ]
    assert (entries[0].actor, entries[0].actor_name, entries[0].address) == (user.id, "Ayşe", "192.0.2.7")
    with ledger.database.read() as connection:
        stored = str(connection.execute(text("SELECT * FROM audit")).all())
        stored += str(connection.execute(text("SELECT * FROM sign_in_link")).all())
    for token in (link.token, opened.token):
        assert token not in stored + repr(link)
