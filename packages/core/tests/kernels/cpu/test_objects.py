"""Object code on disk: named by what it depends on, checked before it is executed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from azuraforge_core.errors import KernelBuildFailed
from azuraforge_core.kernels.cpu import families, objects
from azuraforge_core.kernels.cpu.compiler import build


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A kernel cache of this test alone."""
    folder = tmp_path / "kernels"
    monkeypatch.setenv("AZURAFORGE_KERNEL_CACHE", str(folder))
    objects.cache_folder.cache_clear()
    yield folder
    objects.cache_folder.cache_clear()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Families that were compiled; a stand-in for the compiler's process writes what it was asked for."""
    asked: list[str] = []

    def compile_quickly(family: str, path: Path) -> bytes:
        asked.append(family)
        code = f"code of {family}".encode()
        path.write_bytes(objects.sealed(code))
        return code

    monkeypatch.setattr(objects, "_compile", compile_quickly)
    return asked


def test_a_family_is_compiled_once(cache: Path, compiled: list[str]) -> None:
    assert not objects.is_compiled("linear")
    assert objects.load_object("linear") == objects.load_object("linear") == b"code of linear"
    assert objects.is_compiled("linear")
    assert compiled == ["linear"]


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: b"\0" + content[1:], lambda _: b""])
def test_a_damaged_object_is_compiled_again(cache: Path, compiled: list[str], damage: object) -> None:
    objects.load_object("linear")
    path = objects.object_path("linear")
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]

    assert objects.load_object("linear") == b"code of linear"
    assert compiled == ["linear", "linear"]


def test_every_family_has_a_name_of_its_own_that_its_source_decides() -> None:
    names = {objects.object_path(family).name for family in families.list_families()}

    assert len(names) == len(families.list_families()) >= 4


def test_a_folder_that_others_can_write_is_not_used(
    cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))

    assert objects.cache_folder() == tmp_path / "own" / "azuraforge" / "kernels"
    assert f"the kernel cache {cache} cannot be used" in caplog.text


def test_without_any_folder_kernels_live_as_long_as_the_process(
    cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AZURAFORGE_KERNEL_CACHE", str(tmp_path / "file" / "below"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    folder = objects.cache_folder()

    assert folder.is_dir()
    assert "set AZURAFORGE_KERNEL_CACHE to a folder" in caplog.text
    folder.rmdir()


def test_a_family_that_cannot_be_compiled_says_why_and_what_to_do(cache: Path) -> None:
    with pytest.raises(KernelBuildFailed, match=r"ModuleNotFoundError.*AZURAFORGE_KERNELS=numpy computes without them"):
        objects._compile("nothing", cache_file(cache))


def cache_file(cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    return cache / "nothing.o"


def test_the_real_compiler_writes_an_object_that_is_whole(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    code = objects.load_object("pool")

    assert code[:4] in {b"\x7fELF", b"\xcf\xfa\xed\xfe"}
    assert objects.is_compiled("pool")
    assert "compiled the kernels of pool in" in caplog.text


def test_an_object_that_needs_what_no_process_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "KNOWN_SYMBOLS", frozenset())

    with pytest.raises(KernelBuildFailed, match=r"kernels of pool refer to syscall"):
        build.compile_family("pool")
