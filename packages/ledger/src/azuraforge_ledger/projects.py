"""Projects: folders of experiments with members."""

from __future__ import annotations

from sqlalchemy import select

from azuraforge_contracts import is_id
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import ExperimentMissing
from azuraforge_ledger.tables import experiment


class Projects:
    """The projects of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_experiment(self, task_id: str) -> str:
        """Id of the project that an experiment belongs to.

        Raises:
            ExperimentMissing: there is no such experiment.
        """
        found: str | None = None
        if is_id(task_id):
            with self._database.read() as connection:
                query = select(experiment.c.project).where(experiment.c.id == task_id)
                found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise ExperimentMissing(task_id)
        return found
