"""How many viewers one API process serves: N sockets on one experiment, R events per second through real Valkey.

Prints the delivered share, gaps, the delay from before the commit to receipt, memory per idle and per slow viewer, the
server's CPU per delivered event, and how soon after SIGTERM every viewer has its 1012. The viewers are a process of
their own; ledger and publisher are this one. All three share the machine's cores, so a delay is the sum of them.

    python benchmarks/api_live.py [sockets=1000] [events per second=10] [seconds=10]
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from _socket_viewers import _request
from running_gateway import RunningGateway, running_gateway

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from live_servers import valkey_server

from azuraforge_contracts import EpochFinished, EventType, ReadyReport
from azuraforge_contracts.names import progress_channel
from azuraforge_ledger import Ledger, NewExperiment, open_ledger

FIRST_EVENTS = 3
"""Queued, starting, running."""
SLOW = 50
FILLER = "x" * 20_000


class Training:
    """An experiment that tells epochs when it is told to."""

    def __init__(self, ledger: Ledger, client: redis.Redis) -> None:
        self._ledger = ledger
        self._redis = client
        self.task_id = ledger.experiments.submit(NewExperiment("toy", "1", "bench", {}, "0" * 64)).experiment.task_id
        ledger.leases.claim(self.task_id, worker_id="benchmark")
        ledger.leases.begin(self.task_id, attempt=1, ready=ReadyReport(device="cpu"))
        self._epoch = 0

    def tell(self, *, filler: str = "") -> None:
        """One epoch, stored and published."""
        self._epoch += 1
        data = EpochFinished(epoch=self._epoch, epochs=100_000, metrics={"sent": time.time()})
        event = self._ledger.events.append(self.task_id, attempt=1, type=EventType.EPOCH, data=data)
        if filler:
            event = event.model_copy(update={"data": {**event.data, "filler": filler}})
        self._redis.publish(progress_channel(self.task_id), event.model_dump_json())

    def hold(self) -> None:
        """Renew the lease, or the gateway's housekeeping takes the experiment away while sockets open."""
        self._ledger.leases.renew(self.task_id, attempt=1, worker_id="benchmark")

    def tell_for(self, seconds: int, *, rate: int) -> None:
        """At a steady rate."""
        began = time.time()
        for number in range(rate * seconds):
            if number % rate == 0:
                self.hold()
            time.sleep(max(0.0, began + number / rate - time.time()))
            self.tell()


@contextmanager
def viewers(
    gateway: RunningGateway, training: Training, *, sockets: int, expected: int
) -> Iterator[subprocess.Popen[str]]:
    """A process with that many open sockets."""
    script = Path(__file__).with_name("_socket_viewers.py")
    command = [
        sys.executable,
        str(script),
        str(gateway.port),
        training.task_id,
        gateway.key,
        str(sockets),
        str(expected),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        training.hold()
        while not select.select([process.stdout], [], [], 5.0)[0]:
            training.hold()
        if process.stdout.readline().strip() != "open":
            raise SystemExit("the sockets did not open")
        yield process
        process.terminate()


def slow_viewer_bytes(gateway: RunningGateway, training: Training) -> float:
    """Memory of a viewer that reads nothing while more is published than its queue holds."""
    opened = []
    for _ in range(SLOW):
        connection = socket.create_connection(("127.0.0.1", gateway.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(_request(training.task_id, gateway.key))
        connection.recv(4096)
        opened.append(connection)
    time.sleep(1.0)
    training.hold()
    before = gateway.memory_bytes()
    for _ in range(200):
        training.tell(filler=FILLER)
    time.sleep(1.0)
    used = (gateway.memory_bytes() - before) / SLOW
    for connection in opened:
        connection.close()
    return used


def measure(gateway: RunningGateway, training: Training, *, sockets: int, rate: int, seconds: int) -> dict[str, float]:
    """Open, publish, compare, stop."""
    expected = FIRST_EVENTS + rate * seconds
    empty = gateway.memory_bytes()
    with viewers(gateway, training, sockets=sockets, expected=expected) as process:
        assert process.stdout is not None
        time.sleep(1.0)
        per_socket = (gateway.memory_bytes() - empty) / sockets
        cpu = gateway.cpu_s()
        training.tell_for(seconds, rate=rate)
        found: dict[str, float] = json.loads(process.stdout.readline())
        cpu = gateway.cpu_s() - cpu
        delivered = found.pop("delivered")
        slow = slow_viewer_bytes(gateway, training)
        stopped_at = time.time()
        os.kill(gateway.pid, signal.SIGTERM)
        select.select([process.stdout], [], [], 40.0)
        end = json.loads(process.stdout.readline())
    return {
        "delivered": delivered / (sockets * rate * seconds),
        **found,
        "kb_per_socket": per_socket / 1024,
        "kb_per_slow_viewer": slow / 1024,
        "cpu_us_per_event": cpu / delivered * 1e6,
        "closed_with_1012": end["codes"].get("1012", 0) / sockets,
        "closed_after_s": end["closed_at"] - stopped_at,
    }


def main() -> None:
    """Start Valkey and one API process, measure, print."""
    given = [int(text) for text in sys.argv[1:4]]
    sockets, rate, seconds = [*given, *(1000, 10, 10)[len(given) :]]
    with tempfile.TemporaryDirectory(prefix="azf-bench-") as folder, valkey_server() as url:
        database = f"sqlite:///{folder}/ledger.sqlite3"
        with running_gateway(Path(folder), database_url=database, redis_url=url) as gateway:
            ledger = open_ledger(database)
            training = Training(ledger, redis.Redis.from_url(url))
            found = measure(gateway, training, sockets=sockets, rate=rate, seconds=seconds)
            ledger.close()
    for name, value in found.items():
        print(f"{name:>18} {value:10.2f}")
    result = {"benchmark": "api_live", "sockets": sockets, "events_per_s": rate}
    result |= {"value": round(found["p99_ms"], 1), "unit": "ms p99"}
    print(json.dumps(result | {name: round(value, 3) for name, value in found.items()}))


if __name__ == "__main__":
    main()
