"""Real workers on a real ledger and a real broker, for the tests: start them, watch them, kill them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults import plant_in_database
from live_servers import start_valkey
from pydantic import BaseModel
from redis import Redis

from azuraforge_contracts import Event, ExperimentRead, ExperimentState, WorkerAnnouncement
from azuraforge_contracts.names import WORKERS_KEY, worker_key
from azuraforge_ledger import ArtifactStore, Ledger, NewExperiment, open_ledger
from azuraforge_ledger.testing import Life
from azuraforge_worker.celery_app import make_celery, send_wake_up
from azuraforge_worker.process_tree import find_marked

LAB = Path(__file__).parent
DEADLINE_S = 60.0
PIPELINES = {"lab_steady": "azuraforge_lab.steady:Steady", "lab_hostile": "azuraforge_lab.hostile:Hostile"}
BROKEN = {"lab_broken": "azuraforge_lab.broken_import:Gone", "lab_deadly": "azuraforge_lab.deadly_import:Gone"}
MARK = "lab-mark "
"""How a line of the lab app's sign of life begins: `lab-mark PID NANOSECONDS`, on the machine's monotonic clock."""
QUICK = {
    "AZURAFORGE_LEASE_RENEWAL_S": "0.3",
    "AZURAFORGE_HOUSEKEEPING_S": "0.2",
    "AZURAFORGE_LEAST_FREE_MB": "1",
    "AZURAFORGE_START_WAIT_S": "20",
    "AZURAFORGE_THREADS": "1",
}


def install_lab(folder: Path, *, has_broken: bool = False) -> str:
    """A PYTHONPATH on which the lab app is installed: its code, and a `dist-info` with its entry points."""
    info = folder / "azuraforge_lab-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: azuraforge-lab\nVersion: 1.0\n")
    points = PIPELINES | (BROKEN if has_broken else {})
    lines = ["[azuraforge.pipelines]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return os.pathsep.join([str(folder), str(LAB)])


def wait_until(is_so: Callable[[], Any], *, what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Poll until `is_so` answers something true, and return it."""
    deadline = time.monotonic() + deadline_s
    while not (answer := is_so()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {deadline_s:.0f} s: {what}")
        time.sleep(0.05)
    return answer


@dataclass
class Worker:
    """One worker process and what it wrote to its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def stop(self, *, timeout_s: float = 60.0) -> int:
        """SIGTERM; its exit status."""
        self.process.terminate()
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


@dataclass
class House:
    """A ledger, a broker, folders, and the workers on them."""

    ledger: Ledger
    database_url: str
    redis_url: str
    folder: Path
    pythonpath: str
    fault: str = ""
    """What `faults` plants into every process that this house starts."""
    deadline_s: float = DEADLINE_S
    """How long a thing that must happen may take."""
    workers: list[Worker] = field(default_factory=list)
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.redis = Redis.from_url(self.redis_url, socket_timeout=60.0)
        self.app = make_celery(self.redis_url)
        self.store = ArtifactStore(self.folder / "artifacts")

    @property
    def work(self) -> Path:
        """Where the attempts' folders are."""
        return self.folder / "work"

    def start_worker(self, *, module: str | None = None, **environ: str) -> Worker:
        """Start a worker; quick timings unless `environ` says otherwise. It is not awaited."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        quick = [sys.executable, str(LAB / "quick_worker.py")]
        command = quick if module is None else [sys.executable, "-m", module]
        settings = {
            **os.environ,
            **QUICK,
            "AZURAFORGE_DATABASE_URL": self.database_url,
            "AZURAFORGE_REDIS_URL": self.redis_url,
            "AZURAFORGE_ARTIFACTS": str(self.folder / "artifacts"),
            "AZURAFORGE_WORK": str(self.work),
            "AZURAFORGE_HOME": str(self.folder),
            **self.lab_environ(),
            **environ,
        }
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=settings, stdout=out, stderr=subprocess.STDOUT)
        worker = Worker(process, log)
        self.workers.append(worker)
        return worker

    def lab_environ(self) -> dict[str, str]:
        """What every process of this house is told beside its settings."""
        path = os.pathsep.join(filter(None, [self.pythonpath, os.environ.get("PYTHONPATH")]))
        return {"PYTHONPATH": path, "LAB_FAULT": self.fault}

    def submit(self, pipeline: str, config: dict[str, Any], *, is_sent: bool = True) -> str:
        """Accept an experiment and wake a worker, as the API does."""
        new = NewExperiment(
            pipeline=pipeline, pipeline_version="1", name=pipeline, config=config, config_hash="", seed=None
        )
        task_id = self.ledger.experiments.submit(new).experiment.task_id
        if is_sent:
            send_wake_up(self.app, task_id)
        return task_id

    def train(self, config: BaseModel, *, is_sent: bool = True) -> str:
        """The same for a steady training."""
        return self.submit("lab_steady", config.model_dump(mode="json"), is_sent=is_sent)

    def read(self, task_id: str) -> ExperimentRead:
        """The experiment now."""
        return self.ledger.experiments.get(task_id)

    def events(self, task_id: str) -> list[Event]:
        """Its whole history."""
        return self.ledger.events.read(task_id, limit=10_000).items

    def cancel(self, task_id: str, *, is_published: bool = True) -> None:
        """Order a cancel and publish it, as the API does; a hint that is not published is found by the renewal."""
        events = self.ledger.experiments.request_cancel(task_id)[1]
        if is_published:
            self._publish(events)

    def pause(self, task_id: str) -> None:
        """Order a pause."""
        self._publish(self.ledger.experiments.request_pause(task_id)[1])

    def resume(self, task_id: str) -> None:
        """Let it go on, and wake a worker."""
        self._publish(self.ledger.experiments.resume(task_id)[1])
        send_wake_up(self.app, task_id)

    def _publish(self, events: Sequence[Event]) -> None:
        for event in events:
            self.redis.publish(f"task-progress:{event.experiment}", event.model_dump_json())

    def wait(self, is_so: Callable[[], Any], *, what: str) -> Any:
        """`wait_until` within this house's deadline."""
        return wait_until(is_so, what=what, deadline_s=self.deadline_s)

    def wait_for_state(self, task_id: str, *states: ExperimentState, deadline_s: float | None = None) -> ExperimentRead:
        """The experiment, once it is in one of `states`."""

        def look() -> ExperimentRead | None:
            found = self.read(task_id)
            return found if found.state in states else None

        found: ExperimentRead = wait_until(
            look,
            what=f"{task_id} becomes {' or '.join(states)}, is {self.read(task_id)}",
            deadline_s=deadline_s or self.deadline_s,
        )
        return found

    def wait_for_epoch(self, task_id: str, epoch: int) -> None:
        """Return once `epoch` is in the ledger."""

        def look() -> bool:
            progress = self.read(task_id).progress
            return progress is not None and progress.epoch >= epoch

        self.wait(look, what=f"epoch {epoch} of {task_id}")

    def trainers(self, task_id: str) -> list[int]:
        """Every living process of the experiment's attempts."""
        return find_marked(task_id)

    def lives(self, task_id: str) -> list[Life]:
        """The trainers of an experiment by the marks that they left in their logs."""
        marks: dict[tuple[int, int], list[int]] = {}
        for log in (self.work / task_id).glob("*/trainer.log"):
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith(MARK):
                    pid, at = (int(part) for part in line.removeprefix(MARK).split())
                    marks.setdefault((int(log.parent.name), pid), []).append(at)
        return [Life(attempt, pid, min(at), max(at)) for (attempt, pid), at in sorted(marks.items())]

    def artifact(self, task_id: str, name: str) -> bytes:
        """Content of an artifact."""
        return self.store.path_of(self.ledger.artifacts.get(task_id, name).sha256).read_bytes()

    def results(self, task_id: str) -> dict[str, Any]:
        """The results document."""
        found: dict[str, Any] = json.loads(self.artifact(task_id, "results.json"))
        return found

    def announcements(self) -> list[WorkerAnnouncement]:
        """What live workers announce."""
        names: Any = self.redis.zrange(WORKERS_KEY, 0, -1)
        raw = [self.redis.get(worker_key(name.decode())) for name in names]
        return [WorkerAnnouncement.model_validate_json(entry) for entry in raw if isinstance(entry, bytes)]

    def stop_broker(self) -> None:
        """End the broker, and forget all that it held."""
        folder = self._broker_folder()
        self.redis.shutdown(nosave=True)
        wait_until(lambda: not (folder / "valkey.sock").exists(), what="the broker ends")
        shutil.rmtree(folder / "appendonlydir")

    def start_broker(self) -> None:
        """Start an empty broker at the same address."""
        self.servers.append(start_valkey(self._broker_folder()))
        wait_until((self._broker_folder() / "valkey.sock").exists, what="the broker starts")

    def _broker_folder(self) -> Path:
        return Path(self.redis_url.removeprefix("unix://")).parent

    def close(self) -> None:
        """Kill what still runs."""
        for server in self.servers:
            server.kill()
            server.wait()
        for worker in self.workers:
            if worker.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGCONT)
                worker.kill()
        self.app.close()
        self.redis.close()
        self.ledger.close()


@contextlib.contextmanager
def open_house(
    *, database_url: str, redis_url: str, folder: Path, pythonpath: str, fault: str = "", deadline_s: float = DEADLINE_S
) -> Iterator[House]:
    """A house whose ledger has its tables, and lacks what `fault` takes away."""
    ledger = open_ledger(database_url)
    ledger.migrate()
    plant_in_database(ledger, fault)
    house = House(ledger, database_url, redis_url, folder, pythonpath, fault, deadline_s)
    try:
        yield house
    finally:
        house.close()
