"""Refuse a lock file that names a registry, lacks a hash, or misses a package that a member asks for."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workspace import DASHBOARD, LOCK, NODE_LOCK, ROOT, members


def python_lock_faults(path: Path) -> list[str]:
    """Addresses, lines that pin nothing, pins without a hash."""
    found = []
    entries = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip())
    for entry in entries:
        name = entry.split()[0]
        if "://" in entry:
            found.append(f"{path.name}: {name} carries an address")
        if "==" not in name:
            found.append(f"{path.name}: {name} is not pinned with ==")
        elif "--hash=sha256:" not in entry:
            found.append(f"{path.name}: {name} has no hash")
    return found


def missing_pins() -> list[str]:
    """Packages that a pyproject.toml asks for and requirements.lock does not pin: it is out of date."""
    pinned = {canonicalize_name(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(), re.MULTILINE)}
    own = {canonicalize_name(str(read_manifest(member)["project"]["name"])) for member in members()}
    found = []
    for folder in [ROOT, *members()]:
        manifest = read_manifest(folder)
        groups = manifest.get("dependency-groups", {})
        asked = [*manifest["project"]["dependencies"], *(one for group in groups.values() for one in group)]
        for text in asked:
            name = canonicalize_name(Requirement(text).name)
            if name not in pinned and name not in own:
                where = folder.relative_to(ROOT) / "pyproject.toml"
                found.append(f"{where}: {name} is not in requirements.lock: run make lock")
    return found


def read_manifest(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The member's pyproject.toml."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def npm_lock_faults(folder: Path) -> list[str]:
    """Addresses in package-lock.json, packages without an integrity hash, a registry in .npmrc."""
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    found = []
    for name, package in lock["packages"].items():
        if not name or package.get("link"):
            continue
        if "resolved" in package:
            found.append(
                f"package-lock.json: {name} carries an address: keep omit-lockfile-registry-resolved in .npmrc"
            )
        if "integrity" not in package and not package.get("inBundle"):
            found.append(f"package-lock.json: {name} has no integrity hash")
    settings = folder / ".npmrc"
    if not settings.exists() or "omit-lockfile-registry-resolved=true" not in settings.read_text(encoding="utf-8"):
        found.append(".npmrc: omit-lockfile-registry-resolved=true is missing")
    elif "registry=" in settings.read_text(encoding="utf-8") or "://" in settings.read_text(encoding="utf-8"):
        found.append(".npmrc: names a registry")
    return found


def main() -> int:
    """Print every fault; 1 if there is any."""
    found = python_lock_faults(LOCK) + python_lock_faults(NODE_LOCK) + missing_pins() + npm_lock_faults(DASHBOARD)
    print("\n".join(found) if found else "locks: pinned, hashed, no address")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
