"""What can go wrong in the ledger.

LedgerError
├── ArtifactDamaged        a stored file is not what its sha256 says
├── ArtifactMissing        no such artifact, or its file is gone
├── CursorInvalid          a page cursor that this ledger did not make
├── DatabaseUrlInvalid     a database URL that cannot be used
├── EpochSkipped           an epoch that would leave a hole in the history
├── ExperimentMissing      no such experiment
├── FenceLost              the caller's attempt is not the one that may write
├── HashInvalid            text that is not a sha256
├── IdempotencyMismatch    a repeated key with another body
├── LedgerUnavailable      the database did not answer in time
├── LinkInvalid            a sign-in link that was never made, was used or is too old
├── NotAFile               something other than a plain file was offered as an artifact
├── SchemaMismatch
│   ├── SchemaOutdated     the database is older than this program
│   └── SchemaTooNew       the database is newer than this program
└── StateConflict          the experiment's state does not allow this
"""

from __future__ import annotations

from azuraforge_contracts import ExperimentState


class LedgerError(Exception):
    """The base of everything the ledger raises on purpose."""


class ArtifactDamaged(LedgerError):
    """A stored file whose content no longer has the sha256 it is filed under; it is never handed out."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The stored file {sha256} is damaged. Restore it from a backup or run the experiment again.")
        self.sha256 = sha256


class ArtifactMissing(LedgerError):
    """An experiment has no artifact of that name, or the store has no file with that sha256."""


class CursorInvalid(LedgerError):
    """A cursor that no page of this ledger returned."""

    def __init__(self) -> None:
        super().__init__("The cursor is not one that a page returned. Start again without a cursor.")


class DatabaseUrlInvalid(LedgerError):
    """The database URL names nothing that the ledger can stand on."""


class EpochSkipped(LedgerError):
    """An epoch event that would leave a hole: epochs are stored one after the other, from 1."""

    def __init__(self, task_id: str, *, epoch: int) -> None:
        super().__init__(f"Experiment {task_id} has no epoch {epoch - 1} yet, so epoch {epoch} cannot be stored.")
        self.task_id = task_id
        self.epoch = epoch


class ExperimentMissing(LedgerError):
    """No experiment has this id."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"There is no experiment {task_id!r}. List the experiments to see their ids.")
        self.task_id = task_id


class FenceLost(LedgerError):
    """This attempt may not write (any more): another one was claimed, or the experiment is no longer active."""

    def __init__(self, task_id: str, *, attempt: int) -> None:
        super().__init__(f"Attempt {attempt} does not hold experiment {task_id}. Stop its trainer and write nothing.")
        self.task_id = task_id
        self.attempt = attempt


class HashInvalid(LedgerError):
    """Text that is not the lower-case hexadecimal form of a sha256."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:80]!r} is not a sha256. Expected 64 characters of 0-9 and a-f.")


class IdempotencyMismatch(LedgerError):
    """The idempotency key was used before, with another body."""

    def __init__(self) -> None:
        super().__init__("This idempotency key was used for another request. Send a new key with a new request.")


class LedgerUnavailable(LedgerError):
    """The database could not be reached, or a lock was not free in time. Nothing was written."""


class LinkInvalid(LedgerError):
    """A sign-in link that was never made, has been used or has expired."""

    def __init__(self) -> None:
        super().__init__("The sign-in link was used or has expired. Ask the terminal for a new one.")


class NotAFile(LedgerError):
    """A link, a folder, a pipe or a device was offered where a plain file is wanted."""


class SchemaMismatch(LedgerError):
    """The tables are not the ones that this program was written for."""


class SchemaOutdated(SchemaMismatch):
    """The tables are older than this program; `migrate` brings them forward."""


class SchemaTooNew(SchemaMismatch):
    """The tables were made by a newer program; this one must be updated."""


class StateConflict(LedgerError):
    """The experiment is in a state that does not allow what was asked."""

    def __init__(self, task_id: str, *, state: ExperimentState, wanted: str) -> None:
        super().__init__(f"Experiment {task_id} is {state}, so it cannot {wanted}.")
        self.task_id = task_id
        self.state = state
