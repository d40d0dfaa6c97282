"""The README's example runs as it is written."""

import re
from pathlib import Path

import pytest


def test_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 1
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(blocks[0], "README.md", "exec"), names)  # our own file, read from the repository
    assert "validation_loss" in capsys.readouterr().out
    assert names["history"].rows[-1]["validation_loss"] < 0.01  # type: ignore[attr-defined]
