"""Run the dashboard's tests in a real browser; without one they are skipped, except where CI=true."""

from __future__ import annotations

import os
import subprocess
import sys

import install_browser
from workspace import DASHBOARD, tool_environ


def main() -> int:
    """0 when they pass, or when there is no browser on a machine that is not CI."""
    if install_browser.main() != 0:
        return 1 if os.environ.get("CI") == "true" else 0
    environ = {**tool_environ(), install_browser.SETTING: install_browser.find_browser() or ""}
    return subprocess.run(["npm", "run", "--silent", "e2e"], cwd=DASHBOARD, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
