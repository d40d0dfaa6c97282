from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from azuraforge_ledger import ArtifactDamaged, ArtifactMissing, ArtifactStore, HashInvalid, NotAFile

CONTENT = b"results" * 100_000
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a name; with $(everything) ünï.bin"
    path.write_bytes(CONTENT)
    return path


def test_a_file_comes_back_as_it_was(store: ArtifactStore, source: Path) -> None:
    assert store.put_file(source) == (HASH, len(CONTENT))
    with store.open(HASH) as file:
        assert file.read() == CONTENT
    assert store.path_of(HASH).read_bytes() == CONTENT


def test_a_file_lies_under_its_hash_and_nothing_else_is_left(
    store: ArtifactStore, source: Path, tmp_path: Path
) -> None:
    store.put_file(source)
    store.put_file(source)
    files = [path.relative_to(tmp_path / "artifacts") for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]
    assert files == [Path("sha256") / HASH[:2] / HASH]


def test_an_empty_file_is_a_file(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    sha256, size = store.put_file(tmp_path / "empty")
    assert size == 0
    assert store.path_of(sha256).stat().st_size == 0


@pytest.mark.parametrize("position", [0, 350_000, len(CONTENT) - 1])
def test_one_flipped_bit_is_never_handed_out(store: ArtifactStore, source: Path, position: int) -> None:
    store.put_file(source)
    damaged = bytearray(CONTENT)
    damaged[position] ^= 1
    store.path_of(HASH).write_bytes(damaged)
    with pytest.raises(ArtifactDamaged):
        store.open(HASH)
    with pytest.raises(ArtifactDamaged):
        store.path_of(HASH)


def test_putting_it_again_heals_a_damaged_file(store: ArtifactStore, source: Path) -> None:
    store.put_file(source)
    store.path_of(HASH).write_bytes(b"")
    store.put_file(source)
    assert store.path_of(HASH).read_bytes() == CONTENT


def test_an_unknown_hash_is_missing(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactMissing):
        store.open("0" * 64)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../" * 20 + "etc/passwd",
        "/etc/passwd",
        "A" * 64,
        "a" * 63,
        "a" * 65,
        "a" * 64 + "\n",
        "٣" * 64,
        "a" * 63 + "\x00",
    ],
)
def test_what_is_no_hash_never_reaches_the_disk(store: ArtifactStore, text: str) -> None:
    with pytest.raises(HashInvalid):
        store.open(text)
    with pytest.raises(HashInvalid):
        store.path_of(text)


def test_a_link_is_refused(store: ArtifactStore, source: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(source)
    with pytest.raises(NotAFile):
        store.put_file(link)


def test_a_pipe_is_refused_and_waits_for_nobody(store: ArtifactStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotAFile):
        store.put_file(tmp_path / "pipe")


def test_a_folder_is_refused(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(NotAFile):
        store.put_file(tmp_path)


def test_a_write_that_fails_leaves_nothing(
    store: ArtifactStore, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put_file(source)
    assert [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == []


def test_the_file_and_its_folder_are_synced_before_the_answer(
    store: ArtifactStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def record(number: int) -> None:
        synced.append(Path(f"/proc/self/fd/{number}").readlink().name)
        sync(number)

    monkeypatch.setattr(os, "fsync", record)
    store.put_file(source)
    assert synced[1:] == [HASH[:2], "sha256", "artifacts"]
    assert len(synced[0]) == 32


def test_what_was_never_finished_is_swept_when_it_is_old(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    for name, age_s in (("old", 4000), ("young", 10)):
        file = tmp_path / "incoming" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("half")
        os.utime(file, (time.time() - age_s,) * 2)

    assert store.sweep_incoming(older_than_s=3600) == 1
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["young"]
