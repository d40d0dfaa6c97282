"""Supervision, signals and death of `azuraforge up`, with small stand-ins for API and worker and a real Valkey."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from azuraforge.broker import ping_broker
from azuraforge.processes import last_sentence
from azuraforge.up import Patience

from .conftest import DEADLINE_S, ENDLESS_S, Running, command_line, wait_until

Start = Callable[..., Running]


def test_up_starts_valkey_api_and_worker_and_then_welcomes(start_up: Start, environ: dict[str, str]) -> None:
    home = Path(environ["AZURAFORGE_HOME"])

    up = start_up()
    up.line_with("WELCOME")

    note = json.loads((home / "server.json").read_text())
    assert note["pid"] == up.process.pid
    up.member("valkey-server")
    up.member("stand_ins.py api")
    up.member("stand_ins.py worker")
    ping_broker(f"unix://{home / 'valkey' / 'valkey.sock'}?db=0")


def test_secrets_and_socket_are_for_the_owner_only(start_up: Start, environ: dict[str, str]) -> None:
    home = Path(environ["AZURAFORGE_HOME"])
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "owner.key").write_text("a-key-that-everybody-could-read\n")
    (home / "secrets" / "owner.key").chmod(0o644)

    start_up().line_with("WELCOME")

    assert stat.S_IMODE((home / "secrets" / "owner.key").stat().st_mode) == 0o600
    assert (home / "secrets" / "owner.key").read_text() == "a-key-that-everybody-could-read\n"
    assert stat.S_IMODE((home / "valkey").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "valkey" / "valkey.sock").stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_worker_then_api_then_valkey(
    start_up: Start, environ: dict[str, str], number: signal.Signals
) -> None:
    home = Path(environ["AZURAFORGE_HOME"])
    up = start_up(worker="careless")
    up.line_with("WELCOME")
    wait_until(lambda: any("stand_ins.py trainer" in command_line(one) for one in up.members()))

    up.process.send_signal(number)

    assert up.end() == 0
    assert up.members() == []
    stopped = {
        name: float((home / "logs" / f"{name}.log").read_text().split("stopped at ")[1]) for name in ("worker", "api")
    }
    assert stopped["worker"] < stopped["api"]
    assert "User requested shutdown" in (home / "logs" / "valkey.log").read_text()
    assert not (home / "server.json").exists()


def test_a_worker_that_ignores_the_request_is_killed_when_patience_ends(start_up: Start) -> None:
    up = start_up(worker="stubborn", patience_s=0.1)
    up.line_with("WELCOME")

    up.process.send_signal(signal.SIGINT)

    assert up.end() == 0
    assert up.members() == []


def test_patience_ends_before_the_ten_seconds_that_a_user_waits() -> None:
    assert Patience().together_s < 10


def test_a_second_ctrl_c_takes_away_the_patience(start_up: Start) -> None:
    up = start_up(worker="stubborn", patience_s=ENDLESS_S)
    up.line_with("WELCOME")

    up.process.send_signal(signal.SIGINT)
    up.line_with("Stopping")
    up.process.send_signal(signal.SIGINT)

    assert up.end() == 0
    assert up.members() == []


def test_kill_9_of_the_parent_leaves_no_process(start_up: Start) -> None:
    up = start_up()
    up.line_with("WELCOME")
    wait_until(lambda: any("stand_ins.py trainer" in command_line(one) for one in up.members()))

    up.process.kill()

    wait_until(lambda: not up.members())


def test_the_folder_can_be_used_again_after_kill_9(start_up: Start) -> None:
    first = start_up()
    first.line_with("WELCOME")
    first.process.kill()
    wait_until(lambda: not first.members())

    start_up().line_with("WELCOME")


def test_a_crashed_service_is_started_again_and_that_is_said(start_up: Start, environ: dict[str, str]) -> None:
    up = start_up()
    up.line_with("WELCOME")
    before = up.member("stand_ins.py api")

    before.kill()

    assert "api ended unexpectedly (signal SIGKILL); starting it again in 0.5 s" in up.line_with("api ended")
    wait_until(
        lambda: [one for one in up.members() if "stand_ins.py api" in command_line(one) and one.pid != before.pid]
    )


def test_a_crashed_valkey_comes_back_with_what_it_held(start_up: Start, environ: dict[str, str]) -> None:
    home = Path(environ["AZURAFORGE_HOME"])
    up = start_up()
    up.line_with("WELCOME")
    path = str(home / "valkey" / "valkey.sock")
    assert ask(path, "SET word kept") == "+OK"
    assert ask(path, "WAITAOF 1 0 60000").startswith("*2")

    up.member("valkey-server").kill()
    up.line_with("valkey ended unexpectedly")

    wait_until(lambda: answers(path))
    assert ask(path, "GET word").endswith("kept")


def test_orphans_of_a_service_are_collected(start_up: Start) -> None:
    up = start_up(worker="careless")
    up.line_with("WELCOME")
    wait_until(lambda: any("stand_ins.py trainer" in command_line(one) for one in up.members()))
    trainer = up.member("stand_ins.py trainer")

    up.member("stand_ins.py careless").kill()
    up.line_with("worker ended")
    trainer.kill()

    wait_until(lambda: not psutil.pid_exists(trainer.pid))


@pytest.mark.parametrize(
    ("name", "kinds"), [("api", {"api": "crash"}), ("worker", {"api": "lonely", "worker": "crash"})]
)
def test_a_service_that_cannot_start_is_quoted(start_up: Start, name: str, kinds: dict[str, str]) -> None:
    up = start_up(**kinds)

    line = up.line_with(f"{name} cannot start")

    assert "AZURAFORGE_THREADS is 'many'. Use a whole number" in line
    assert "azuraforge doctor" in line
    assert up.end() == 1
    assert up.members() == []
    assert len(up.lines) == 2  # "Starting …" and the sentence


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("", ""),
        ("one\nazuraforge-api: The port is taken.\n", "azuraforge-api: The port is taken."),
        (
            "Traceback (most recent call last):\n  File x\nledger.Unavailable: No answer.\n\tdetail\nERROR end\n",
            "No answer.",
        ),
    ],
)
def test_the_last_words_of_a_service_become_one_sentence(said: str, sentence: str) -> None:
    assert last_sentence(said) == sentence


def test_a_second_up_on_the_same_folder_is_refused(start_up: Start, environ: dict[str, str]) -> None:
    first = start_up()
    first.line_with("WELCOME")

    said = refused(environ, "up", "--port", "0")

    assert f"already runs on {environ['AZURAFORGE_HOME']}" in said
    assert f"process {first.process.pid}" in said
    assert "--home" in said


def test_a_port_in_use_is_refused(environ: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refused(environ, "up", "--port", str(port))

    assert f"Port {port} on 127.0.0.1 is already in use." in said
    assert "--port" in said


def test_an_address_of_another_machine_is_refused(environ: dict[str, str]) -> None:
    proxy = {"AZURAFORGE_TRUSTED_PROXIES": "192.0.2.9", "AZURAFORGE_PUBLIC_URL": "https://forge.example.org"}
    assert "cannot be used" in refused(environ | proxy, "up", "--host", "192.0.2.1")


def test_a_folder_that_cannot_be_written_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    said = refused(environ, "up", "--home", str(tmp_path / "file" / "home"))

    assert "cannot be written" in said
    assert "--home" in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://127.0.0.1:1/0", "Connection refused"),
        ("redis://:secret@127.0.0.1:1/0", "redis://:***@127.0.0.1:1/0"),
        ("unix:///nowhere/valkey.sock", "No such file"),
        ("http://127.0.0.1:1", "is not redis://"),
    ],
)
def test_a_broker_that_is_not_there_is_refused(environ: dict[str, str], url: str, reason: str) -> None:
    said = refused({**environ, "AZURAFORGE_REDIS_URL": url}, "up", "--port", "0")

    assert "The broker does not answer" in said
    assert reason in said
    assert "AZURAFORGE_REDIS_URL" in said
    assert "secret" not in said


def test_an_external_broker_is_used_and_no_valkey_started(
    start_up: Start, environ: dict[str, str], valkey_url: str
) -> None:
    environ["AZURAFORGE_REDIS_URL"] = valkey_url

    up = start_up()
    up.line_with("WELCOME")

    assert not any("valkey-server" in command_line(one) for one in up.members())
    assert up.member("stand_ins.py api").environ()["AZURAFORGE_REDIS_URL"] == valkey_url


def test_a_damaged_append_only_file_is_refused_with_the_remedy(start_up: Start, environ: dict[str, str]) -> None:
    home = Path(environ["AZURAFORGE_HOME"])
    fill_append_only_file(start_up, home)
    file = next((home / "valkey" / "appendonlydir").glob("*.incr.aof"))
    content = file.read_bytes()
    file.write_bytes(content[:20] + b"\0garbage\0" + content[29:])

    up = start_up()

    line = up.line_with("is damaged")
    assert f"mv {home / 'valkey'} {home / 'valkey'}.damaged" in line
    assert up.end() == 1


def test_a_torn_end_of_the_append_only_file_is_loaded(start_up: Start, environ: dict[str, str]) -> None:
    home = Path(environ["AZURAFORGE_HOME"])
    fill_append_only_file(start_up, home)
    file = next((home / "valkey" / "appendonlydir").glob("*.incr.aof"))
    file.write_bytes(file.read_bytes()[:-5])

    start_up().line_with("WELCOME")

    assert ask(str(home / "valkey" / "valkey.sock"), "GET first").endswith("kept")


def fill_append_only_file(start_up: Start, home: Path) -> None:
    up = start_up()
    up.line_with("WELCOME")
    path = str(home / "valkey" / "valkey.sock")
    assert ask(path, "SET first kept") == "+OK"
    assert ask(path, "SET second torn") == "+OK"
    up.process.send_signal(signal.SIGTERM)
    up.end()


def refused(environ: dict[str, str], *arguments: str) -> str:
    """What the command said before it ended with a status that is not 0: one line, no traceback."""
    command = [sys.executable, "-m", "azuraforge.main", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if not line.startswith("Starting")]
    assert done.returncode == 1
    assert len(said) == 1
    assert "Traceback" not in done.stdout + done.stderr
    return re.sub(r"\x1b\[[0-9;]*m", "", said[0])


def ask(path: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(DEADLINE_S)
        connection.connect(path)
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(1024).decode().strip()


def answers(path: str) -> bool:
    try:
        return ask(path, "PING") == "+PONG"
    except OSError:
        return False
