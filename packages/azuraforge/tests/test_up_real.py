"""The real platform: broker, API and worker under `azuraforge up`, and the terminal's way through it."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import DEADLINE_S, Running, command_line, wait_until

Start = Callable[..., Running]
QUICK = ("--set", "training.epochs=1")
ENDLESS = ("--set", "training.epochs=2000", "--set", "training.patience=0")

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of one platform for the tests that only talk to it."""
    folder = tmp_path_factory.mktemp("platform") / "home"
    with subprocess.Popen(
        [sys.executable, "-m", "azuraforge.main", "up", "--port", "0", "--no-sample"],
        env=clean_environ(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until((folder / "server.json").exists, within_s=100)
        yield folder
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE_S)


def clean_environ(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AZURAFORGE_")}
    return {**kept, "AZURAFORGE_HOME": str(folder), "LC_ALL": "C.UTF-8", "COLUMNS": "140"}


def azuraforge(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "azuraforge.main", *arguments],
        env=clean_environ(home) | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_catalog_names_the_stock_predictor(home: Path) -> None:
    done = azuraforge(home, "pipelines", "--json")

    assert done.returncode == 0
    assert [one["name"] for one in json.loads(done.stdout)["pipelines"]] == ["stock_predictor"]
    assert "stock_predictor" in azuraforge(home, "pipelines").stdout


def test_a_training_is_watched_to_its_score_beside_the_baseline(home: Path) -> None:
    done = azuraforge(home, "experiments", "start", "stock_predictor", *QUICK, "--name", "from a test", "--watch")

    assert done.returncode == 0, done.stderr
    assert "epoch 1/1" in done.stdout
    assert re.search(r"RMSE on unseen data +[\d.]+ USD", done.stdout)
    assert re.search(r"naive baseline \(.+\) +[\d.]+ USD", done.stdout)
    assert "from a test" in azuraforge(home, "experiments", "list").stdout


def test_json_for_scripts_is_one_event_per_line_and_the_experiment_last(home: Path) -> None:
    done = azuraforge(home, "experiments", "start", "stock_predictor", *QUICK, "--watch", "--json")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    seqs = [line["seq"] for line in lines[:-1] if line["seq"] is not None]
    assert done.returncode == 0
    assert seqs == list(range(1, len(seqs) + 1))
    assert lines[-2]["type"] == "end"
    assert lines[-1]["state"] == "succeeded"
    assert lines[-1]["config"]["training"]["epochs"] == 1
    assert azuraforge(home, "experiments", "watch", lines[-1]["task_id"]).returncode == 0


def test_demo_prints_score_baseline_and_seconds_as_json(home: Path) -> None:
    done = azuraforge(home, "demo", "--json")

    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["state"] == "succeeded"
    assert answer["score"] > 0
    assert answer["baseline"] > 0
    assert answer["seconds"] > 0


def test_cancel_ends_a_training_and_watching_it_says_so(home: Path) -> None:
    started = azuraforge(home, "experiments", "start", "stock_predictor", *ENDLESS, "--json")
    task_id = json.loads(started.stdout)["task_id"]

    cancelled = azuraforge(home, "experiments", "cancel", task_id)
    watched = azuraforge(home, "experiments", "watch", task_id)

    assert cancelled.returncode == 0
    assert watched.returncode == 5
    assert "cancelled" in watched.stderr
    assert json.loads(azuraforge(home, "experiments", "show", task_id, "--json").stdout)["state"] == "cancelled"


def test_every_wrong_field_is_named_with_its_pointer_and_nothing_is_created(home: Path) -> None:
    before = json.loads(azuraforge(home, "experiments", "list", "--json").stdout)["total"]

    done = azuraforge(
        home, "experiments", "start", "stock_predictor", "--set", "training.epochs=many", "--set", "bogus=1"
    )

    assert done.returncode == 4
    assert "/config/training/epochs  " in done.stderr
    assert "/config/bogus  " in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(azuraforge(home, "experiments", "list", "--json").stdout)["total"] == before


@pytest.mark.parametrize(
    ("csv", "pointer"),
    [
        ("Date,Open\n2004-08-19,1\n", "/config/source/target_column"),
        ("Date,Close\n2004-08-19,one\n", "/config/source/csv"),
        ("Date,Close\n2004-08-19,1\n2004-08-20,2\n2004-08-23,3\n", "/config/source/csv"),
    ],
)
def test_a_csv_that_cannot_be_trained_on_is_refused_at_its_field(
    home: Path, tmp_path: Path, csv: str, pointer: str
) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(csv)

    done = azuraforge(
        home,
        *("experiments", "start", "stock_predictor", "--json"),
        *("--set", "source.kind=csv", "--set", f"source.csv=@{file}"),
    )

    assert done.returncode == 4
    problem = json.loads(done.stdout)["problem"]
    assert pointer in {one["pointer"] for one in problem["errors"]}
    assert problem["hint"]


def test_an_unknown_pipeline_and_an_unknown_experiment_are_one_sentence(home: Path) -> None:
    assert "stock_predictor" in azuraforge(home, "experiments", "start", "nothing").stderr
    unknown = azuraforge(home, "experiments", "show", "01a1fa3b-5992-762a-b68a-7eeb54ec4b69")
    assert unknown.returncode == 4
    assert "Traceback" not in unknown.stderr


def test_a_wrong_key_is_refused_and_a_missing_one_asked_for(home: Path) -> None:
    url = json.loads((home / "server.json").read_text())["url"]

    wrong = azuraforge(home, "pipelines", "--url", url, "--key", "not-the-owner-key-of-this-platform")
    missing = azuraforge(home.parent / "elsewhere", "pipelines", "--url", url)

    assert wrong.returncode == 4
    assert missing.returncode == 1
    assert "AZURAFORGE_API_KEY" in missing.stderr


def test_a_platform_that_does_not_run_is_one_sentence_in_the_users_language(tmp_path: Path) -> None:
    done = azuraforge(tmp_path / "home", "experiments", "list", LC_ALL="tr_TR.UTF-8")

    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "çalışan bir AzuraForge yok" in done.stderr


def test_a_platform_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    done = azuraforge(tmp_path / "home", "pipelines", "--url", "http://127.0.0.1:1", "--key", "x" * 32)

    assert done.returncode == 3
    assert "does not answer" in done.stderr


def enter(link: str, **chosen: str) -> int:
    """The status with which a browser's page is answered that opens the link."""
    url, token = link.split("/sign-in#")
    request = urllib.request.Request(
        f"{url}/api/v1/auth/session",
        data=json.dumps({"token": token, **chosen}).encode(),
        headers={"Content-Type": "application/json", "Origin": url},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_links_make_the_first_account_and_sign_in_once_each(home: Path) -> None:
    first = azuraforge(home, "link").stdout.strip()
    assert enter(first) == 422, "it needs a name and a password"
    assert enter(first, name="Ayşe", password="yedi cüceler ve bir fırın") == 200
    link = azuraforge(home, "link", "--user", "ayşe").stdout.strip()
    assert [enter(link), enter(link)] == [200, 401]
    unknown = azuraforge(home, "link", "--user", "nobody")
    assert unknown.returncode == 4
    assert unknown.stdout == ""


def test_a_key_is_kept_for_its_owner_alone_and_speaks_for_its_user(home: Path, tmp_path: Path) -> None:
    url = json.loads((home / "server.json").read_text())["url"]
    elsewhere = {"XDG_CONFIG_HOME": str(tmp_path)}
    azuraforge(home, "users", "add", "Fatma", "--project", "default", "--role", "viewer")
    key = azuraforge(home, "keys", "add", "ci", "--user", "fatma", "--scope", "write").stdout

    done = subprocess.run(
        [sys.executable, "-m", "azuraforge.main", "login", "--url", url],
        env=clean_environ(tmp_path / "none") | elsewhere,
        input=key,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "azuraforge" / "keys.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    said = azuraforge(tmp_path / "none", "whoami", "--json", **elsewhere).stdout
    assert json.loads(said)["user"] == "Fatma"
    started = azuraforge(tmp_path / "none", "experiments", "start", "stock_predictor", **elsewhere)
    assert started.returncode == 4, "a viewer's key starts nothing, whatever its scope"
    assert azuraforge(home, "keys", "revoke", "ci", "--all").returncode == 0
    assert azuraforge(tmp_path / "none", "whoami", **elsewhere).returncode == 4
    assert azuraforge(tmp_path / "none", "logout", **elsewhere).returncode == 0
    assert key.strip() not in kept.read_text()


def test_the_doctor_finds_nothing_wrong_with_it(home: Path) -> None:
    port = json.loads((home / "server.json").read_text())["url"].rsplit(":", 1)[1]

    done = azuraforge(home, "doctor", "--json", "--port", port)

    findings = json.loads(done.stdout)["findings"]
    assert [one for one in findings if one["level"] == "problem"] == []
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_it_ends_in_the_middle_of_a_training(
    start_up: Start, environ: dict[str, str], number: signal.Signals
) -> None:
    home = Path(environ["AZURAFORGE_HOME"])
    up = start_up("up", "--port", "0", "--no-sample")
    up.line_with("/sign-in#", within_s=100)
    started = azuraforge(home, "experiments", "start", "stock_predictor", *ENDLESS, "--json")
    assert started.returncode == 0, started.stderr
    parent = psutil.Process(up.process.pid)
    wait_until(lambda: any("azuraforge_worker.trainer" in command_line(one) for one in tree(parent)))
    below = tree(parent)

    up.process.send_signal(number)
    up.end()

    wait_until(lambda: not [one for one in below if is_living(one)])
    assert up.members() == []


def tree(parent: psutil.Process) -> list[psutil.Process]:
    return [one for one in parent.children(recursive=True) if is_living(one)]


def is_living(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
