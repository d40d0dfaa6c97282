"""Sealed folders by themselves; test_checkpoints and test_bundles break them in every way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_learner.sealed import SealBroken, dump_json, parse_json, read_sealed, write_sealed


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = write_sealed(tmp_path / "new" / "f", files={"a": b"1", "b": b""}, about={"format": "x/1", "ü": [1.5]})
    read, files = read_sealed(tmp_path / "new" / "f", format_name="x/1")
    assert read == written
    assert files == {"a": b"1", "b": b""}
    assert read.manifest["ü"] == [1.5]
    assert read.bytes == 1 + (tmp_path / "new" / "f" / "manifest.json").stat().st_size


@pytest.mark.parametrize("name", ["../a", "a/b", "..", "", "a\\b", "C:a", "manifest.json", "a\0"])
def test_names_that_lead_elsewhere_are_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(SealBroken, match="cannot be named"):
        write_sealed(tmp_path / "f", files={name: b""}, about={"format": "x/1"})
    assert list(tmp_path.iterdir()) == []


def test_another_format_is_refused(tmp_path: Path) -> None:
    write_sealed(tmp_path / "f", files={"a": b"1"}, about={"format": "x/1"})
    with pytest.raises(SealBroken, match="is not an x/2 folder"):
        read_sealed(tmp_path / "f", format_name="x/2")


def test_a_manifest_without_end_is_not_read_whole(tmp_path: Path) -> None:
    write_sealed(tmp_path / "f", files={"a": b"1"}, about={"format": "x/1"})
    with (tmp_path / "f" / "manifest.json").open("ab") as file:
        file.truncate(8 * 1024**3)  # sparse: takes no disk, would take 8 GB of memory
    with pytest.raises(SealBroken, match="longer than"):
        read_sealed(tmp_path / "f", format_name="x/1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_is_stable(value: object) -> None:
    try:
        content = dump_json(value)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8
        return
    again = parse_json(content, name="x")
    assert dump_json(again) == content
    assert again == json.loads(json.dumps(value))


@pytest.mark.parametrize("content", [b"NaN", b"[Infinity]", b"\xff", b"{", b"[" * 10_000 + b"]" * 10_000])
def test_what_is_not_strict_json_is_refused(content: bytes) -> None:
    with pytest.raises(SealBroken, match="not valid JSON"):
        parse_json(content, name="x")
