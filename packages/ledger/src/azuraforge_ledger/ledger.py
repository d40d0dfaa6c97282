"""The ledger as its users hold it."""

from __future__ import annotations

from sqlalchemy import text

from azuraforge_ledger import schema
from azuraforge_ledger.artifacts import Artifacts
from azuraforge_ledger.audit import AuditLog
from azuraforge_ledger.checkpoints import Checkpoints
from azuraforge_ledger.control import Control
from azuraforge_ledger.database import Database
from azuraforge_ledger.events import Events
from azuraforge_ledger.experiments import Experiments
from azuraforge_ledger.keys import Keys
from azuraforge_ledger.leases import Leases
from azuraforge_ledger.links import Links
from azuraforge_ledger.metric_blocks import Metrics
from azuraforge_ledger.outbox import Outbox
from azuraforge_ledger.projects import Projects
from azuraforge_ledger.sessions import Sessions
from azuraforge_ledger.users import Users


class Ledger:
    """One database and everything that is kept in it. Share it between threads; open a new one after a fork.

    Every method that changes something is one transaction and returns the events it stored, for the caller to publish.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.artifacts = Artifacts(database)
        self.audit = AuditLog(database)
        self.checkpoints = Checkpoints(database)
        self.control = Control(database)
        self.events = Events(database)
        self.experiments = Experiments(database)
        self.keys = Keys(database)
        self.leases = Leases(database)
        self.metrics = Metrics(database)
        self.links = Links(database)
        self.outbox = Outbox(database)
        self.projects = Projects(database)
        self.sessions = Sessions(database)
        self.users = Users(database)

    def migrate(self) -> None:
        """Bring the tables to this program's version; safe from several processes at once.

        Raises:
            SchemaTooNew: a newer program has already changed them.
        """
        schema.migrate(self.database)

    def check_schema(self) -> None:
        """Return if the tables are exactly this program's.

        Raises:
            SchemaOutdated: they are older, or not there at all.
            SchemaTooNew: they are newer.
        """
        schema.check_schema(self.database)

    def ping(self) -> None:
        """Ask the database for an answer.

        Raises:
            LedgerUnavailable: it gives none.
        """
        with self.database.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def open_ledger(url: str) -> Ledger:
    """The ledger behind a database URL: `sqlite:///path` or `postgresql://…`. Connects when first used.

    Raises:
        DatabaseUrlInvalid: the URL names nothing that the ledger can stand on.
    """
    return Ledger(Database(url))
