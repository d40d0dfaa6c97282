"""A flipped byte is never loaded, and a full disk costs nothing but time."""

from __future__ import annotations

import pytest
from scenario import Impossible, OpenFaulty, play
from scenarios.damage import fill_the_disk, flip_bytes
from worker_house import House


def test_a_flipped_byte_is_never_loaded(sqlite_house: House) -> None:
    assert flip_bytes(sqlite_house, 3).wrongs == []


def test_without_verification_a_flipped_byte_is_noticed(faulty: OpenFaulty) -> None:
    with faulty("no_verify") as house:
        assert play(flip_bytes, house, size=1).wrongs != []


def test_a_full_disk_is_waited_for(sqlite_house: House) -> None:
    try:
        assert fill_the_disk(sqlite_house, 1).wrongs == []
    except Impossible as error:
        pytest.skip(str(error))
