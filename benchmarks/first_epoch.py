"""How long from POST until the first epoch event arrives on the WebSocket? Claim, trainer start, imports, data, epoch.

The epoch itself is part of it: the sample config with the default network on two cores.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from datetime import datetime

from running_platform import Platform, running_platform
from websockets.sync.client import connect

from azuraforge_client import Client

ROUNDS = 5
WITHIN_S = 120.0


@dataclass(frozen=True)
class Way:
    """Seconds from POST to the first epoch on the socket, and from the claim to the first event of the trainer.

    The second is between two events' times, so it has the ledger's clock at both ends.
    """

    post_to_epoch: float
    claim_to_running: float
    claim_to_epoch: float


def measure(client: Client, platform: Platform) -> Way:
    """One training of one epoch."""
    address = platform.url.replace("http", "ws", 1)
    start = time.perf_counter()
    task_id = client.experiments.start("stock_predictor", {"training": {"epochs": 1}}).task_id
    headers = {"Authorization": f"Bearer {platform.key}"}
    at: dict[str, datetime] = {}
    with connect(f"{address}/ws/task_status/{task_id}?after=0", additional_headers=headers) as socket:
        while time.perf_counter() - start < WITHIN_S:
            event = json.loads(socket.recv(timeout=WITHIN_S))
            if event["type"] == "state":
                at[event["data"]["state"]] = datetime.fromisoformat(event["ts"])
            if event["type"] == "epoch":
                epoch, claim = datetime.fromisoformat(event["ts"]), at["starting"]
                running = (at["running"] - claim).total_seconds()
                return Way(time.perf_counter() - start, running, (epoch - claim).total_seconds())
    raise RuntimeError("no epoch came")


def wait_for_end(client: Client) -> None:
    """The next round starts on an idle worker."""
    while any(one.finished_at is None for one in client.experiments.list(limit=1).items):
        time.sleep(0.05)


def main() -> None:
    ways = []
    with running_platform() as platform, Client(platform.url, key=platform.key) as client:
        for turn in range(ROUNDS):
            way = measure(client, platform)
            ways.append(way)
            print(
                f"round {turn + 1}: first epoch {way.post_to_epoch:.2f} s after POST, {way.claim_to_epoch:.2f} s after "
                f"the claim; first event {way.claim_to_running:.2f} s after the claim"
            )
            wait_for_end(client)
    result = {
        "benchmark": "first_epoch",
        "value": round(statistics.median(way.post_to_epoch for way in ways), 2),
        "unit": "s",
        "worst": round(max(way.post_to_epoch for way in ways), 2),
        "claim_to_first_event_s": round(statistics.median(way.claim_to_running for way in ways), 2),
        "claim_to_first_epoch_s": round(statistics.median(way.claim_to_epoch for way in ways), 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
