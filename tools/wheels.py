"""Build every member's wheel into dist/ and install them together in a fresh environment, members from dist/ alone.

uv does not check version ranges between editable members; this does, and it shows that the dashboard ships in a wheel.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from closure import closure, locked_lines
from workspace import ROOT, StepFailed, members, program, run_step

DIST = ROOT / "dist"


def build() -> list[Path]:
    """One wheel per member."""
    shutil.rmtree(DIST, ignore_errors=True)
    for member in members():
        command = [program("hatchling"), "build", "-t", "wheel", "-d", str(DIST)]
        run_step(
            f"building {member.relative_to(ROOT)}", command, cwd=member, remedy="The wheel does not build: see above."
        )
    return sorted(DIST.glob("*.whl"))


def check_dashboard(wheels: list[Path]) -> None:
    """Refuse an API wheel without the built dashboard: `pipx run azuraforge up` would serve nothing."""
    api = next(wheel for wheel in wheels if wheel.name.startswith("azuraforge_api-"))
    if "azuraforge_api/static/index.html" not in zipfile.ZipFile(api).namelist():
        raise StepFailed(f"{api.name} holds no dashboard: run make up once, which builds it, and try again.")


def install(folder: Path) -> Path:
    """A fresh environment with locked packages and the members resolved from dist/; returns the command."""
    locked = folder / "requirements.txt"
    locked.write_text(locked_lines(closure("azuraforge")), encoding="utf-8")
    run_step("creating an environment", [sys.executable, "-m", "venv", "--without-pip", folder / "venv"], remedy="")
    uv = [program("uv"), "pip", "install", "--quiet", "--python", str(folder / "venv" / "bin" / "python")]
    run_step("installing the locked packages", [*uv, "--require-hashes", "-r", str(locked)], remedy="See above.")
    together = [*uv, "--no-index", "--find-links", str(DIST), "azuraforge"]
    run_step("installing the members together", together, remedy="The members' version ranges do not fit each other.")
    return folder / "venv" / "bin" / "azuraforge"


def main() -> int:
    """0 when every wheel builds and the installed command answers."""
    folder = Path(tempfile.mkdtemp(prefix="azf-wheels-"))
    try:
        wheels = build()
        check_dashboard(wheels)
        command = install(folder)
        subprocess.run([command, "--help"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        print(f"wheels: {len(wheels)} built, installed together, azuraforge --help answers")
        return 0
    except StepFailed as failure:
        print(f"wheels: {failure}", file=sys.stderr)
    except subprocess.CalledProcessError as failure:
        print(f"wheels: azuraforge --help ended with status {failure.returncode}", file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
