from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_contracts import BatchProgress, EpochFinished, LineType, ReadyReport, TrainerLine
from azuraforge_contracts.names import MAX_LINE_BYTES
from azuraforge_worker.errors import ProtocolBroken
from azuraforge_worker.last_words import FinishedWord
from azuraforge_worker.pipe_lines import DATA_TYPES, LineReader

READY = b'{"n":1,"type":"ready","data":{"device":"cpu"}}\n'
BATCH = b'{"n":2,"type":"batch","data":{"epoch":1,"epochs":2,"batch":1,"batches":9}}\n'


def test_every_line_type_has_its_data() -> None:
    assert set(DATA_TYPES) == set(LineType)


@given(cut=st.integers(0, len(READY + BATCH)))
def test_lines_come_out_whole_wherever_the_stream_is_cut(cut: int) -> None:
    stream = READY + BATCH
    reader = LineReader()

    lines = [*reader.feed(stream[:cut]), *reader.feed(stream[cut:])]

    assert [type(data) for _, data in lines] == [ReadyReport, BatchProgress]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe", "not a trainer line"),
        (b"", "not a trainer line"),
        (b"[]", "not a trainer line"),
        (b'{"n":1,"type":"unheard","data":{}}', "type"),
        (b'{"n":2,"type":"ready","data":{"device":"cpu"}}', "calls itself line 2"),
        (b'{"n":1,"type":"epoch","data":{"epoch":1}}', "no epoch line"),
        (b'{"n":1,"type":"epoch","data":{"epoch":0,"epochs":1,"metrics":{}}}', "no epoch line"),
        (b'{"n":1,"type":"epoch","data":{"epoch":1,"epochs":1,"metrics":{"loss":NaN}}}', "line 1"),
        (b'{"n":1,"type":"log","data":{"level":1,"message":"x"}}', "no log line"),
        (b"[" * 100_000, "longer than"),
        (b"[" * 60_000, "not a trainer line"),
    ],
)
def test_what_no_trainer_may_say_is_named(line: bytes, reason: str) -> None:
    with pytest.raises(ProtocolBroken, match=reason):
        list(LineReader().feed(line + b"\n"))


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    reader = LineReader()
    assert list(reader.feed(b"x" * MAX_LINE_BYTES)) == []
    with pytest.raises(ProtocolBroken, match="line 1 is longer"):
        list(reader.feed(b"x"))


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(chunk: bytes) -> None:
    with pytest.raises(ProtocolBroken, match=r"^line "):
        list(LineReader().feed(chunk + b"\n"))


def test_a_line_of_a_newer_trainer_may_carry_more() -> None:
    line = {"n": 1, "type": "finished", "data": {"epochs_run": 3, "later": True}, "later": 1}

    ((parsed, data),) = LineReader().feed(json.dumps(line).encode() + b"\n")

    assert isinstance(parsed, TrainerLine)
    assert data == FinishedWord(epochs_run=3)
    assert not isinstance(data, EpochFinished)
