"""How long from POST until the first epoch event arrives on the WebSocket? Claim, trainer start, imports, data, epoch.

The epoch itself is part of it: the sample config with the default network on two cores.
"""

from __future__ import annotations

import json
import statistics
import time

from running_platform import Platform, running_platform
from websockets.sync.client import connect

from azuraforge_client import Client

ROUNDS = 5
WITHIN_S = 120.0


def measure(client: Client, platform: Platform) -> tuple[float, float]:
    """Seconds from POST to the running state and to the first epoch."""
    address = platform.url.replace("http", "ws", 1)
    start = time.perf_counter()
    task_id = client.experiments.start("stock_predictor", {"training": {"epochs": 1}}).task_id
    headers = {"Authorization": f"Bearer {platform.key}"}
    running = 0.0
    with connect(f"{address}/ws/task_status/{task_id}?after=0", additional_headers=headers) as socket:
        while time.perf_counter() - start < WITHIN_S:
            event = json.loads(socket.recv(timeout=WITHIN_S))
            if event["type"] == "state" and event["data"]["state"] == "running":
                running = time.perf_counter() - start
            if event["type"] == "epoch":
                return running, time.perf_counter() - start
    raise RuntimeError("no epoch came")


def wait_for_end(client: Client) -> None:
    """The next round starts on an idle worker."""
    while any(one.finished_at is None for one in client.experiments.list(limit=1).items):
        time.sleep(0.05)


def main() -> None:
    measured = []
    with running_platform() as platform, Client(platform.url, key=platform.key) as client:
        for turn in range(ROUNDS):
            running, epoch = measure(client, platform)
            print(f"round {turn + 1}: running after {running:.2f} s, first epoch after {epoch:.2f} s")
            measured.append(epoch)
            wait_for_end(client)
    result = {
        "benchmark": "first_epoch",
        "value": round(statistics.median(measured), 2),
        "unit": "s",
        "worst": round(max(measured), 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
