"""What a worker announces, and the preflight questions that it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from azuraforge_lab.steady import SteadyConfig
from live_servers import valkey_server
from worker_house import House, install_lab, open_house, wait_until

from azuraforge_contracts import PreflightReply, PreflightRequest, WorkerAnnouncement, new_id
from azuraforge_contracts.names import preflight_queue, preflight_reply


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose worker has two apps that cannot be imported beside the lab's."""
    folder = tmp_path_factory.mktemp("house")
    path = install_lab(tmp_path_factory.mktemp("lab"), has_broken=True)
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with (
        valkey_server() as redis_url,
        open_house(database_url=url, redis_url=redis_url, folder=folder, pythonpath=path) as house,
    ):
        house.start_worker(AZURAFORGE_PREFLIGHT_IDLE_S="1")
        yield house


@pytest.fixture(scope="module")
def announced(broken_house: House) -> WorkerAnnouncement:
    """The worker's announcement."""
    found: WorkerAnnouncement = wait_until(broken_house.announcements, what="the worker announces itself")[0]
    return found


def test_a_broken_app_is_listed_with_its_error(announced: WorkerAnnouncement) -> None:
    broken = {app.entry_point: app.error for app in announced.broken}
    assert "RuntimeError: this app is broken" in broken["lab_broken"]


def test_an_app_that_ends_the_importing_process_is_listed_too(announced: WorkerAnnouncement) -> None:
    broken = {app.entry_point: app.error for app in announced.broken}
    assert "status 7" in broken["lab_deadly"]


def test_the_other_apps_are_offered_all_the_same(announced: WorkerAnnouncement) -> None:
    manifests = {pipeline.name: pipeline for pipeline in announced.pipelines}
    steady = manifests["lab_steady"]
    assert steady.app == "azuraforge-lab"
    assert steady.config_schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert steady.config_schema["additionalProperties"] is False
    assert steady.defaults == SteadyConfig().model_dump(mode="json")
    assert steady.sample == {"epochs": 3}
    assert announced.device == "cpu"


@pytest.mark.parametrize(
    ("config", "status", "problems"),
    [
        ({"epochs": 3}, "ok", []),
        ({"epochs": 0}, "refused", [("/epochs", "minimum")]),
        ({"epochs": "many"}, "refused", [("/epochs", "type")]),
        ({"epoch": 3}, "refused", [("/epoch", "additional")]),
        ({"order": "never"}, "refused", [("/order", "enum")]),
        ({"epochs": 10_000, "batches": 1000}, "refused", [("/epochs", "maximum")]),
    ],
)
def test_a_preflight_question_is_answered_with_the_field(
    broken_house: House,
    announced: WorkerAnnouncement,
    config: dict[str, Any],
    status: str,
    problems: list[tuple[str, str]],
) -> None:
    reply = _ask(broken_house, config, seconds=30.0)

    assert reply is not None
    assert (reply.status, [(problem.pointer, problem.code) for problem in reply.errors]) == (status, problems)


def test_a_question_that_nobody_waits_for_is_dropped(broken_house: House, announced: WorkerAnnouncement) -> None:
    assert _ask(broken_house, {"epochs": 3}, seconds=-1.0) is None


def test_the_child_that_answers_ends_when_nobody_asks(broken_house: House, announced: WorkerAnnouncement) -> None:
    assert _ask(broken_house, {"epochs": 3}, seconds=30.0) is not None
    mark = f"worker/{announced.worker_id}"

    assert broken_house.trainers(mark) != []
    wait_until(lambda: broken_house.trainers(mark) == [], what="the idle child ends")


def _ask(house: House, config: dict[str, Any], *, seconds: float) -> PreflightReply | None:
    """Ask like the API."""
    request_id = new_id()
    request = PreflightRequest(
        request_id=request_id, pipeline="lab_steady", config=config, expires_at=time.time() + seconds
    )
    house.redis.lpush(preflight_queue("lab_steady"), request.model_dump_json())
    taken: Any = house.redis.brpop([preflight_reply(request_id)], timeout=max(3.0, seconds))
    return PreflightReply.model_validate_json(taken[1]) if taken else None
