"""People for the tests of accounts."""

from __future__ import annotations

import threading
from collections.abc import Callable

from azuraforge_contracts import UserRead
from azuraforge_ledger import By, Ledger, LedgerError, NewUser, SignedIn, Visitor

TERMINAL = By("owner_key", "owner", "127.0.0.1")
BROWSER = Visitor("Firefox", "192.0.2.7")
HASH = "$argon2id$not-a-real-one"


def add_user(ledger: Ledger, name: str, *, is_admin: bool = False, password_hash: str | None = HASH) -> UserRead:
    return ledger.users.create(NewUser(name, is_admin=is_admin, password_hash=password_hash), by=TERMINAL)


def enter(ledger: Ledger, user: UserRead) -> SignedIn:
    return ledger.sessions.open(user.id, verified=HASH, visitor=BROWSER)


def run_together(calls: list[Callable[[], object]]) -> list[LedgerError]:
    """Start every call at the same moment; what they raised."""
    barrier, raised = threading.Barrier(len(calls)), list[LedgerError]()

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except LedgerError as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
