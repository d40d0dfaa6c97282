from __future__ import annotations

from azuraforge_contracts import LineType, LogRecord, TrainerLine
from azuraforge_contracts.names import MAX_LINE_BYTES, MAX_LOG_BYTES
from azuraforge_worker.gathered_logs import MOST_BYTES, MOST_RECORDS, GatheredLogs, cut


def record(message: str) -> LogRecord:
    return LogRecord(level="info", message=message)


def test_nothing_waits_at_first_and_after_the_telling() -> None:
    logs = GatheredLogs()
    assert logs.take() is None
    logs.add(record("a"))
    assert logs.take() is not None
    assert logs.take() is None


def test_the_oldest_give_way_and_numbers_show_the_hole() -> None:
    logs = GatheredLogs(attempt=3)
    for number in range(MOST_RECORDS + 7):
        logs.add(record(str(number)))
    first = logs.take()
    assert first is not None
    assert first.dropped == 7
    assert [one.n for one in (*first.earlier, first)] == list(range(8, MOST_RECORDS + 8))
    assert first.attempt == 3
    logs.skip(2)
    logs.add(record("later"))
    second = logs.take()
    assert second is not None
    assert (second.n, second.dropped) == (MOST_RECORDS + 10, 2)


def test_the_worst_line_still_fits_into_the_pipe() -> None:
    logs = GatheredLogs()
    for _ in range(200):
        logs.add(LogRecord(level="\0" * 9999, message='"' * MAX_LINE_BYTES, logger="\\" * 9999))
    line = logs.take()
    assert line is not None
    assert sum(len(one.message.encode()) for one in line.earlier) < MOST_BYTES
    whole = TrainerLine(n=2**53, type=LineType.LOG, data=line.model_dump(mode="json")).model_dump_json()
    assert len(whole.encode()) <= MAX_LINE_BYTES


def test_a_message_is_cut_between_letters_and_cleaned() -> None:
    assert cut("ışık", limit=100) == "ışık"
    long = cut("ş" * MAX_LOG_BYTES, limit=MAX_LOG_BYTES)
    assert len(long.encode()) <= MAX_LOG_BYTES
    assert long.endswith("ş …")
    assert cut("a\x1b[2J\tb\n\ud800", limit=100) == "a\ufffd[2J\tb\n?"
