"""The checkers of `make check` bite: each is shown a planted fault."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import check_closure
import check_locks
import closure
import pytest

GOOD_LOCK = "click==8.5.1 \\\n    --hash=sha256:aa\nrich==15.0.0 ; python_version > '3' \\\n    --hash=sha256:bb\n"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (("rich==15.0.0", "rich @ https://files.example/rich.whl"), "carries an address"),
        (("click==8.5.1", "--index-url https://pypi.example/simple\nclick==8.5.1"), "carries an address"),
        (("rich==15.0.0", "rich>=15"), "rich>=15 is not pinned"),
        ((" \\\n    --hash=sha256:bb", ""), "rich==15.0.0 has no hash"),
    ],
)
def test_a_fault_in_the_python_lock_is_found(tmp_path: Path, fault: tuple[str, str], words: str) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(GOOD_LOCK)
    assert check_locks.python_lock_faults(lock) == []

    lock.write_text(GOOD_LOCK.replace(*fault))

    assert any(words in fault for fault in check_locks.python_lock_faults(lock))


def test_a_dependency_that_the_lock_does_not_pin_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_locks.missing_pins() == []
    lock = tmp_path / "requirements.lock"
    lock.write_text(check_locks.LOCK.read_text().replace("\nuvicorn==", "\nunicorn=="))
    monkeypatch.setattr(check_locks, "LOCK", lock)

    assert check_locks.missing_pins() == [
        "services/api/pyproject.toml: uvicorn is not in requirements.lock: run make lock"
    ]


@pytest.mark.parametrize(
    ("package", "npmrc", "words"),
    [
        ({"resolved": "https://registry.example/a.tgz", "integrity": "x"}, None, "carries an address"),
        ({}, None, "no integrity hash"),
        ({"integrity": "x"}, "", "omit-lockfile-registry-resolved=true is missing"),
        (
            {"integrity": "x"},
            "omit-lockfile-registry-resolved=true\nregistry=https://registry.example\n",
            "names a registry",
        ),
    ],
)
def test_a_fault_in_the_npm_lock_is_found(
    tmp_path: Path, package: dict[str, str], npmrc: str | None, words: str
) -> None:
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": {"": {}, "node_modules/a": package}}))
    (tmp_path / ".npmrc").write_text("omit-lockfile-registry-resolved=true\n" if npmrc is None else npmrc)

    assert any(words in fault for fault in check_locks.npm_lock_faults(tmp_path))


def test_an_api_that_brings_numpy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_closure.main() == 0
    requires = metadata.requires

    def planted(name: str) -> list[str]:
        return [*(requires(name) or []), *(["numpy>=2"] if name == "uvicorn" else [])]

    monkeypatch.setattr(closure.metadata, "requires", planted)

    assert check_closure.main() == 1


def test_a_closure_follows_extras_and_markers_of_every_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = {
        "a": ["b[fast]>=1", "only-mac; sys_platform == 'darwin'", "docs; extra == 'docs'"],
        "b": ["c; extra == 'fast'", "d; extra == 'slow'"],
    }
    monkeypatch.setattr(closure.metadata, "requires", lambda name: graph.get(name, []))

    assert closure.closure("a") == {"a", "b", "c", "only-mac"}
