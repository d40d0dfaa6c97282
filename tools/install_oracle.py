"""Install PyTorch, the oracle that the gradient tests compare with; no product code imports it.

A wheel that lies on this machine (pip's find-links) is always taken. The index is asked only when CI=true, because the
download is large; elsewhere the tests marked `oracle` are skipped, and this says so.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

from workspace import program, tool_environ

TORCH = "torch==2.13.0"


def main() -> int:
    """0 when the oracle is there, or when it is missing on a machine that is not CI."""
    if importlib.util.find_spec("torch") is not None:
        return 0
    is_ci = os.environ.get("CI") == "true"
    if install("--no-index") or (is_ci and install()):
        print(f"oracle: {TORCH} installed")
        return 0
    print(
        f"\n  THE ORACLE IS MISSING: {TORCH} is not installed, so every test marked `oracle` is skipped.\n"
        f"  To run them too: .venv/bin/pip install {TORCH}\n",
        file=sys.stderr,
    )
    return 1 if is_ci else 0


def install(*options: str) -> bool:
    """Try one source; True when torch is installed afterwards."""
    command = [program("python"), "-m", "pip", "install", "--quiet", *options, TORCH]
    return (
        subprocess.run(
            command, env=tool_environ(), stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
        == 0
    )


if __name__ == "__main__":
    sys.exit(main())
