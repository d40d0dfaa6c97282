"""A process that holds secrets keeps them to itself, also from programs of the same user."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Final

PR_SET_DUMPABLE: Final = 4
_SECRET = re.compile(r"AZURAFORGE_\w*(URL|KEY|PASSWORD|TOKEN|SECRET)|PG\w*PASSWORD\w*")


def close_memory() -> None:
    """Nobody but root reads this process's memory, environment and open files, or traces it; no core dump (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def forget_secrets(environ: MutableMapping[str, str]) -> None:
    """Take out of the environment what has been read, and wipe it where the process was given it."""
    for name in [name for name in environ if _SECRET.fullmatch(name)]:
        if environ is os.environ:
            _wipe(name)
        del environ[name]


def _wipe(name: str) -> None:
    with contextlib.suppress(AttributeError, OSError):  # no such function: not a POSIX system
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_void_p
        place = getenv(os.fsencode(name))
        if place:
            ctypes.memset(place, 0, len(ctypes.string_at(place)))
