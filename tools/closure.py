"""Which locked packages a member needs, everything below it included."""

from __future__ import annotations

import re
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workspace import LOCK


def closure(*names: str) -> set[str]:
    """Canonical names of everything that installing `names` brings, read from the installed metadata.

    A requirement counts when its marker holds on any platform, so that the answer is the same on every machine.
    """
    seen: set[tuple[str, str]] = set()
    waiting = [(str(canonicalize_name(Requirement(name).name)), extra) for name in names for extra in _extras(name)]
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        name, extra = item
        for text in _requirements(name):
            requirement = Requirement(text)
            if _applies(requirement, extra=extra):
                below = str(canonicalize_name(requirement.name))
                waiting.extend((below, each) for each in _extras(text))
    return {name for name, _ in seen}


def locked_lines(names: set[str]) -> str:
    """The entries of requirements.lock for `names`, hashes included; workspace members have none."""
    entries = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8").strip())
    wanted = [entry for entry in entries if canonicalize_name(entry.split("==")[0]) in names]
    return "\n".join(wanted) + "\n"


def _extras(text: str) -> list[str]:
    return ["", *Requirement(text).extras]


def _requirements(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another platform: it is in the lock, not on this machine
        return []


def _applies(requirement: Requirement, *, extra: str) -> bool:
    if requirement.marker is None:
        return not extra
    platforms = (("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"))
    for platform, os_name, system in platforms:
        there = {"sys_platform": platform, "os_name": os_name, "platform_system": system, "extra": extra}
        if requirement.marker.evaluate(there):
            return True
    return False
