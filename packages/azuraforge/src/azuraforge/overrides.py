"""`--set a.b=c` and `--config file.json`: how a config is written on the command line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from azuraforge.errors import UsageMistake
from azuraforge.locales import Texts

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Config: TypeAlias = dict[str, Value]


def build_config(file: Path | None, settings: Iterable[str], *, texts: Texts) -> Config:
    """The config of `file` with every `a.b=value` of `settings` put into it, later ones last.

    A value is JSON where it can be read as JSON (`20`, `true`, `[1, 2]`, `"20"`), else a string; `@path` is the
    content of a text file, so that a CSV travels inside the config; `@@…` is a string that begins with `@`.

    Raises:
        UsageMistake: the file is no JSON object, a setting has no `=`, or it goes inside something that is no object.
    """
    config = read_config(file, texts=texts) if file is not None else {}
    for text in settings:
        name, separator, value = text.partition("=")
        path = name.split(".")
        if not separator or not all(part.strip() for part in path):
            raise UsageMistake(texts("set_malformed", text=text), remedy=texts("set_example"))
        _put(config, path, value=_read_value(value, texts=texts), text=text, texts=texts)
    return config


def read_config(file: Path, *, texts: Texts) -> Config:
    """The JSON object in `file`; `-` is the standard input.

    Raises:
        UsageMistake: it cannot be read or is not an object.
    """
    content = _read_text("/dev/stdin" if str(file) == "-" else str(file), texts=texts)
    try:
        config = _parse(content)
    except (ValueError, RecursionError) as error:
        message = texts("config_not_object", path=file, reason=error)
        raise UsageMistake(message, remedy=texts("config_remedy")) from error
    if not isinstance(config, dict):
        message = texts("config_not_object", path=file, reason=type(config).__name__)
        raise UsageMistake(message, remedy=texts("config_remedy"))
    return config


def _read_value(text: str, *, texts: Texts) -> Value:
    if text.startswith("@@"):
        return text[1:]
    if text.startswith("@"):
        return _read_text(text[1:], texts=texts)
    try:
        return _parse(text)
    except (ValueError, RecursionError):
        return text


def _parse(text: str) -> Value:
    """JSON without NaN and infinities: no body can carry them, so they stay text that the API refuses at its field."""
    value: Value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    return value


def _refuse_constant(name: str) -> Value:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large for a number")
    return value


def _read_text(path: str, *, texts: Texts) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageMistake(texts("file_unreadable", path=path, reason=reason), remedy=texts("file_remedy")) from error


def _put(config: Config, path: list[str], *, value: Value, text: str, texts: Texts) -> None:
    inside = config
    for depth, part in enumerate(path[:-1], start=1):
        below = inside.setdefault(part, {})
        if not isinstance(below, dict):
            raise UsageMistake(
                texts("set_conflict", text=text, inside=".".join(path[:depth])), remedy=texts("set_example")
            )
        inside = below
    inside[path[-1]] = value
