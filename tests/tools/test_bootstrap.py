"""What a fresh machine is told when something is missing: one sentence, no traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import bootstrap as bootstrap_tool
import pip
import pytest
import workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but the tools and the lock."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", folder)
    return folder


def bootstrap(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(checkout / "tools" / "bootstrap.sh")]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def give_environment(checkout: Path) -> None:
    """The environment that the first step makes, with the pip of this one: bringing pip itself takes seconds."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    [packages] = (checkout / ".venv").glob("lib/python*/site-packages")
    (packages / "pip").symlink_to(Path(pip.__file__).parent)


def test_a_machine_with_an_old_python_is_told_so(checkout: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "python3", "exit 1")
    program(tmp_path / "bin", "dirname", 'exec /usr/bin/dirname "$@"')

    done = bootstrap(checkout, PATH=str(tmp_path / "bin"))

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "venv.py").write_text("raise ImportError('no venv here')\n")

    done = bootstrap(checkout, PATH="/usr/bin:/bin", PYTHON=sys.executable, PYTHONPATH=str(tmp_path / "broken"))

    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_network_is_told_so(checkout: Path) -> None:
    give_environment(checkout)
    nowhere = "http://127.0.0.1:1/simple"

    done = bootstrap(
        checkout,
        PATH="/usr/bin:/bin",
        PYTHON=sys.executable,
        PIP_INDEX_URL=nowhere,
        PIP_EXTRA_INDEX_URL="",
        PIP_RETRIES="0",
        PIP_NO_CACHE_DIR="1",
        PIP_CONFIG_FILE="/dev/null",
    )

    assert done.returncode == 1
    assert workspace.NO_NETWORK in done.stderr
    assert "Traceback" not in done.stderr


def test_uv_and_npm_trust_what_the_machine_trusts_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorities = tmp_path / "authorities.pem"
    authorities.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/chosen.pem")

    environ = workspace.tool_environ()

    assert environ["UV_SYSTEM_CERTS"] == "true"
    assert environ["NODE_EXTRA_CA_CERTS"] == "/chosen.pem"
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS")
    assert workspace.tool_environ()["NODE_EXTRA_CA_CERTS"] == str(authorities)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("client error (Connect): invalid peer certificate: UnknownIssuer", workspace.UNTRUSTED),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", workspace.UNTRUSTED),
        ("npm error code ENOTFOUND", workspace.NO_NETWORK),
        ("out of disk", "the step's own"),
    ],
)
def test_a_failed_step_is_told_with_the_remedy_of_its_cause(said: str, remedy: str) -> None:
    with pytest.raises(workspace.StepFailed) as failure:
        workspace.run_step("step", [sys.executable, "-c", f"print({said!r}); exit(1)"], remedy="the step's own")

    assert str(failure.value) == remedy


def test_a_step_whose_inputs_did_not_change_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap_tool, "STAMPS", tmp_path)
    runs: list[str] = []

    bootstrap_tool._once("step", "one", lambda: runs.append("first"))
    bootstrap_tool._once("step", "one", lambda: runs.append("again"))
    bootstrap_tool._once("step", "two", lambda: runs.append("changed"))

    assert runs == ["first", "changed"]


def test_a_step_that_failed_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap_tool, "STAMPS", tmp_path)
    runs: list[str] = []

    def fail() -> None:
        raise workspace.StepFailed("no")

    with pytest.raises(workspace.StepFailed):
        bootstrap_tool._once("step", "one", fail)
    bootstrap_tool._once("step", "one", lambda: runs.append("ran"))

    assert runs == ["ran"]
