"""Make this checkout runnable with nothing but Python: environment, locked packages, members, dashboard.

Every step leaves a stamp with the hash of what it was made from, so that a second run takes a fraction of a second.
Started by tools/bootstrap.sh with any Python that is new enough; the standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from workspace import (
    DASHBOARD,
    LOCK,
    NODE_LOCK,
    ROOT,
    STATIC,
    VENV,
    StepFailed,
    content_hash,
    members,
    program,
    run_step,
    tool_environ,
)

OLDEST_PYTHON = (3, 11)
STAMPS = VENV / "azuraforge-stamps"
NOT_SOURCE = {"node_modules", "test-results", "coverage", "dist"}


def main(arguments: list[str]) -> int:
    """Bring the checkout up to date; 1 and one sentence when that is impossible."""
    try:
        with _only_one():
            _make_environment()
            _install_packages()
            if "--no-dashboard" not in arguments:
                _build_dashboard()
    except StepFailed as failure:
        print(f"azuraforge: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Let a second bootstrap of the same checkout wait for the first."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make_environment() -> None:
    if sys.version_info < OLDEST_PYTHON:
        raise StepFailed(f"Python {sys.version.split()[0]} is too old; azuraforge needs 3.11 or newer.")
    works = [program("python"), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    with contextlib.suppress(OSError):
        if subprocess.run(works, check=False, capture_output=True).returncode == 0:
            return
    remedy = (
        "Python's venv module is missing or broken: install it (Debian: apt install python3-venv) and run this again."
    )
    run_step("creating .venv", [sys.executable, "-m", "venv", "--clear", VENV], remedy=remedy)


def _install_packages() -> None:
    where = str(ROOT)  # scripts and editable members hold absolute paths: a moved checkout is installed again
    _once("uv", content_hash([LOCK], where), _install_uv)
    _once("packages", content_hash([LOCK], where), _install_locked)
    manifests = [member / "pyproject.toml" for member in members()]
    _once("members", content_hash([LOCK, *manifests], where), _install_members)
    sources = [source for member in members() for source in (member / "src").rglob("*.py")]
    _once("bytecode", content_hash(sources, where), _compile_members)


def _once(name: str, fingerprint: str, step: Callable[[], None]) -> None:
    stamp = STAMPS / name
    if stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
        return
    step()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(fingerprint, encoding="ascii")


def _install_uv() -> None:
    """Take uv from the lock like everything else: its version and hashes decide, pip only fetches."""
    locked = re.search(r"^uv==.*(?:\n    --hash=.*)+", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if locked is None:
        raise StepFailed("requirements.lock does not name uv: run git checkout requirements.lock.")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as wanted:
        wanted.write(locked.group() + "\n")
        wanted.flush()
        command = [program("python"), "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check"]
        run_step("installing uv", [*command, "-r", wanted.name], remedy="pip could not install uv: see above.")


def _install_locked() -> None:
    command = [program("uv"), "pip", "install", "--require-hashes", "--compile-bytecode", "-r", str(LOCK)]
    run_step("installing the locked packages", command, remedy="The locked packages could not be installed: see above.")


def _install_members() -> None:
    editable = [part for member in members() for part in ("--editable", str(member))]
    command = [program("uv"), "pip", "install", "--no-deps", "--no-build-isolation", *editable]
    run_step("installing the members", command, remedy="A member of the workspace could not be installed: see above.")


def _compile_members() -> None:
    """Compile now: a service must not do it at every start where PYTHONDONTWRITEBYTECODE is set."""
    folders = [str(member / "src") for member in members()]
    command = [program("python"), "-m", "compileall", "-q", "-j", "2", *folders]
    run_step("compiling the members", command, remedy="A member holds a file that Python cannot read: see above.")


def _build_dashboard() -> None:
    _take_node()
    locked = [DASHBOARD / "package.json", DASHBOARD / "package-lock.json"]
    modules = content_hash(locked)
    if not (DASHBOARD / "node_modules").is_dir():
        (STAMPS / "node_modules").unlink(missing_ok=True)
    _once("node_modules", modules, _install_node_modules)
    if not (STATIC / "index.html").is_file():
        (STAMPS / "dashboard").unlink(missing_ok=True)
    _once("dashboard", content_hash(_dashboard_sources(), modules), _run_build)


def _take_node() -> None:
    """Use the machine's Node where it is new enough, else the one from PyPI inside this environment."""
    if _has_node():
        return
    command = [program("uv"), "pip", "install", "--require-hashes", "-r", str(NODE_LOCK)]
    run_step(
        "installing Node from PyPI", command, remedy="Node is missing: install Node 20.19 or newer, and run this again."
    )


def _has_node() -> bool:
    path = tool_environ()["PATH"]
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True, env=tool_environ()).stdout
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    if found is None:
        return False
    version = (int(found[1]), int(found[2]))
    return (20, 19) <= version < (21, 0) or version >= (22, 12)  # what Vite supports


def _dashboard_sources() -> list[Path]:
    inside = [path for path in DASHBOARD.iterdir() if path.name not in NOT_SOURCE]
    files = [path for path in inside if path.is_file()]
    return files + [file for path in inside if path.is_dir() for file in path.rglob("*") if file.is_file()]


def _install_node_modules() -> None:
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    run_step("installing the dashboard's packages", command, cwd=DASHBOARD, remedy="npm ci failed: see above.")


def _run_build() -> None:
    run_step("building the dashboard", ["npm", "run", "build"], cwd=DASHBOARD, remedy="The dashboard does not build.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
