"""The walls around code that is not ours: what a trainer, or any child that imports apps, may still reach.

Raised by the child itself, before it imports anything slow or foreign, and inherited by whatever it starts:
another user where one is named, no capability, files from a list, no tracing of or signals to other processes, no
local sockets, no core dump, private new files. What the platform cannot do is said and left out; ADR 0017 lists it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from azuraforge_worker.capabilities import drop_capabilities
from azuraforge_worker.landlock import StrPath, landlock_version, restrict
from azuraforge_worker.process_tree import die_with_parent
from azuraforge_worker.syscall_filter import has_filter, install_filter
from azuraforge_worker.trainer_user import become

SETTING: Final = "AZURAFORGE_TRAINER_WALLS"
READS_SETTING: Final = "AZURAFORGE_TRAINER_READS"

_SYSTEM: Final = (
    *("/bin", "/lib", "/lib32", "/lib64", "/opt", "/proc", "/sbin", "/sys", "/usr", "/nix/store", "/gnu/store"),
    *("/run/nvidia-persistenced", "/run/systemd/resolve", "/run/resolvconf", "/run/nscd"),
    *("/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/crypto-policies", "/etc/pki", "/etc/ssl"),
    *("/etc/gai.conf", "/etc/group", "/etc/host.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/passwd"),
    *("/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime"),
    *("/etc/matplotlibrc", "/etc/mime.types", "/etc/os-release", "/etc/protocols", "/etc/resolv.conf", "/etc/services"),
    *("/etc/OpenCL", "/etc/timezone"),
)
"""Programs, libraries, and what they read to run; of /etc only what holds no secret."""
_DEVICES: Final = (
    *("/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero", "/dev/dri", "/dev/kfd"),
)
_GPU_PREFIX: Final = "nvidia"
SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - locks between an app's own processes live there
_PATH_SETTINGS: Final = (
    *("AZURAFORGE_KERNEL_CACHE", "CUDA_HOME", "CUDA_PATH", "CURL_CA_BUNDLE", "LD_LIBRARY_PATH", "MPLCONFIGDIR"),
    *("PYTHONPATH", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "VIRTUAL_ENV", READS_SETTING),
)
_CACHES: Final = ("azuraforge/kernels", "matplotlib", "fontconfig")


class WallsMode(StrEnum):
    """What `AZURAFORGE_TRAINER_WALLS` may say."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


class WallsMissing(Exception):
    """`required`, and this platform cannot raise them."""


def raise_walls(
    environ: MutableMapping[str, str], *, parent: int, writable: Sequence[Path], readable: Sequence[Path] = ()
) -> None:
    """Shut this process in: it writes below `writable` only. Call it before there is a second thread.

    `parent` is the process that this one must not outlive.

    Raises:
        WallsMissing: they are required and cannot be had; the message says what is missing.
        TrainerUserUnusable: the user to run as is not there.
    """
    mode = find_mode(environ)
    if mode is WallsMode.REQUIRED and (missing := missing_walls()):
        raise WallsMissing(f"{SETTING} is required, and {' and '.join(missing)}. Set it to auto to train without.")
    die_with_parent(parent)
    become(environ, owning=writable)
    die_with_parent(parent)  # whoever becomes another user is let go by the kernel
    os.umask(0o077)
    _forbid_core_dumps()
    if mode is WallsMode.OFF:
        return
    drop_capabilities()
    reads: list[StrPath] = [*_code(), *_named(environ), *readable]
    writes: list[StrPath] = [*writable, SHARED_MEMORY]
    with contextlib.suppress(OSError):
        restrict(reads=reads, writes=writes, devices=_devices())
    with contextlib.suppress(OSError):
        install_filter()


def find_mode(environ: Mapping[str, str]) -> WallsMode:
    """What the setting asks for.

    Raises:
        WallsMissing: it asks for none of the three.
    """
    said = environ.get(SETTING, "").strip().lower() or WallsMode.AUTO
    try:
        return WallsMode(said)
    except ValueError:
        raise WallsMissing(f"{SETTING} is {said[:40]!r}. Use auto, required or off.") from None


def missing_walls() -> list[str]:
    """What this platform cannot do, each as half a sentence; empty on a current Linux."""
    version, missing = landlock_version(), []
    if not version:
        missing.append("this kernel has no Landlock: trainers read and write whatever their user may")
    elif version < 6:
        missing.append(f"this kernel's Landlock (version {version}) does not keep signals in: it takes Linux 6.12")
    if not has_filter():
        missing.append("system calls are not filtered on this machine: trainers reach local sockets")
    return missing


def _code() -> list[str]:
    """Everything Python imports from, and what it stands on."""
    prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    return [one for one in dict.fromkeys((*prefixes, *sys.path, *_SYSTEM)) if one]


def _named(environ: Mapping[str, str]) -> Iterable[str]:
    for name in _PATH_SETTINGS:
        yield from (one for one in environ.get(name, "").split(os.pathsep) if one)
    home = environ.get("HOME") or "/nonexistent"
    cache = environ.get("XDG_CACHE_HOME") or f"{home}/.cache"
    yield from (f"{cache}/{name}" for name in _CACHES)
    yield f"{home}/.config/matplotlib"


def _devices() -> list[str]:
    with os.scandir("/dev") as entries:
        return [*_DEVICES, *(entry.path for entry in entries if entry.name.startswith(_GPU_PREFIX))]


def _forbid_core_dumps() -> None:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
