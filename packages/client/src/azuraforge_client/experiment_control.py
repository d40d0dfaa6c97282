"""What is done to an experiment, and what is made from it, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from azuraforge_client.transport import Transport
from azuraforge_contracts import CheckpointRead, ExperimentAccepted, ExperimentRead, ProofRead, new_id


class _Unchanged:
    """Says that a value stays as it is, where None means something else."""


UNCHANGED: Final = _Unchanged()


class ExperimentControl:
    """Reached as `client.experiments`. Every action may be repeated: a repeat changes nothing.

    Raises:
        Conflict: the state does not allow it; `problem.errors[0].params` has `state` and what is `possible`.
        NotFound: there is no such experiment.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def pause(self, task_id: str) -> ExperimentRead:
        """Let it rest; what trains writes a checkpoint first and is `pausing` meanwhile."""
        return self._do(task_id, "pause")

    def resume(self, task_id: str) -> ExperimentRead:
        """Queue what is paused; it goes on where it stood."""
        return self._do(task_id, "resume")

    def cancel(self, task_id: str) -> ExperimentRead:
        """Ask for its end."""
        return self._do(task_id, "cancel")

    def archive(self, task_id: str) -> ExperimentRead:
        """Take an ended one out of the lists."""
        return self._do(task_id, "archive")

    def unarchive(self, task_id: str) -> ExperimentRead:
        """Put it back into the lists."""
        return self._do(task_id, "unarchive")

    def change(
        self,
        task_id: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        time_limit_s: float | _Unchanged | None = UNCHANGED,
    ) -> ExperimentRead:
        """Change what is given; a `time_limit_s` of None takes the limit away."""
        body = _given(name=name, priority=priority)
        if not isinstance(time_limit_s, _Unchanged):
            body["time_limit_s"] = time_limit_s
        return self._transport.change(path_of(task_id), ExperimentRead, body=body)

    def delete(self, task_id: str) -> None:
        """Delete an ended one for good.

        Raises:
            Conflict: something was made from it; `problem.errors` name what.
        """
        self._transport.request("DELETE", path_of(task_id))

    def checkpoints(self, task_id: str) -> Sequence[CheckpointRead]:
        """Its newest checkpoints and every kept one, newest first; a kept one can be forked from."""
        return self._transport.read_list(f"{path_of(task_id)}/checkpoints", CheckpointRead)

    def rerun(
        self,
        task_id: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
    ) -> ExperimentAccepted:
        """A new experiment with the same config, from where this one began."""
        return self._make(task_id, "rerun", key=idempotency_key, name=name, priority=priority)

    def retry(
        self,
        task_id: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
    ) -> ExperimentAccepted:
        """A new experiment that continues a failed or cancelled one from its last kept checkpoint."""
        return self._make(task_id, "retry", key=idempotency_key, name=name, priority=priority)

    def fork(
        self,
        task_id: str,
        changes: Mapping[str, Any] | None = None,
        *,
        epoch: int | None = None,
        seq: int | None = None,
        name: str | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
    ) -> ExperimentAccepted:
        """A new experiment that starts at a kept checkpoint: of `epoch`, number `seq`, or the newest one.

        `changes` is a JSON merge patch of the config: given members replace, None takes one away.

        Raises:
            Conflict: no checkpoint is kept there.
            RequestRefused: `problem.errors` name the changes that are wrong.
        """
        more = {"changes": dict(changes or {}), "epoch": epoch, "seq": seq}
        return self._make(task_id, "fork", key=idempotency_key, name=name, priority=priority, **more)

    def prove(
        self,
        task_id: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
    ) -> ExperimentAccepted:
        """Train a succeeded one again; `proof` then compares the two."""
        return self._make(task_id, "prove", key=idempotency_key, name=name, priority=priority)

    def proof(self, task_id: str, other: str) -> ProofRead:
        """Whether `other` is the same training as `task_id`, bit for bit; `pending` while one still trains."""
        return self._transport.read(f"{path_of(task_id)}/proof/{quote(other, safe='')}", ProofRead)

    def _do(self, task_id: str, action: str) -> ExperimentRead:
        return self._transport.send(f"{path_of(task_id)}/{action}", ExperimentRead, is_repeatable=True)

    def _make(self, task_id: str, action: str, *, key: str | None, **body: Any) -> ExperimentAccepted:
        headers = {"Idempotency-Key": key or new_id()}
        return self._transport.send(
            f"{path_of(task_id)}/{action}", ExperimentAccepted, body=_given(**body), headers=headers, is_repeatable=True
        )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def path_of(task_id: str) -> str:
    """The address of one experiment."""
    return f"/experiments/{quote(task_id, safe='')}"
