"""The whole platform under a data folder of its own, as `azuraforge up` starts it, for as long as a `with` block."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

READY_WITHIN_S = 120.0


@dataclass(frozen=True)
class Platform:
    """Where it answers and how long it took to be ready."""

    url: str
    key: str
    pid: int
    seconds: float


@contextlib.contextmanager
def running_platform(home: Path | None = None) -> Iterator[Platform]:
    """Start in `home` (default: a fresh temporary folder), yield when ready, stop."""
    with contextlib.ExitStack() as stack:
        folder = home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azf-bench-")))
        environ = {key: value for key, value in os.environ.items() if not key.startswith("AZURAFORGE_")}
        environ["AZURAFORGE_HOME"] = str(folder)
        note = folder / "server.json"
        note.unlink(missing_ok=True)
        command = [str(Path(sys.executable).with_name("azuraforge")), "up", "--quiet", "--no-sample", "--port", "0"]
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        stack.callback(_stop, process)
        while not note.exists():
            if process.poll() is not None or time.perf_counter() - start > READY_WITHIN_S:
                raise RuntimeError("the platform did not become ready")
            time.sleep(0.005)
        seconds = time.perf_counter() - start
        key = (folder / "secrets" / "owner.key").read_text(encoding="ascii").strip()
        yield Platform(json.loads(note.read_text(encoding="utf-8"))["url"], key, process.pid, seconds)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(20)
