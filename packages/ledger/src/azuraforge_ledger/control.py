"""What a person does with an experiment beside starting and stopping it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from azuraforge_contracts import CheckpointRead, ExperimentPatch, ExperimentRead, ForkPoint, ProofRead, QueuePlace
from azuraforge_ledger import amending, provenance
from azuraforge_ledger.checkpoints import CheckpointRow
from azuraforge_ledger.database import Database
from azuraforge_ledger.deletion import Deleted, delete_experiment
from azuraforge_ledger.forks import find_point, list_points
from azuraforge_ledger.journal import lock_held, lock_row
from azuraforge_ledger.proofs import compare
from azuraforge_ledger.queue_places import Crew, find_place
from azuraforge_ledger.retention import find_unused, keep, list_wanted
from azuraforge_ledger.rows import find_row, read_experiment


class Control:
    """Names, priorities, archives, kept checkpoints, places in the queue, proofs and deletions of one database.

    Every method raises `ExperimentMissing` where there is no such experiment.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def amend(self, task_id: str, patch: ExperimentPatch) -> ExperimentRead:
        """Change name, priority or time limit; what is so already changes nothing.

        Raises:
            StateConflict: it has ended, and more than its name would change.
        """
        with self._database.write() as connection:
            amending.amend(connection, lock_row(connection, task_id), patch)
            return read_experiment(connection, task_id)

    def archive(self, task_id: str) -> ExperimentRead:
        """Take an ended experiment out of the lists.

        Raises:
            StateConflict: it has not ended.
        """
        with self._database.write() as connection:
            amending.archive(connection, lock_row(connection, task_id))
            return read_experiment(connection, task_id)

    def unarchive(self, task_id: str) -> ExperimentRead:
        """Put it back into the lists."""
        with self._database.write() as connection:
            amending.unarchive(connection, lock_row(connection, task_id))
            return read_experiment(connection, task_id)

    def delete(self, task_id: str) -> Deleted:
        """Delete an ended experiment; its caller deletes the files that are unused afterwards.

        Raises:
            StateConflict: it has not ended.
            ExperimentReferenced: something was made from it.
        """
        with self._database.write() as connection:
            return delete_experiment(connection, lock_row(connection, task_id))

    def list_checkpoints(self, task_id: str) -> list[CheckpointRead]:
        """Its kept checkpoints and its newest ones, newest first."""
        with self._database.read() as connection:
            return list_points(connection, find_row(connection, task_id))

    def find_fork_point(self, task_id: str, *, seq: int | None = None, epoch: int | None = None) -> ForkPoint:
        """The newest kept checkpoint, of those with that `seq` or after that `epoch`.

        Raises:
            CheckpointMissing: none is kept there.
        """
        with self._database.read() as connection:
            return find_point(connection, find_row(connection, task_id), seq=seq, epoch=epoch)

    def list_wanted_checkpoints(self, task_id: str) -> list[CheckpointRow]:
        """Those that are to be in the store when an attempt is over: the last two and the best."""
        with self._database.read() as connection:
            return list_wanted(connection, task_id)

    def keep_checkpoints(self, task_id: str, *, attempt: int, stored: Mapping[int, str]) -> set[str]:
        """Note which checkpoints (by `seq`) the attempt has put into the store; the files nothing refers to any more.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        with self._database.write() as connection:
            return keep(connection, lock_held(connection, task_id, attempt=attempt), stored=stored)

    def find_unused_files(self, hashes: Collection[str]) -> set[str]:
        """Those of `hashes` that nothing refers to."""
        with self._database.read() as connection:
            return find_unused(connection, hashes)

    def note_facts(self, task_id: str, *, attempt: int, facts: Mapping[str, str]) -> None:
        """Add to the provenance what an attempt found out: `data_hash`, `weights_hash`.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        with self._database.write() as connection:
            provenance.add(connection, lock_held(connection, task_id, attempt=attempt), facts)

    def find_place(self, task_id: str, *, crew: Crew) -> QueuePlace | None:
        """Where it waits; None if it does not."""
        with self._database.read() as connection:
            return find_place(connection, find_row(connection, task_id), crew=crew)

    def compare(self, task_id: str, other: str) -> ProofRead:
        """Whether `other` is the same training as `task_id`, bit for bit."""
        with self._database.read() as connection:
            return compare(connection, find_row(connection, task_id), find_row(connection, other))
