"""Experiments over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from azuraforge_client.errors import ClientError, DownloadDamaged
from azuraforge_client.experiment_control import ExperimentControl, path_of
from azuraforge_client.watching import Watch
from azuraforge_contracts import (
    ArtifactRead,
    Event,
    EventPage,
    ExperimentAccepted,
    ExperimentPage,
    ExperimentRead,
    ExperimentState,
    MetricHistory,
    Recent,
    new_id,
)

PATIENCE_S = 60.0


class Experiments(ExperimentControl):
    """Start, watch, read and control experiments; reached as `client.experiments`."""

    def start(
        self,
        pipeline: str,
        config: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        project: str | None = None,
        priority: int = 0,
        time_limit_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> ExperimentAccepted:
        """Start a training; `project` is an id, the default project without it.

        Sent again if the connection breaks; the key makes that one experiment all the same.

        Raises:
            RequestRefused: `problem.errors` name the fields of the config that are wrong.
        """
        body: dict[str, Any] = {"pipeline": pipeline, "config": dict(config or {})}
        if name is not None:
            body["name"] = name
        if project is not None:
            body["project"] = project
        body |= {"priority": priority} if priority else {}
        body |= {"time_limit_s": time_limit_s} if time_limit_s is not None else {}
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._transport.send("/experiments", ExperimentAccepted, body=body, headers=headers, is_repeatable=True)

    def get(self, task_id: str) -> ExperimentRead:
        """Everything about one experiment but its events."""
        return self._transport.read(path_of(task_id), ExperimentRead)

    def list(
        self,
        *,
        states: Sequence[ExperimentState | str] = (),
        pipeline: str | None = None,
        text: str | None = None,
        archived: str | None = None,
        project: str | None = None,
        sort: str | None = None,
        is_descending: bool = True,
        cursor: str | None = None,
        limit: int = 50,
    ) -> ExperimentPage:
        """A page, newest first, of those that are not archived unless `archived` is `yes` or `all`.

        Give `next_cursor` back as `cursor` for the next one.

        `sort` is `created_at`, `updated_at`, `started_at`, `finished_at`, `name`, `score` or `metric:NAME`;
        experiments without the value come last.
        """
        wanted = {"state": [str(state) for state in states], "pipeline": pipeline, "q": text, "cursor": cursor}
        wanted |= {"project": project, "archived": archived}
        wanted |= {"sort": sort, "order": None if is_descending else "asc"}
        params = {name: value for name, value in wanted.items() if value} | {"limit": limit}
        return self._transport.read("/experiments", ExperimentPage, params=params)

    def events(self, task_id: str, *, after: int = 0, limit: int = 1000) -> EventPage:
        """A page of events in order of `seq`."""
        return self._transport.read(f"{path_of(task_id)}/events", EventPage, params={"after": after, "limit": limit})

    def metric(self, task_id: str, name: str, *, points: int = 500) -> MetricHistory:
        """How a metric went, in at most `points` buckets that keep its extremes and its gaps."""
        params = {"name": name, "points": points}
        return self._transport.read(f"{path_of(task_id)}/metrics", MetricHistory, params=params)

    def output(self, task_id: str) -> Recent:
        """The last log records and samples of the machine; empty an hour after the end, and lost with the broker."""
        return self._transport.read(f"{path_of(task_id)}/logs", Recent)

    def watch(self, task_id: str, *, after: int = 0, patience_s: float = PATIENCE_S) -> Iterator[Event]:
        """Every event above `after`, then each as it happens, until the experiment's last one.

        Lost connections are taken up again for `patience_s`; nothing is missing and nothing comes twice.
        """
        return Watch(self._transport, quote(task_id, safe=""), after=after, patience_s=patience_s).events()

    def artifacts(self, task_id: str) -> Sequence[ArtifactRead]:
        """The files that it produced."""
        return self._transport.read_list(f"{path_of(task_id)}/artifacts", ArtifactRead)

    def download(self, task_id: str, name: str, *, to: Path) -> Path:
        """Save one file at `to`, whole or not at all.

        Raises:
            NotFound: the experiment has no such file.
            DownloadDamaged: what arrived is not what the server announced.
        """
        partial = to.with_name(f"{to.name}.{new_id()}.partial")
        digest = hashlib.sha256()
        try:
            path = f"{path_of(task_id)}/artifacts/{quote(name, safe='')}"
            with self._transport.stream(path, params={"download": "true"}) as answer, partial.open("xb") as file:
                for chunk in answer.iter_bytes():
                    digest.update(chunk)
                    file.write(chunk)
            if answer.headers.get("etag", "").strip('"') != digest.hexdigest():
                raise DownloadDamaged(f"{name} did not arrive as it was sent. Download it again.")
            partial.replace(to)
        except httpx.TransportError as error:
            failure = self._transport.unreachable(error)
            raise failure if isinstance(failure, ClientError) else ClientError(str(error)) from error
        finally:
            partial.unlink(missing_ok=True)
        return to
