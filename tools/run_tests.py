"""`make test`: the members' tests, the API's in an installation of its own, the dashboard's and the browser's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import install_browser
import install_oracle
from workspace import DASHBOARD, ROOT, program, tool_environ


@dataclass(frozen=True)
class Part:
    """One part of the run: True when it passed."""

    name: str
    run: Callable[[], bool]


def parts(*, is_full: bool) -> list[Part]:
    """What runs, in order."""
    return [
        Part("oracle", lambda: install_oracle.main() == 0),
        Part("kernels", lambda: _run([program("python"), "-m", "azuraforge_core.warmup"])),  # no test waits for them
        Part("python", lambda: _run_pytest(is_full=is_full)),
        Part("isolated API", lambda: _run([program("python"), "tools/isolated_api.py"])),
        Part("dashboard", lambda: _run(["npm", "run", "--silent", "test"], cwd=str(DASHBOARD))),
        Part("browser", _run_browser),
    ]


def _run_pytest(*, is_full: bool) -> bool:
    chosen = [] if is_full else ["-m", "not slow"]
    return _run([program("python"), "-m", "pytest", "-n", "2", "--dist", "loadfile", *chosen])


def _run_browser() -> bool:
    if install_browser.main() != 0:
        return os.environ.get("CI") != "true"
    found = {install_browser.SETTING: install_browser.find_browser() or ""}
    return _run(["npm", "run", "--silent", "e2e"], cwd=str(DASHBOARD), environ=found)


def _run(command: list[str], *, cwd: str = str(ROOT), environ: Mapping[str, str] = MappingProxyType({})) -> bool:
    environ = {**tool_environ(), **environ}
    return subprocess.run(command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run every part, also after one has failed; 1 if any has."""
    outcomes = []
    for part in parts(is_full="--full" in arguments):
        print(f"\n== {part.name}", flush=True)
        start = time.monotonic()
        is_good = part.run()
        outcomes.append((part.name, is_good, time.monotonic() - start))
    print("\n== summary")
    for name, is_good, seconds in outcomes:
        print(f"{'ok    ' if is_good else 'FAILED'} {seconds:6.1f} s  {name}")
    return 0 if all(is_good for _, is_good, _ in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
