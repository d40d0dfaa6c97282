"""What the doctor finds, on real folders, sockets, databases and brokers."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from azuraforge.doctor import Finding, Level, Patient, examine
from azuraforge.home import Home, prepare_home
from azuraforge.locales import TABLE, Language, Texts

TEXTS = Texts(Language.EN)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    prepare_home(home, texts=TEXTS)
    return home


def findings(home: Home, check: str, *, port: int = 0, **environ: str) -> list[Finding]:
    patient = Patient(home=home, environ=environ, host="127.0.0.1", port=port, texts=TEXTS)
    found = examine(patient)
    assert {f"doctor_{one.check}" for one in found} <= set(TABLE)
    return [one for one in found if one.check == check]


def test_a_fresh_folder_has_no_problem(home: Home) -> None:
    patient = Patient(home=home, environ={}, host="127.0.0.1", port=0, texts=TEXTS)

    assert [one for one in examine(patient) if one.level is Level.PROBLEM] == []


def test_the_broker_is_named_by_its_version_and_its_place(home: Home) -> None:
    assert re.fullmatch(r"Valkey \d+\.\d+\.\d+ \(/.+valkey-server\)", findings(home, "broker")[0].text)


def test_a_key_that_others_can_read_is_a_problem(home: Home) -> None:
    home.owner_key.chmod(0o640)

    found = findings(home, "folder")

    assert found[-1].level is Level.PROBLEM
    assert "mode 0640" in found[-1].text
    assert found[-1].remedy == f"chmod go= {home.owner_key}"


def test_a_folder_below_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert findings(Home(tmp_path / "file" / "home"), "folder")[0].level is Level.PROBLEM


def test_a_taken_port_is_a_problem(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        found = findings(home, "port", port=port)

    assert found[0].level is Level.PROBLEM
    assert f"Port {port}" in found[0].text


def test_a_note_of_a_server_that_is_gone_is_a_warning(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    home.server.write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": ended.pid}))

    found = findings(home, "server")

    assert found[0].level is Level.WARNING
    assert f"rm {home.server}" in found[0].remedy


def test_a_server_that_does_not_answer_is_a_problem(home: Home) -> None:
    home.server.write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": os.getpid()}))

    assert findings(home, "server")[0].level is Level.PROBLEM


def test_a_broker_that_is_not_there_is_a_problem(home: Home) -> None:
    found = findings(home, "broker", AZURAFORGE_REDIS_URL="redis://:secret@127.0.0.1:1/0")

    assert found[0].level is Level.PROBLEM
    assert "secret" not in found[0].text


def test_a_broker_that_answers_is_good(home: Home, valkey_url: str) -> None:
    assert findings(home, "broker", AZURAFORGE_REDIS_URL=valkey_url)[0].level is Level.GOOD


def test_a_file_that_is_no_database_is_a_problem(home: Home) -> None:
    home.ledger.write_bytes(b"this is no database" * 100)

    found = findings(home, "database")

    assert found[0].level is Level.PROBLEM
    assert "Traceback" not in found[0].text


def test_a_database_that_is_not_there_is_a_problem_without_its_password(home: Home) -> None:
    url = "postgresql+psycopg://azura:secret@127.0.0.1:1/azuraforge"

    found = findings(home, "database", AZURAFORGE_DATABASE_URL=url)

    assert found[0].level is Level.PROBLEM
    assert "secret" not in found[0].text


def test_a_device_that_does_not_exist_is_a_problem(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURAFORGE_DEVICE", "quantum")

    found = findings(home, "device")

    assert found[0].level is Level.PROBLEM
    assert "must be cpu, gpu or auto" in found[0].text


def test_the_command_speaks_json_and_turkish_and_fails_on_a_problem(home: Home) -> None:
    home.owner_key.chmod(0o644)
    command = [sys.executable, "-m", "azuraforge.main", "--language", "tr", "doctor", "--json", "--port", "0"]

    done = subprocess.run(
        [*command, "--home", str(home.root)], capture_output=True, text=True, check=False, env=dict(os.environ)
    )

    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert answer["is_good"] is False
    assert any("başkalarınca okunabilir" in one["text"] for one in answer["findings"])


def test_the_kernels_are_described_for_this_processor(home: Home) -> None:
    (found,) = findings(home, "kernels")

    assert found.level is Level.GOOD
    assert "-bit vectors" in found.text
    assert "families compiled in" in found.text


def test_a_wrong_setting_of_the_kernels_is_a_problem(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURAFORGE_KERNELS", "fast")

    (found,) = findings(home, "kernels")

    assert found.level is Level.PROBLEM
    assert found.text == "AZURAFORGE_KERNELS is 'fast', it must be auto, native or numpy"


def test_the_walls_around_trainers_are_told(home: Home) -> None:
    (found,) = findings(home, "walls")

    assert found.level in {Level.GOOD, Level.WARNING}
    assert found.text


def test_a_secret_file_that_others_can_read_is_a_warning(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "database.url"
    path.write_text("postgresql://u:hunter2@h/d\n")
    path.chmod(0o644)

    (found,) = findings(home, "secrets", AZURAFORGE_DATABASE_URL_FILE=str(path))

    assert found.level is Level.WARNING
    assert str(path) in found.text
    assert "hunter2" not in found.text
    assert found.remedy == f"chmod go= {path}"
    path.chmod(0o600)
    assert findings(home, "secrets", AZURAFORGE_DATABASE_URL_FILE=str(path)) == []
