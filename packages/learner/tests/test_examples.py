"""The scripts of `examples/` run as they are written and learn what they promise; they are our learning tasks too."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "examples"
NAMES = sorted(script.stem for script in FOLDER.glob("*.py"))


def names_of(script: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{script}.py"))


def test_there_are_three_scripts_and_each_has_its_test() -> None:
    assert NAMES == ["adding", "copying", "digits"]


def test_digits_are_read() -> None:
    assert names_of("digits")["main"]() >= 0.97


def test_a_sequence_is_copied() -> None:
    assert names_of("copying")["main"]() >= 0.97


@pytest.mark.slow
def test_two_numbers_of_fifty_are_added() -> None:
    """A tenth of what the naive answer loses; the same task over twelve steps is in the default run."""
    assert names_of("adding")["main"]() < 0.16 / 10


@pytest.mark.parametrize(("name", "chance"), [("digits", 0.3), ("copying", 0.6)])
def test_without_training_nothing_is_learned(name: str, chance: float) -> None:
    """The tasks cannot be passed by chance: one look at a few samples is not enough."""
    assert names_of(name)["main"](samples=32, epochs=1) < chance


@pytest.mark.parametrize("name", NAMES)
def test_a_script_says_how_well_it_did(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    printed = text[text.index('if __name__ == "__main__":') :]
    exec(compile(printed, name, "exec"), {"__name__": "__main__", "main": lambda: 0.5})
    assert "0.5" in capsys.readouterr().out.replace("50.0%", "0.5")
