"""A hundred bombs, each refused with a code for less than two seconds of CPU and less than 100 MB."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_learner.data import SeriesInvalid, inflate_gzip, read_json_lines
from azuraforge_learner.data.npz_file import read_npz
from azuraforge_learner.data.zip_file import ArchiveLimits, read_zip

BOMBS = Path(__file__).parent / "bombs.py"


@pytest.fixture(scope="module")
def costs() -> list[dict[str, Any]]:
    """What each bomb cost; read in a process of their own, whose memory is only theirs."""
    done = subprocess.run([sys.executable, str(BOMBS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_hundred_bombs_are_refused_with_a_code(costs: list[dict[str, Any]]) -> None:
    assert len(costs) >= 100
    assert [cost["bomb"] for cost in costs if not cost["code"]] == []


def test_no_bomb_takes_two_seconds_or_a_hundred_megabytes(costs: list[dict[str, Any]]) -> None:
    assert [cost for cost in costs if cost["seconds"] >= 2.0] == []
    assert [cost for cost in costs if cost["megabytes"] >= 100.0] == []


def test_an_honest_archive_is_read() -> None:
    buffer = io.BytesIO()
    arrays = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.array(["x", "yz"]),
        "c": np.array(["2024-01-01"], "datetime64[D]"),
    }
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    found = read_npz(buffer.getvalue())
    assert {name: array.tolist() for name, array in found.items()} == {name: a.tolist() for name, a in arrays.items()}
    assert np.array_equal(read_npz(_saved(np.asfortranarray(arrays["a"])))["a"], arrays["a"])


def _saved(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=array)
    return buffer.getvalue()


def test_limits_are_the_callers() -> None:
    with pytest.raises(SeriesInvalid, match="more than 0 members"):
        read_zip(_saved(np.arange(3.0)), limits=ArchiveLimits(members=0))
    with pytest.raises(SeriesInvalid, match="inflates to more than 0 MB"):
        inflate_gzip(__import__("gzip").compress(b"x" * 100), max_bytes=10)


def test_json_lines_are_read_in_order() -> None:
    content = b'\xef\xbb\xbf{"a": 1}\r\n\n{"a": 2.5, "b": ["\xc3\xbc"]}'
    assert read_json_lines(content) == [{"a": 1}, {"a": 2.5, "b": ["ü"]}]
