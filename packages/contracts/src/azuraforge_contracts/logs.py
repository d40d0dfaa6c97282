"""Logs as JSON lines (or as text for a terminal), one event a line, without what opens a door.

What is taken out: values of the secret settings that this process was given, bearer keys, cookies, passwords in
addresses, one-time links, and our own tokens by their form. Control characters are escaped, so that nobody writes a
second line, or colours, into somebody's log.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from azuraforge_contracts.settings import SettingError, read_setting

HIDDEN: Final = "***"
MAX_CHARACTERS: Final = 16_000
SHORTEST_SECRET: Final = 6
_FORMATS: Final = ("text", "json")

_SECRET_SETTING = re.compile(r"(AZURAFORGE_\w*(?:URL|KEY|PASSWORD|TOKEN|SECRET)|PG\w*PASSWORD\w*|\w*SECRET\w*)(_FILE)?")
_PATTERNS: Final = (
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[^\s\"',;]+"), r"\1***"),
    (re.compile(r"(?i)\b((?:set-)?cookie[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+"), r"\1***"),
    (re.compile(r"(?i)((?:__Host-)?azuraforge_session=)[^\s;,\"']+"), r"\1***"),
    (re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+(?=@)"), r"\1***"),
    (re.compile(r"(?i)([?&](?:password|token|key|secret|sig|signature)=)[^\s&#\"']+"), r"\1***"),
    (re.compile(r"(/(?:sign-in|welcome|invite|reset)#)[^\s\"']+"), r"\1***"),
    (
        re.compile(
            r"(?i)([\"']?\b(?:password|passwd|secret|token|api_?key|owner_?key|authorization)[\"']?\s*[:=]\s*[\"']?)"
            r"(?!\*\*\*|bearer\b|basic\b)[^\s\"',;}&]+"
        ),
        r"\1***",
    ),
    (re.compile(r"\bazf_[A-Za-z0-9_-]{8,}"), HIDDEN),
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Redactor:
    """Takes secrets out of a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(one) for one in known)) if known else None

    def __call__(self, text: str) -> str:
        """The text with `***` in the place of every secret, in one line."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


def known_secrets(environ: Mapping[str, str]) -> list[str]:
    """Values of the secret settings, and of the files that they name; passwords of addresses on their own too."""
    found = []
    for name, value in environ.items():
        if _SECRET_SETTING.fullmatch(name):
            found.append(_first_line(value) if name.endswith("_FILE") else value)
    passwords = [match[1] for value in found for match in re.finditer(r"://[^/@]*:([^/@]+)@", value)]
    return [value for value in [*found, *passwords] if "://" not in value or "@" in value]


def _first_line(path: str) -> str:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""  # whoever needs the file says what is wrong with it
    return lines[0].strip() if lines else ""


class JsonLines(logging.Formatter):
    """`{"ts", "level", "logger", "message"}` and, of a failure, `"traceback"`."""

    def __init__(self, redact: Redactor, *, service: str) -> None:
        super().__init__()
        self._redact = redact
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line; `json` escapes whatever could begin another."""
        line = {
            "ts": _moment(record),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": self._redact(_message(record))[:MAX_CHARACTERS],
        }
        if failure := _traceback(record):
            line["traceback"] = self._redact(failure)[-MAX_CHARACTERS:]
        return json.dumps(line, ensure_ascii=True)


class TextLines(logging.Formatter):
    """For a terminal: a line per event; a traceback follows, indented."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line, with control characters written out."""
        message = _escape(self._redact(_message(record))[:MAX_CHARACTERS])
        lines = [f"{_moment(record)} {record.levelname} {record.name}: {message}"]
        if failure := _traceback(record):
            lines += [f"    {_escape(one)}" for one in self._redact(failure)[-MAX_CHARACTERS:].splitlines()]
        return "\n".join(lines)


def start_logging(environ: Mapping[str, str], *, service: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error), as `AZURAFORGE_LOG_FORMAT` says.

    Call it before secrets are forgotten: their values are what is looked for.

    Raises:
        SettingError: the format is neither `json` nor `text`.
    """
    chosen = read_setting(environ, "LOG_FORMAT", default="text").strip().lower()
    if chosen not in _FORMATS:
        raise SettingError(f"AZURAFORGE_LOG_FORMAT is {chosen[:40]!r}. Use json or text.")
    redact = Redactor(known_secrets(environ))
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(redact, service=service) if chosen == "json" else TextLines(redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a wrong format string is our mistake, and no reason to lose the event
        return f"{record.msg} {record.args}"


def _traceback(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[1] is not None:
        return "".join(traceback.format_exception(record.exc_info[1]))
    return ""


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _escape(text: str) -> str:
    return _CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)
