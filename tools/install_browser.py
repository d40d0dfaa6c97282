"""Make sure that the browser tests have a chromium: Debian's, installed by apt where this process may do that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

SETTING = "AZURAFORGE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Path of a chromium, or None."""
    if named := os.environ.get(SETTING):
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install_browser() -> None:
    """Ask apt for chromium where we are root on Debian; a failure shows in find_browser."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run([apt, *arguments], env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def main() -> int:
    """0 when there is a browser, 3 when this machine has none; CI=true makes that a failure."""
    if find_browser() is None:
        install_browser()
    if find_browser() is not None:
        return 0
    print(
        "\n  NO BROWSER: the browser tests are skipped. To run them too: apt-get install chromium,\n"
        "  or set AZURAFORGE_CHROMIUM to a Chromium or Chrome.\n",
        file=sys.stderr,
    )
    return 3


if __name__ == "__main__":
    sys.exit(main())
