"""What `make test` does on a machine that has no browser."""

from __future__ import annotations

import os
from pathlib import Path

import browser_tests
import install_browser
import pytest


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a Chromium nor an apt that could bring one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(install_browser.SETTING, raising=False)


@pytest.mark.usefixtures("no_browser")
@pytest.mark.parametrize(("ci", "status"), [("", 0), ("1", 0), ("true", 1)])
def test_without_a_browser_it_says_so_and_fails_only_in_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    monkeypatch.setenv("CI", ci)

    assert browser_tests.main() == status
    assert "NO BROWSER" in capsys.readouterr().err


@pytest.mark.usefixtures("no_browser")
def test_the_browser_that_was_found_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(install_browser.SETTING, "/opt/some/chromium")
    (tmp_path / "npm").write_text('#!/bin/sh\ntest "$AZURAFORGE_CHROMIUM" = /opt/some/chromium\n')
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setattr(browser_tests, "tool_environ", lambda: dict(os.environ))

    assert browser_tests.main() == 0
