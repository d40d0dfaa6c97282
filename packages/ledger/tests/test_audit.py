from __future__ import annotations

import pytest
from ledger_accounts import TERMINAL

from azuraforge_contracts import AuditAction
from azuraforge_ledger import AuditFilter, By, CursorInvalid, Ledger


def test_pages_hold_every_entry_once_newest_first(ledger: Ledger) -> None:
    for number in range(7):
        ledger.audit.add(TERMINAL, AuditAction.EXPERIMENT_CREATED, subject=str(number))
    seen, cursor = list[str](), None
    while True:
        page = ledger.audit.list_page(cursor=cursor, limit=3)
        seen += [entry.subject for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [str(number) for number in range(7)]
    instants = [entry.at for entry in ledger.audit.list_page().items]
    assert instants == sorted(instants, reverse=True)


def test_a_filter_leaves_out_the_rest(ledger: Ledger) -> None:
    other = By("nobody", address="192.0.2.9")
    ledger.audit.add(TERMINAL, AuditAction.EXPERIMENT_CREATED, subject="a", project="p")
    ledger.audit.add(other, AuditAction.SIGN_IN_FAILED, subject="b")
    for wanted in (
        AuditFilter(action="sign_in_failed"),
        AuditFilter(actor="nobody"),
        AuditFilter(subject="b"),
    ):
        assert [entry.subject for entry in ledger.audit.list_page(wanted).items] == ["b"]
    assert [entry.subject for entry in ledger.audit.list_page(AuditFilter(project="p")).items] == ["a"]


def test_a_key_that_was_used_is_named(ledger: Ledger) -> None:
    ledger.audit.add(By("u", "Ayşe", key="k"), AuditAction.EXPERIMENT_CANCELLED, subject="a", detail={"way": "api"})
    assert ledger.audit.list_page().items[0].detail == {"way": "api", "key": "k"}


@pytest.mark.parametrize("words", ["", "\x00", "\ud800", "\u202eabc", "x" * 10_000])
def test_no_address_or_name_breaks_it(ledger: Ledger, words: str) -> None:
    ledger.audit.add(By("nobody", words, words), AuditAction.SIGN_IN_FAILED, subject=words)
    assert ledger.audit.list_page().items[0].subject == words


def test_a_forged_cursor_is_refused(ledger: Ledger) -> None:
    with pytest.raises(CursorInvalid):
        ledger.audit.list_page(cursor="nonsense")
