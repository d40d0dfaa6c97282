"""Compiled kernels on disk: found under a name that changes with everything they depend on, compiled if missing.

An object is used only when its digest is that of its content, so a file that was cut short or damaged is compiled
again. The folder belongs to the user alone (what lies in it is executed); where none can be written, kernels are
compiled into a temporary folder and that is said once.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

from azuraforge_core.errors import KernelBuildFailed
from azuraforge_core.kernels.cpu.host import host_target

CACHE_SETTING = "AZURAFORGE_KERNEL_CACHE"
_log = logging.getLogger(__name__)
_DIGEST_BYTES = hashlib.sha256().digest_size


def load_object(family: str) -> bytes:
    """The object code of a family, from disk or compiled now.

    Raises:
        KernelBuildFailed: it cannot be compiled; the message holds the compiler's last line.
    """
    path = object_path(family)
    known = _read(path)
    if known is not None:
        return known
    try:
        with _only_one(path.with_suffix(".lock")):  # whoever comes second waits for the first one's work
            return _read(path) or _compile(family, path)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
    # A trainer reads the cache and does not write it: what it compiled itself is for itself.
    with tempfile.TemporaryDirectory(prefix="azuraforge-kernels-") as folder:
        return _compile(family, Path(folder) / path.name)


def is_compiled(family: str) -> bool:
    """Whether the object of a family is on disk, whole."""
    return _read(object_path(family)) is not None


def object_path(family: str) -> Path:
    """Where the object of a family lies for this processor and these sources."""
    return cache_folder() / f"{family}-{fingerprint(family)}.o"


@cache
def cache_folder() -> Path:
    """The first folder of the list that this user alone can write: the setting, the user's cache, a temporary one."""
    wanted = [Path(os.environ[CACHE_SETTING])] if os.environ.get(CACHE_SETTING) else []
    for folder in (*wanted, user_cache(os.environ)):
        if _is_ours(folder):
            return folder
        _log.warning("the kernel cache %s cannot be used (not writable, or not yours alone)", folder)
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-kernels-"))
    _log.warning("kernels are compiled anew for this process, in %s; set %s to a folder", folder, CACHE_SETTING)
    return folder


def user_cache(environ: Mapping[str, str]) -> Path:
    """`XDG_CACHE_HOME` or the platform's own place, and our folder in it."""
    named = environ.get("XDG_CACHE_HOME") or environ.get("LOCALAPPDATA")
    base = Path(named) if named else Path(environ.get("HOME") or tempfile.gettempdir()) / ".cache"
    return base / "azuraforge" / "kernels"


@cache
def fingerprint(family: str) -> str:
    """A name for all that object code depends on: its source, the compiler's own, the versions, the processor."""
    here = Path(__file__).parent
    shared = sorted([*here.glob("compiler/*.py"), here / "target.py", here / "host.py"])
    digest = hashlib.sha256()
    for source in (*shared, here / "source" / f"{family}.py"):
        digest.update(source.name.encode() + source.read_bytes())
    digest.update(f"{version('numba')} {version('llvmlite')} {host_target()}".encode())
    return digest.hexdigest()[:20]


def sealed(code: bytes) -> bytes:
    """The content of a file: a digest, and the code that it is of."""
    return hashlib.sha256(code).digest() + code


def _is_ours(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return False
    is_private = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    return is_private and os.access(folder, os.W_OK | os.X_OK)


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    code = content[_DIGEST_BYTES:]
    return code if content[:_DIGEST_BYTES] == hashlib.sha256(code).digest() else None


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold a lock file, where the platform has file locks; it goes with the process."""
    try:
        import fcntl  # noqa: PLC0415 - POSIX only
    except ImportError:
        yield
        return
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _compile(family: str, path: Path) -> bytes:
    """In a process of its own: the compiler's 150 MB and its settings stay out of this one."""
    _log.info("compiling the kernels of %s for this processor, once", family)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".building-") as folder:
        fresh = Path(folder) / path.name
        command = [sys.executable, "-m", "azuraforge_core.kernels.cpu.compiler.build", family, str(fresh)]
        environ = {**os.environ, "NUMBA_OPT": "0", "NUMBA_DISABLE_JIT": "0"}  # optimised once, after linking
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:
            raise KernelBuildFailed(
                f"the kernels of {family} cannot be compiled here ({_reason(done.stderr)}); "
                "AZURAFORGE_KERNELS=numpy computes without them"
            )
        code = fresh.read_bytes()
        fresh.write_bytes(sealed(code))
        fresh.replace(path)
    _log.info("compiled the kernels of %s in %.1f s", family, time.monotonic() - began)
    return code


def _reason(said: str) -> str:
    """The last line that names an error, else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    named = [line for line in lines if re.match(r"[\w.]+(Error|Failed): ", line)]
    return (named or lines)[-1]
