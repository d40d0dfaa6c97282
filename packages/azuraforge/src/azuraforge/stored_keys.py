"""API keys that `azuraforge login` keeps: one file of the user's own, mode 0600, one key for each address."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class StoredKeys:
    """What the file holds. `current` is the address that is meant where none is named."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    current: str = ""


def key_file(environ: Mapping[str, str]) -> Path:
    """`azuraforge/keys.json` in the user's configuration folder."""
    folder = environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    return Path(folder) / "azuraforge" / "keys.json"


def read_keys(file: Path) -> StoredKeys:
    """What is stored; nothing when there is no file or it cannot be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        keys = {str(url): str(key) for url, key in found["keys"].items()}
        return StoredKeys(keys, str(found.get("current", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return StoredKeys()


def store_key(file: Path, *, url: str, key: str) -> None:
    """Keep `key` for `url` and make it the current address."""
    _write(file, StoredKeys({**read_keys(file).keys, url: key}, url))


def forget_key(file: Path, *, url: str) -> bool:
    """Forget the key of `url`; False when there was none."""
    stored = read_keys(file)
    if url not in stored.keys:
        return False
    left = {address: key for address, key in stored.keys.items() if address != url}
    _write(file, StoredKeys(left, stored.current if stored.current in left else ""))
    return True


def _write(file: Path, stored: StoredKeys) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
    )  # never readable by others, not even briefly
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        json.dump({"current": stored.current, "keys": dict(stored.keys)}, written, indent=2)
    temporary.replace(file)
