"""What experiments produced: the rows; the files are in the store."""

from __future__ import annotations

from sqlalchemy import select

from azuraforge_contracts import ArtifactSaved, is_id
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import ArtifactMissing
from azuraforge_ledger.tables import artifact

_COLUMNS = [artifact.c[name] for name in ArtifactSaved.model_fields]


class Artifacts:
    """The artifacts of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_for(self, task_id: str) -> list[ArtifactSaved]:
        """The artifacts of an experiment in the order they were made; empty until it has succeeded."""
        query = select(*_COLUMNS).where(artifact.c.experiment == task_id).order_by(artifact.c.seq)
        if not is_id(task_id):
            return []
        with self._database.read() as connection:
            return [ArtifactSaved.model_validate(row) for row in connection.execute(query).mappings()]

    def get(self, task_id: str, name: str) -> ArtifactSaved:
        """One artifact by name.

        Raises:
            ArtifactMissing: the experiment has none of that name.
        """
        for one in self.list_for(task_id):
            if one.name == name:
                return one
        raise ArtifactMissing(
            f"Experiment {task_id!r} has no artifact {name!r}. List its artifacts to see their names."
        )
