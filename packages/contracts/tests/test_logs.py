"""What a log shows, and what it must never show."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from azuraforge_contracts import SettingError
from azuraforge_contracts.logs import Redactor, start_logging

SECRETS = {
    "AZURAFORGE_DATABASE_URL": "postgresql://forge:db-hunter2-password@db/forge",
    "AZURAFORGE_REDIS_URL": "redis://:redis-hunter2-password@broker/0",
    "AZURAFORGE_OWNER_KEY": "owner-hunter2-key-0123456789",
    "PGPASSWORD": "pg-hunter2-password",
    "AWS_SECRET_ACCESS_KEY": "aws-hunter2-secret",
}


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = handlers, level


def said(environ: dict[str, str], *messages: str, chosen: str) -> str:
    stream = io.StringIO()
    start_logging({**environ, "AZURAFORGE_LOG_FORMAT": chosen}, service="api", stream=stream)
    for message in messages:
        logging.getLogger("azuraforge.test").info("%s", message)
    try:
        raise ValueError(messages[0])
    except ValueError:
        logging.getLogger("azuraforge.test").exception("it failed")
    return stream.getvalue()


MESSAGES = [
    *SECRETS.values(),
    "could not connect to postgresql+psycopg://forge:other-hunter2@db:5432/forge",
    "redis://:other-hunter2@h unix://user:other-hunter2@/run/valkey.sock",
    "GET / Authorization: Bearer azf-hunter2-token",
    "headers {'authorization': 'Bearer hunter2', 'cookie': 'azuraforge_session=hunter2; other=hunter2'}",
    "Set-Cookie: __Host-azuraforge_session=hunter2; HttpOnly",
    "open http://127.0.0.1:8620/sign-in#hunter2hunter2",
    "https://data.example.org/x?token=hunter2&a=1",
    '{"password": "hunter2", "token":"hunter2"} password=hunter2',
    "key azf_hunter2hunter2 was refused",
]


@pytest.mark.parametrize("chosen", ["json", "text"])
def test_no_secret_reaches_a_log(root: logging.Logger, chosen: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("file-hunter2-key\n")
    environ = {**SECRETS, "AZURAFORGE_KEY_FILE": str(tmp_path / "key"), "AZURAFORGE_HOME": "/kept-in-the-log"}
    log = said(environ, *MESSAGES, "file-hunter2-key", "home is /kept-in-the-log", chosen=chosen)
    assert "hunter2" not in log
    assert "/kept-in-the-log" in log
    assert "@db" in log


def test_the_check_sees_a_secret_that_is_not_known(root: logging.Logger) -> None:
    assert "hunter2" in said({}, "a word like hunter2", chosen="json")


def test_json_lines_are_one_object_each(root: logging.Logger) -> None:
    log = said({}, "one\nTWO \x1b[31m\u202e\ud800", "two", chosen="json")
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["message"] for line in lines] == ["one\nTWO \x1b[31m\u202e\ud800", "two", "it failed"]
    assert {line["service"] for line in lines} == {"api"}
    assert "ValueError" in lines[-1]["traceback"]
    assert log.isascii()


def test_text_lines_cannot_be_forged(root: logging.Logger) -> None:
    log = said({}, "x\n2026-11-24T00:00:00Z INFO root: forged\r\x1b[2J\u202e", chosen="text")
    assert [line for line in log.splitlines() if line.startswith("2026-11-24T00:00:00Z")] == []
    assert "\x1b" not in log
    assert "\u202e" not in log


def test_another_format_is_refused(root: logging.Logger) -> None:
    with pytest.raises(SettingError, match="json or text"):
        start_logging({"AZURAFORGE_LOG_FORMAT": "xml"}, service="api")


def test_a_megabyte_of_quotation_marks_is_redacted_at_once() -> None:
    for text in ("'" * 10**5, "a:" * 10**5, "token=" * 10**4, "://" * 10**5, "cookie" * 10**4):
        assert Redactor(["hunter2"])(text)
