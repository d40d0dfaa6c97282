"""A seccomp filter: the system calls that a training never makes, and somebody who wants out would.

Other processes' memory, namespaces, kernel keys, modules and programs; sockets other than the internet's, so that no
local service (the broker's socket, a container engine's) can be spoken to; and the two process settings that the
supervisor relies on. Refused calls fail with EPERM; nothing is killed for trying.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass
from typing import Final

PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
MODE_FILTER: Final = 2

_LOAD, _EQUALS, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32: Final = 0x40000000

INTERNET: Final = (2, 10, 16)
"""AF_INET, AF_INET6, and AF_NETLINK, by which names are looked up."""
NAMESPACES: Final = 0x7E020000
"""CLONE_NEW…"""
GUARDED_SETTINGS: Final = (1, 4)
"""PR_SET_PDEATHSIG and PR_SET_DUMPABLE: who changes them outlives its supervisor unseen."""


@dataclass(frozen=True)
class _Machine:
    architecture: int
    socket: int
    clone: int
    prctl: int
    denied: tuple[int, ...]


_ANYWHERE: Final = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442)
"""io_uring (three), open_tree to fspick (six), pidfd_getfd, mount_setattr: the same numbers on every machine."""
_MACHINES: Final = {
    # ptrace, process_vm_*, kcmp, unshare, setns, mount, umount2, pivot_root, chroot, *_module, kexec_*, bpf,
    # perf_event_open, userfaultfd, add_key, request_key, keyctl, personality, open_by_handle_at, acct, swap*, reboot
    "x86_64": _Machine(
        0xC000003E, 41, 56, 157,
        (101, 310, 311, 312, 272, 308, 165, 166, 155, 161, 175, 176, 313, 246, 320, 321, 298, 323, 248, 249, 250, 135,
         304, 163, 167, 168, 169, *_ANYWHERE),
    ),
    "aarch64": _Machine(
        0xC00000B7, 198, 220, 167,
        (117, 270, 271, 272, 97, 268, 40, 39, 41, 51, 105, 106, 273, 104, 294, 280, 241, 282, 217, 218, 219, 92, 265,
         89, 224, 225, 142, *_ANYWHERE),
    ),
}  # fmt: skip
_CLONE3: Final = 435


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def has_filter() -> bool:
    """Whether this machine's calls are known here."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def install_filter() -> None:
    """Refuse those calls from now on, in this thread and whatever it starts.

    Raises:
        OSError: this machine is not known, or the kernel refuses.
    """
    if not has_filter():
        raise OSError(f"no filter of system calls for {platform.machine()}")
    code = b"".join(_assemble(_MACHINES[platform.machine()]))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for option, *arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if prctl(option, *arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def _assemble(machine: _Machine) -> list[bytes]:
    """The program, in order: foreign calling conventions, plain refusals, then calls that depend on an argument."""
    refuse, allow = _return(_ERRNO | errno.EPERM), _return(_ALLOW)
    code = [_load(_ARCHITECTURE), _jump(_EQUALS, machine.architecture, if_true=1), refuse, _load(_NUMBER)]
    code += [_jump(_AT_LEAST, _X32, if_false=1), refuse]
    for number in machine.denied:
        code += [_jump(_EQUALS, number, if_false=1), refuse]
    # Its flags lie in memory, out of sight: the C library falls back to clone.
    code += [_jump(_EQUALS, _CLONE3, if_false=1), _return(_ERRNO | errno.ENOSYS)]
    domains = [_jump(_EQUALS, domain, if_true=len(INTERNET) - at) for at, domain in enumerate(INTERNET)]
    code += _when(machine.socket, [_load(_FIRST_ARGUMENT), *domains, refuse, allow])
    code += _when(machine.clone, [_load(_FIRST_ARGUMENT), _jump(_ANY_BIT, NAMESPACES, if_false=1), refuse, allow])
    settings = [part for one in GUARDED_SETTINGS for part in (_jump(_EQUALS, one, if_false=1), refuse)]
    code += _when(machine.prctl, [_load(_FIRST_ARGUMENT), *settings, allow])
    return [*code, allow]


def _when(number: int, block: list[bytes]) -> list[bytes]:
    """`block` for one call; it returns on every path."""
    return [_jump(_EQUALS, number, if_false=len(block)), *block]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(kind: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", kind, if_true, if_false, value)


def _return(value: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, value)
