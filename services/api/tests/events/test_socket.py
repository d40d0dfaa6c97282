"""The WebSocket: replay, live events, gaps, heartbeats, slow and forbidden viewers, Redis gone."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from account_fakes import make_user, sign_in
from gateway_fakes import DEADLINE_S, OWNER, FakeWorker, Gateway, make_manifest, run_gateway, wait_until
from live_servers import start_valkey
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from azuraforge_api.auth.connections import OpenConnections
from azuraforge_api.events import service
from azuraforge_api.events.service import LiveService
from azuraforge_api.events.viewer import Viewer
from azuraforge_contracts import EpochFinished, Event, EventType, ReadyReport
from azuraforge_contracts.names import progress_channel


class Training:
    """A training that a test drives by hand."""

    def __init__(self, gateway: Gateway, *, redis_url: str | None = None) -> None:
        self.ledger = gateway.ledger
        self.task_id = gateway.submit()
        self.redis = redis.Redis.from_url(redis_url or gateway.settings.redis_url)
        claim = self.ledger.leases.claim(self.task_id, worker_id="w")
        assert claim is not None
        self.attempt = claim.attempt
        self.publish(self.ledger.leases.begin(self.task_id, attempt=1, ready=ReadyReport(device="cpu")))
        self.epoch = 0

    def publish(self, events: list[Event]) -> None:
        for event in events:
            self.redis.publish(progress_channel(self.task_id), event.model_dump_json())

    def step(self, *, is_published: bool = True) -> Event:
        self.epoch += 1
        data = EpochFinished(epoch=self.epoch, epochs=10_000, metrics={"loss": 1 / self.epoch})
        event = self.ledger.events.append(self.task_id, attempt=self.attempt, type=EventType.EPOCH, data=data)
        if is_published:
            self.publish([event])
        return event


def ws_url(gateway: Gateway, task_id: str, *, after: object = 0) -> str:
    return f"{gateway.url.replace('http', 'ws')}/ws/task_status/{task_id}?after={after}"


def watch(gateway: Gateway, task_id: str, *, after: int = 0, **options: Any) -> ClientConnection:
    return connect(ws_url(gateway, task_id, after=after), additional_headers=OWNER, **options)


def next_stored(socket: ClientConnection) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(socket.recv(timeout=DEADLINE_S))
        if frame.get("seq") is not None and frame["type"] != "heartbeat":
            return frame


def close_code(gateway: Gateway, url: str, **options: Any) -> int:
    with connect(url, **options) as socket, pytest.raises(ConnectionClosed) as caught:
        socket.recv(timeout=DEADLINE_S)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code


def test_history_comes_first_then_what_happens(gateway: Gateway, worker: FakeWorker) -> None:
    training = Training(gateway)
    training.step()
    with watch(gateway, training.task_id) as socket:
        assert [next_stored(socket)["seq"] for _ in range(4)] == [1, 2, 3, 4]
        training.step()
        live = next_stored(socket)
        assert (live["seq"], live["type"], live["data"]["epoch"]) == (5, "epoch", 2)
    page = gateway.client.get(f"/api/v1/experiments/{training.task_id}/events").json()
    assert page["items"][-1] == live


def test_after_leaves_out_what_the_client_has(gateway: Gateway, worker: FakeWorker) -> None:
    training = Training(gateway)
    training.step()
    with watch(gateway, training.task_id, after=3) as socket:
        assert next_stored(socket)["seq"] == 4


def test_what_was_not_published_arrives_with_the_next_event(gateway: Gateway, worker: FakeWorker) -> None:
    training = Training(gateway)
    with watch(gateway, training.task_id, after=3) as socket:
        training.step(is_published=False)
        training.step(is_published=False)
        training.step()
        assert [next_stored(socket)["seq"] for _ in range(3)] == [4, 5, 6]


def test_droppable_events_pass_and_carry_no_number(gateway: Gateway, worker: FakeWorker) -> None:
    training = Training(gateway)
    with watch(gateway, training.task_id, after=3) as socket:
        training.step()
        next_stored(socket)
        batch = training.step(is_published=False).model_copy(update={"seq": None, "after_seq": 4, "type": "batch"})
        training.publish([batch])
        frame = json.loads(socket.recv(timeout=DEADLINE_S))
        assert (frame["type"], frame["seq"], frame["after_seq"]) == ("batch", None, 4)


def test_a_cancel_is_seen_by_whoever_watches(gateway: Gateway, worker: FakeWorker) -> None:
    task_id = gateway.submit()
    with watch(gateway, task_id) as socket:
        next_stored(socket)
        gateway.client.post(f"/api/v1/experiments/{task_id}/cancel")
        assert [next_stored(socket)["type"] for _ in range(2)] == ["state", "end"]


def test_a_viewer_far_behind_gets_one_snapshot(
    gateway: Gateway, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_BEHIND", 100)
    training = Training(gateway)
    for _ in range(105):
        training.step(is_published=False)
    with watch(gateway, training.task_id, max_size=2**24) as socket:
        snapshot = json.loads(socket.recv(timeout=DEADLINE_S))
        assert (snapshot["type"], snapshot["seq"]) == ("snapshot", 108)
        assert snapshot["events"][-1]["seq"] == 108
        training.step()
        assert next_stored(socket)["seq"] == 109


def test_heartbeats_tell_the_last_number(clean_redis: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=clean_redis, folder=tmp_path, heartbeat_s=0.1) as gateway:
        worker = FakeWorker(clean_redis, [make_manifest()])
        task_id = gateway.submit()
        with watch(gateway, task_id, after=1) as socket:
            assert json.loads(socket.recv(timeout=DEADLINE_S)) == {"type": "heartbeat", "seq": 1}
        worker.leave()


def test_a_slow_viewer_is_reset_asks_again_and_misses_nothing(
    gateway: Gateway, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Viewer.__init__.__kwdefaults__, "max_frames", 10)
    training = Training(gateway)
    with connect(
        ws_url(gateway, training.task_id), additional_headers=OWNER, max_queue=4, max_size=2**24,
        ping_interval=None,
    ) as socket:  # fmt: skip
        seen = [next_stored(socket)["seq"]]
        filler = "x" * 400_000
        for _ in range(60):
            event = training.step(is_published=False)
            padded = event.model_copy(update={"data": {**event.data, "filler": filler}})
            training.publish([padded])
        frame = json.loads(socket.recv(timeout=DEADLINE_S))
        while frame["type"] != "reset":
            if frame.get("seq") is not None and frame["type"] != "heartbeat":
                seen.append(frame["seq"])
            frame = json.loads(socket.recv(timeout=DEADLINE_S))
        assert frame["seq"] > seen[-1]
        socket.send(json.dumps({"type": "resume", "after": seen[-1]}))
        while seen[-1] < 63:
            seen.append(next_stored(socket)["seq"])
        assert seen == list(range(1, 64))


def test_codes_say_why_a_socket_is_closed(gateway: Gateway, worker: FakeWorker) -> None:
    task_id = gateway.submit()
    unknown = "0197a1b2-0000-7000-8000-0000000000aa"
    assert close_code(gateway, ws_url(gateway, task_id)) == 4401
    assert close_code(gateway, ws_url(gateway, task_id), additional_headers={"Authorization": "Bearer x"}) == 4401
    assert close_code(gateway, ws_url(gateway, unknown), additional_headers=OWNER) == 4404
    assert close_code(gateway, ws_url(gateway, "no-id"), additional_headers=OWNER) == 4404
    assert close_code(gateway, ws_url(gateway, task_id, after="-1"), additional_headers=OWNER) == 4404
    foreign = {**OWNER, "Origin": "http://evil.example"}
    assert close_code(gateway, ws_url(gateway, task_id), additional_headers=foreign) == 4403


def test_signing_out_closes_the_sessions_sockets_itself(
    gateway: Gateway, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_at_nothing(*_: object) -> None:
        """The look every few seconds that would find the ended session as well, only later."""

    monkeypatch.setattr(OpenConnections, "end_dead", look_at_nothing)
    task_id = gateway.submit()
    make_user(gateway, "owner", is_admin=True)
    with closing(sign_in(gateway, "owner")) as browser:
        cookie = {"Cookie": f"azuraforge_session={browser.cookies['azuraforge_session']}", "Origin": gateway.url}
        with connect(ws_url(gateway, task_id), additional_headers=cookie) as socket:
            next_stored(socket)
            browser.delete("/api/v1/auth/session", headers={"Origin": gateway.url})
            with pytest.raises(ConnectionClosed) as caught:
                socket.recv(timeout=DEADLINE_S)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 4401


@pytest.fixture
def own_redis(tmp_path: Path) -> Path:
    """A folder for a Valkey that the test may kill."""
    folder = tmp_path / "v"
    folder.mkdir()
    return folder


def test_events_arrive_while_redis_is_away_and_after_it_is_back(own_redis: Path, tmp_path: Path) -> None:
    server, url = start_valkey(own_redis), f"unix://{own_redis / 'valkey.sock'}"
    wait_until((own_redis / "valkey.sock").exists)
    try:
        database = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
        with run_gateway(database_url=database, redis_url=url, folder=tmp_path) as gateway:
            worker = FakeWorker(url, [make_manifest()])
            training = Training(gateway)
            worker.leave()
            with watch(gateway, training.task_id, after=3) as socket:
                training.step()
                assert next_stored(socket)["seq"] == 4
                server.kill()
                server.wait()
                training.step(is_published=False)
                assert next_stored(socket)["seq"] == 5, "polled from the ledger"
                answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "config": {}})
                assert answer.status_code == 202
                assert answer.json()["warnings"][0] in {"no_live_worker", "preflight_skipped"}
                (own_redis / "valkey.sock").unlink(missing_ok=True)
                server = start_valkey(own_redis)
                subscription = gateway.app.state.parts[LiveService]._subscription
                wait_until(subscription.is_live.is_set)
                training.step()
                assert next_stored(socket)["seq"] == 6
    finally:
        server.kill()
        server.wait()


def test_the_stream_over_http_says_the_same_and_ends(gateway: Gateway, worker: FakeWorker) -> None:
    training = Training(gateway)
    training.step()
    path = f"/api/v1/experiments/{training.task_id}/events/stream"
    with gateway.client.stream("GET", path, params={"after": 1}) as answer:
        lines = answer.iter_lines()
        assert answer.headers["content-type"].startswith("text/event-stream")
        ids = []
        for line in lines:
            if line.startswith("id:"):
                ids.append(int(line[3:]))
            if ids == [2, 3, 4] and line == "":
                gateway.client.post(f"/api/v1/experiments/{training.task_id}/cancel")
                training.publish(gateway.ledger.experiments.confirm_cancelled(training.task_id, attempt=1))
                ids.append(0)
        assert ids == [2, 3, 4, 0, 5, 6, 7]
    assert gateway.client.get(path, params={"after": 7}).status_code == 204
    again = httpx.get(f"{gateway.url}{path}", headers={**OWNER, "Last-Event-ID": "6"})
    assert [line for line in again.text.splitlines() if line.startswith("id:")] == ["id: 7"]
