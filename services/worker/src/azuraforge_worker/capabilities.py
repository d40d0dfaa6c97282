"""What root keeps in a child: a worker that runs as root does not hand root's powers to an app."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from typing import Final

PR_CAPBSET_DROP: Final = 24
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
CAPSET_NUMBERS: Final = {"x86_64": 126, "aarch64": 91}
VERSION_3: Final = 0x20080522
DAC_OVERRIDE: Final = 1
FOWNER: Final = 3
KEPT: Final = 1 << DAC_OVERRIDE | 1 << FOWNER
"""Reaching files as before, inside the walls around files; a container's volume may belong to another user."""
MOST: Final = 64


def drop_capabilities() -> None:
    """Keep access to files and nothing else: no tracing, no signals to others, no devices, no network settings."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(MOST):
        if not KEPT >> capability & 1:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    with contextlib.suppress(KeyError):  # a machine whose numbers are not known keeps what its owner gave it
        header = struct.pack("=Ii", VERSION_3, 0)
        data = struct.pack("=6I", KEPT, KEPT, 0, 0, 0, 0)
        libc.syscall(ctypes.c_long(CAPSET_NUMBERS[os.uname().machine]), header, data)
