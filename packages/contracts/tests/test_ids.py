"""Ids are UUIDv7: unique, ordered by birth, and nothing else is taken for one."""

import time
from uuid import UUID

import pytest

from azuraforge_contracts import is_id, new_id


def test_a_new_id_is_a_version_7_uuid_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000
    value = UUID(new_id())
    after = time.time_ns() // 1_000_000
    assert value.version == 7
    assert value.variant == "specified in RFC 4122"
    assert before <= value.int >> 80 <= after


def test_ten_thousand_ids_are_distinct_and_their_times_never_go_back() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert len(set(ids)) == len(ids)
    times = [UUID(text).int >> 80 for text in ids]
    assert times == sorted(times)


GOOD = "0197f9a0-0000-7000-8000-00000000000a"


@pytest.mark.parametrize("text", ["", "x", "../../etc/passwd", "0197", "{" + GOOD + "}", GOOD.upper(), GOOD + "\n"])
def test_what_is_not_a_canonical_id_is_refused(text: str) -> None:
    assert not is_id(text)


def test_a_new_id_is_an_id() -> None:
    assert is_id(GOOD)
    assert is_id(new_id())
