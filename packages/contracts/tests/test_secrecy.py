"""What a process was told stays with it."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from pathlib import Path
from azuraforge_contracts.secrecy import close_memory, forget_secrets
forget_secrets(os.environ)
print(sorted(name for name in os.environ if "AZURAFORGE" in name or name.startswith("PG")))
print("hunter2" in Path("/proc/self/environ").read_text(errors="replace"))
close_memory()
print(oct(Path("/proc/self").resolve().joinpath("environ").stat().st_uid) if os.getuid() else "0o0")
import ctypes
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_secrets_leave_the_environment_and_the_memory_is_closed() -> None:
    environ = {
        **os.environ,
        "AZURAFORGE_DATABASE_URL": "postgresql://u:hunter2@h/d",
        "AZURAFORGE_OWNER_KEY": "hunter2",
        "AZURAFORGE_OWNER_KEY_FILE": "/kept",
        "PGPASSWORD": "hunter2",
        "AZURAFORGE_HOME": "/kept",
    }
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    names, is_in_memory, owner, dumpable = done.stdout.splitlines()
    assert names == "['AZURAFORGE_HOME', 'AZURAFORGE_OWNER_KEY_FILE']"
    assert is_in_memory == "False"
    assert (owner, dumpable) == ("0o0", "0")
