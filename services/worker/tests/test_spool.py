from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from azuraforge_contracts import EpochFinished, LineType, WarningRaised
from azuraforge_worker.attempt_folder import SPOOL_NAME
from azuraforge_worker.errors import SpoolDamaged
from azuraforge_worker.spool import Record, Spool


def epoch(number: int) -> Record:
    return Record(LineType.EPOCH, EpochFinished(epoch=number, epochs=9, metrics={"loss": 1.0 / number}))


def drain(spool: Spool) -> list[Record]:
    records = []
    while (record := spool.first()) is not None:
        records.append(record)
        spool.drop_first()
    return records


def test_records_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    records = [epoch(1), Record(LineType.WARNING, WarningRaised(code="x", message="ş\n" * 30_000)), epoch(2)]
    for record in records:
        spool.append(record)

    assert drain(spool) == records
    assert spool.first() is None


def test_records_may_come_and_go_at_once_and_the_file_goes_with_the_last(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in (1, 2):
        spool.append(epoch(number))
    spool.drop_first()
    spool.append(epoch(3))

    assert drain(spool) == [epoch(2), epoch(3)]
    assert list(tmp_path.iterdir()) == []
    spool.append(epoch(4))
    assert drain(spool) == [epoch(4)]


@pytest.mark.parametrize("place", [0, 70, -2])
def test_a_changed_byte_is_never_replayed(tmp_path: Path, place: int) -> None:
    spool = Spool(tmp_path)
    spool.append(epoch(1))
    path = tmp_path / SPOOL_NAME
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))

    with pytest.raises(SpoolDamaged):
        spool.first()


def test_a_record_that_lost_its_end_is_never_replayed(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(epoch(1))
    os.truncate(tmp_path / SPOOL_NAME, 50)

    with pytest.raises(SpoolDamaged):
        spool.first()


def test_a_full_disk_leaves_nothing_of_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    spool.append(epoch(1))
    size = (tmp_path / SPOOL_NAME).stat().st_size
    write = os.pwrite

    def fill(fd: int, content: bytes, place: int) -> int:
        if place > size:
            raise OSError(errno.ENOSPC, "no space")
        return write(fd, content[:10], place)

    monkeypatch.setattr(os, "pwrite", fill)
    with pytest.raises(OSError, match="no space"):
        spool.append(epoch(2))
    monkeypatch.undo()
    spool.append(epoch(3))

    assert drain(spool) == [epoch(1), epoch(3)]
