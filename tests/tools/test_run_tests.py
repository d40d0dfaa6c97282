"""What `make test` does on a machine that has no browser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import install_browser
import pytest
import run_tests


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a Chromium nor an apt that could bring one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(install_browser.SETTING, raising=False)


@pytest.mark.usefixtures("no_browser")
@pytest.mark.parametrize(("ci", "is_good"), [("", True), ("1", True), ("true", False)])
def test_without_a_browser_it_says_so_and_fails_only_in_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, *, is_good: bool
) -> None:
    monkeypatch.setenv("CI", ci)

    assert run_tests._run_browser() is is_good
    assert "NO BROWSER" in capsys.readouterr().err


@pytest.mark.usefixtures("no_browser")
def test_the_browser_that_was_found_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []

    def run(_: list[str], *, cwd: str, environ: Mapping[str, str]) -> bool:
        used.append(environ[install_browser.SETTING])
        return bool(cwd)

    monkeypatch.setenv(install_browser.SETTING, "/opt/some/chromium")
    monkeypatch.setattr(run_tests, "_run", run)

    assert run_tests._run_browser()
    assert used == ["/opt/some/chromium"]
