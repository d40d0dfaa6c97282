"""What can go wrong in the ledger.

LedgerError
├── AlreadySetUp           the platform has an admin
├── ArtifactDamaged        a stored file is not what its sha256 says
├── ArtifactMissing        no such artifact, or its file is gone
├── CheckpointMissing      no checkpoint is kept there
├── CursorInvalid          a page cursor that this ledger did not make
├── DatabaseUrlInvalid     a database URL that cannot be used
├── EntryMissing           no such user, session, API key, project or member
├── EpochSkipped           an epoch that would leave a hole in the history
├── ExperimentMissing      no such experiment
├── ExperimentReferenced   something else needs the experiment
├── FenceLost              the caller's attempt is not the one that may write
├── HashInvalid            text that is not a sha256
├── IdempotencyMismatch    a repeated key with another body
├── LastAdmin              nobody else could manage the platform
├── LedgerUnavailable      the database did not answer in time
├── LinkInvalid            a sign-in link that was never made, was used or is too old
├── NameTaken              a user or a project has this name already
├── NotAFile               something other than a plain file was offered as an artifact
├── PasswordStale          the password was changed while it was checked
├── ProjectArchived        an archived project takes nothing new
├── SchemaMismatch
│   ├── SchemaOutdated     the database is older than this program
│   └── SchemaTooNew       the database is newer than this program
└── StateConflict          the experiment's state does not allow this
"""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge_contracts import ControlAction, ExperimentState, Reference, possible_actions


class LedgerError(Exception):
    """The base of everything the ledger raises on purpose."""


class AlreadySetUp(LedgerError):
    """The first admin was made before."""

    def __init__(self) -> None:
        super().__init__("This platform has an admin. Sign in, or ask the terminal for a link: azuraforge link.")


class ArtifactDamaged(LedgerError):
    """A stored file whose content no longer has the sha256 it is filed under; it is never handed out."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The stored file {sha256} is damaged. Restore it from a backup or run the experiment again.")
        self.sha256 = sha256


class ArtifactMissing(LedgerError):
    """An experiment has no artifact of that name, or the store has no file with that sha256."""


class CheckpointMissing(LedgerError):
    """An experiment keeps no checkpoint in the store, or none at that epoch."""

    def __init__(self, task_id: str, *, kept: Sequence[int]) -> None:
        epochs = ", ".join(str(epoch) for epoch in kept) or "none"
        super().__init__(f"Experiment {task_id} keeps no such checkpoint. Kept are those after epoch: {epochs}.")
        self.task_id = task_id
        self.kept = list(kept)


class CursorInvalid(LedgerError):
    """A cursor that no page of this ledger returned."""

    def __init__(self) -> None:
        super().__init__("The cursor is not one that a page returned. Start again without a cursor.")


class DatabaseUrlInvalid(LedgerError):
    """The database URL names nothing that the ledger can stand on."""


class EntryMissing(LedgerError):
    """There is no such thing among the accounts; `what` names its kind."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}. Its list has the ids of those that exist.")
        self.what = what


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


class ExperimentReferenced(LedgerError):
    """An experiment is not deleted while something needs it."""

    def __init__(self, task_id: str, *, references: Sequence[Reference]) -> None:
        named = ", ".join(f"{one.kind} {one.name!r} ({one.id})" for one in references[:5])
        super().__init__(f"Experiment {task_id} is needed by {named}. Delete what was made from it first.")
        self.task_id = task_id
        self.references = list(references)


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


class LastAdmin(LedgerError):
    """Without this admin nobody could manage the platform any more."""

    def __init__(self) -> None:
        super().__init__("Nobody else could manage the platform. Make another user an admin first.")


class LedgerUnavailable(LedgerError):
    """The database could not be reached, or a lock was not free in time. Nothing was written."""


class LinkInvalid(LedgerError):
    """A sign-in link that was never made, has been used or has expired."""

    def __init__(self) -> None:
        super().__init__("The sign-in link was used or has expired. Ask the terminal for a new one.")


class NameTaken(LedgerError):
    """A user or a project (`what`) is called so already; case and accents make no difference."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is a {what} of this name. Choose another one.")
        self.what = what


class NotAFile(LedgerError):
    """A link, a folder, a pipe or a device was offered where a plain file is wanted."""


class PasswordStale(LedgerError):
    """Between the check of a password and what it was for, the password was changed or the user disabled."""

    def __init__(self) -> None:
        super().__init__("The password was changed meanwhile. Sign in with the new one.")


class ProjectArchived(LedgerError):
    """The project is archived: what is in it can be read, nothing is added."""

    def __init__(self) -> None:
        super().__init__("The project is archived. Restore it, or choose another one.")


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

    @property
    def possible(self) -> list[ControlAction]:
        """What may be asked of it instead."""
        return possible_actions(self.state, is_archived=False)
