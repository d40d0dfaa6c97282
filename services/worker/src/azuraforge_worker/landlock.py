"""Landlock: a process gives up reaching files, processes and signals outside of a list, for itself and all it starts.

Spoken to through plain system calls (Linux 5.13 and newer, no library). What the running kernel does not know yet is
left out, so an older one gives a weaker wall rather than none. Source: `Documentation/userspace-api/landlock` of the
kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from enum import IntFlag
from functools import cache
from typing import Final

StrPath = str | os.PathLike[str]

CREATE_RULESET: Final = 444
ADD_RULE: Final = 445
RESTRICT_SELF: Final = 446
RULE_PATH_BENEATH: Final = 1
ASK_VERSION: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38
SCOPE_ABSTRACT_SOCKETS: Final = 1
SCOPE_SIGNALS: Final = 2


class Access(IntFlag):
    """What may be done with files; the order is the kernel's."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READS: Final = Access.EXECUTE | Access.READ_FILE | Access.READ_DIR
WRITES: Final = (
    Access.READ_FILE
    | Access.READ_DIR
    | Access.WRITE_FILE
    | Access.TRUNCATE
    | Access.REMOVE_DIR
    | Access.REMOVE_FILE
    | Access.MAKE_DIR
    | Access.MAKE_REG
    | Access.MAKE_FIFO
    | Access.REFER
)
DEVICES: Final = Access.READ_FILE | Access.READ_DIR | Access.WRITE_FILE | Access.IOCTL_DEV
_OF_FILES: Final = Access.EXECUTE | Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE | Access.IOCTL_DEV
_SINCE: Final = ((2, Access.REFER), (3, Access.TRUNCATE), (5, Access.IOCTL_DEV))


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock_version() -> int:
    """Version of the kernel's Landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)))


def restrict(*, reads: Iterable[StrPath], writes: Iterable[StrPath], devices: Iterable[StrPath]) -> None:
    """Give up everything else, for this thread and whatever it starts: call it before there is another thread.

    With version 6 also signals to processes outside; tracing them and reading their memory ends with any version.

    Raises:
        OSError: the kernel has no Landlock, or refuses.
    """
    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    known = Access(0xFFFF)
    for since, access in _SINCE:
        if version < since:
            known &= ~access
    scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if version >= 6 else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(CREATE_RULESET, ctypes.byref(_Ruleset(known, 0, scoped)), ctypes.c_size_t(size), 0)
    try:
        for paths, access in ((reads, READS), (writes, WRITES), (devices, DEVICES)):
            for path in paths:
                _allow(ruleset, path, access & known)
        _check(_libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: StrPath, access: Access) -> None:
    with contextlib.suppress(OSError):  # what is not there needs no rule
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(folder).st_mode):
                access &= _OF_FILES
            _call(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(_PathRule(access, folder)), 0)
        finally:
            os.close(folder)


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _call(number: int, *arguments: object) -> int:
    return _check(_libc().syscall(ctypes.c_long(number), *arguments))


def _check(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(answer)
