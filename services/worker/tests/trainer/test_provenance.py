from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType

import pytest

from azuraforge_worker.trainer.provenance import hash_package, read_machine

CPU_INFO = """\
processor\t: 0
model name\t: A Processor @ 3.00GHz
flags\t\t: fpu sse4_2 avx avx2 fma

processor\t: 1
model name\t: Another
flags\t\t: avx512f
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "an_app_to_hash"
    (folder / "inside").mkdir(parents=True)
    (folder / "__init__.py").write_text("class Kind: ...\n")
    (folder / "inside" / "data.csv").write_text("1\n")
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    yield folder
    sys.modules.pop("an_app_to_hash", None)


def digest(app: Path) -> str:
    module: ModuleType = import_module(app.name)
    return hash_package(module.Kind)


def test_the_digest_is_of_every_file_of_the_app(app: Path) -> None:
    before = digest(app)
    assert digest(app) == before
    (app / "inside" / "data.csv").write_text("2\n")
    changed = digest(app)
    (app / "inside" / "data.csv").rename(app / "inside" / "other.csv")
    assert len({before, changed, digest(app)}) == 3


def test_compiled_files_do_not_count(app: Path) -> None:
    before = digest(app)
    (app / "__pycache__").mkdir(exist_ok=True)
    (app / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digest(app) == before


def test_the_first_processor_is_the_machine_s(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(CPU_INFO)
    machine = read_machine(path)
    assert (machine.cpu, machine.instructions) == ("A Processor @ 3.00GHz", ["avx", "avx2", "fma", "sse4_2"])
    assert machine.cores >= 1


def test_a_system_that_says_nothing_is_no_failure(tmp_path: Path) -> None:
    assert read_machine(tmp_path / "missing").instructions == []
