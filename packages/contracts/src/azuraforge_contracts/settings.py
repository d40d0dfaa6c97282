"""Reading `AZURAFORGE_*` settings, each also as `*_FILE` (Docker secrets)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class SettingError(ValueError):
    """A setting is missing or cannot be used; the message names it and says what to do."""


def read_setting(environ: Mapping[str, str], name: str, *, default: str | None = None) -> str:
    """The value of `AZURAFORGE_<name>`, or the first line of the file named by `AZURAFORGE_<name>_FILE`.

    Raises:
        SettingError: both are given, the file cannot be read, or neither is given and there is no default.
    """
    key = f"AZURAFORGE_{name}"
    value, file = environ.get(key), environ.get(f"{key}_FILE")
    if value and file:
        raise SettingError(f"{key} and {key}_FILE are both set. Keep one of them.")
    if file:
        return _read_file(f"{key}_FILE", file)
    if value:
        return value
    if default is None:
        raise SettingError(f"{key} is not set. Set it, or {key}_FILE with the path of a file that holds it.")
    return default


def _read_file(key: str, path: str) -> str:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{key} names {path}, which cannot be read: {error}.") from error
    if not lines or not lines[0].strip():
        raise SettingError(f"{key} names {path}, which is empty. Put the value on its first line.")
    return lines[0].strip()
