"""The durable truth of AzuraForge: experiments, events, leases, artifacts and sessions in one database.

`open_ledger` opens it; `housekeeping.run_pass` keeps it moving; `ArtifactStore` holds the files.
"""

from azuraforge_ledger import housekeeping
from azuraforge_ledger.audit import NOBODY, OWNER_KEY, AuditFilter, By
from azuraforge_ledger.checkpoints import CheckpointRow
from azuraforge_ledger.deletion import Deleted
from azuraforge_ledger.errors import (
    AlreadySetUp,
    ArtifactDamaged,
    ArtifactMissing,
    CheckpointMissing,
    CursorInvalid,
    DatabaseUrlInvalid,
    EntryMissing,
    EpochSkipped,
    ExperimentMissing,
    ExperimentReferenced,
    FenceLost,
    HashInvalid,
    IdempotencyMismatch,
    LastAdmin,
    LedgerError,
    LedgerUnavailable,
    LinkInvalid,
    NameTaken,
    NotAFile,
    PasswordStale,
    ProjectArchived,
    SchemaMismatch,
    SchemaOutdated,
    SchemaTooNew,
    StateConflict,
)
from azuraforge_ledger.experiments import ExperimentFilter
from azuraforge_ledger.housekeeping import PassMemory, PassReport
from azuraforge_ledger.keys import KeyHolder, NewKey
from azuraforge_ledger.leases import Claim, Orders
from azuraforge_ledger.ledger import Ledger, open_ledger
from azuraforge_ledger.links import Chosen
from azuraforge_ledger.listing import ExperimentOrder
from azuraforge_ledger.people import Person
from azuraforge_ledger.queue_places import Crew
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.sessions import Session, SignedIn, Visitor
from azuraforge_ledger.store import ArtifactStore
from azuraforge_ledger.submissions import IdempotencyKey, NewExperiment, Submitted
from azuraforge_ledger.tables import DEFAULT_PROJECT
from azuraforge_ledger.tokens import Issued
from azuraforge_ledger.users import Credentials, NewUser, UserEdit, name_key

__all__ = [
    "DEFAULT_PROJECT",
    "NOBODY",
    "OWNER_KEY",
    "AlreadySetUp",
    "ArtifactDamaged",
    "ArtifactMissing",
    "ArtifactStore",
    "AuditFilter",
    "By",
    "CheckpointMissing",
    "CheckpointRow",
    "Chosen",
    "Claim",
    "Credentials",
    "Crew",
    "CursorInvalid",
    "DatabaseUrlInvalid",
    "Deleted",
    "EntryMissing",
    "EpochSkipped",
    "ExperimentFilter",
    "ExperimentMissing",
    "ExperimentOrder",
    "ExperimentReferenced",
    "FenceLost",
    "HashInvalid",
    "IdempotencyKey",
    "IdempotencyMismatch",
    "Issued",
    "KeyHolder",
    "LastAdmin",
    "Ledger",
    "LedgerError",
    "LedgerUnavailable",
    "LinkInvalid",
    "NameTaken",
    "NewExperiment",
    "NewKey",
    "NewUser",
    "NotAFile",
    "Orders",
    "PassMemory",
    "PassReport",
    "PasswordStale",
    "Person",
    "ProjectArchived",
    "Reason",
    "SchemaMismatch",
    "SchemaOutdated",
    "SchemaTooNew",
    "Session",
    "SignedIn",
    "StateConflict",
    "Submitted",
    "UserEdit",
    "Visitor",
    "housekeeping",
    "name_key",
    "open_ledger",
]
