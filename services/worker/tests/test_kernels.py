"""The child that compiles kernels ahead."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from azuraforge_worker.kernels import warm_kernels


def test_what_was_done_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    warm_kernels(environ={**os.environ, "AZURAFORGE_KERNELS": "numpy"}, mark=f"test/{tmp_path.name}")

    assert "kernels: plain NumPy: AZURAFORGE_KERNELS is numpy" in caplog.text


def test_a_setting_that_is_wrong_is_a_warning_with_the_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warm_kernels(environ={**os.environ, "AZURAFORGE_KERNELS": "fast"}, mark=f"test/{tmp_path.name}")

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "AZURAFORGE_KERNELS is 'fast', it must be auto, native or numpy" in record.getMessage()


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warm_kernels(environ=os.environ, mark=f"test/{tmp_path.name}", deadline_s=0.0)

    assert "kernels were not compiled ahead: it did not answer in time" in caplog.text
