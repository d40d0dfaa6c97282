"""The durable truth of AzuraForge: experiments, events, leases, artifacts and sessions in one database.

`open_ledger` opens it; `housekeeping.run_pass` keeps it moving; `ArtifactStore` holds the files.
"""

from azuraforge_ledger import housekeeping
from azuraforge_ledger.checkpoints import CheckpointRow
from azuraforge_ledger.errors import (
    ArtifactDamaged,
    ArtifactMissing,
    CursorInvalid,
    DatabaseUrlInvalid,
    EpochSkipped,
    ExperimentMissing,
    FenceLost,
    HashInvalid,
    IdempotencyMismatch,
    LedgerError,
    LedgerUnavailable,
    LinkInvalid,
    NotAFile,
    SchemaMismatch,
    SchemaOutdated,
    SchemaTooNew,
    StateConflict,
)
from azuraforge_ledger.experiments import ExperimentFilter
from azuraforge_ledger.housekeeping import PassMemory, PassReport
from azuraforge_ledger.leases import Claim, Orders
from azuraforge_ledger.ledger import Ledger, open_ledger
from azuraforge_ledger.people import Person
from azuraforge_ledger.sessions import Issued, Session
from azuraforge_ledger.store import ArtifactStore
from azuraforge_ledger.submissions import IdempotencyKey, NewExperiment, Submitted
from azuraforge_ledger.tables import DEFAULT_PROJECT

__all__ = [
    "DEFAULT_PROJECT",
    "ArtifactDamaged",
    "ArtifactMissing",
    "ArtifactStore",
    "CheckpointRow",
    "Claim",
    "CursorInvalid",
    "DatabaseUrlInvalid",
    "EpochSkipped",
    "ExperimentFilter",
    "ExperimentMissing",
    "FenceLost",
    "HashInvalid",
    "IdempotencyKey",
    "IdempotencyMismatch",
    "Issued",
    "Ledger",
    "LedgerError",
    "LedgerUnavailable",
    "LinkInvalid",
    "NewExperiment",
    "NotAFile",
    "Orders",
    "PassMemory",
    "PassReport",
    "Person",
    "SchemaMismatch",
    "SchemaOutdated",
    "SchemaTooNew",
    "Session",
    "StateConflict",
    "Submitted",
    "housekeeping",
    "open_ledger",
]
