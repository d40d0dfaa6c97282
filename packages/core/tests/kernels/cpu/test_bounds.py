"""No kernel reads or writes outside its operands, its answer and its scratch memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CASES = (
    "linear",
    "cross_entropy",
    "optimizer",
    "recurrent",
    "convolution",
    "pooling",
    "normalization",
    "attention",
    "elementwise",
)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guard pages are made with Linux's mmap")


def run_guarded(case: str, **environ: str) -> subprocess.CompletedProcess[str]:
    program = Path(__file__).with_name("guarded.py")
    return subprocess.run(
        [sys.executable, str(program), case],
        env={**os.environ, "AZURAFORGE_KERNELS": "native", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def test_every_case_is_run() -> None:
    assert set(run_guarded("list").stdout.split()) == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_kernels_stay_within_their_memory(case: str) -> None:
    done = run_guarded(case)

    assert done.returncode == 0, done.stderr[-2000:] or signal.Signals(-done.returncode).name


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_kernels_of_narrow_vectors_stay_within_their_memory(case: str) -> None:
    done = run_guarded(case, AZURAFORGE_SIMD_LANES="4")

    assert done.returncode == 0, done.stderr[-2000:] or signal.Signals(-done.returncode).name


def test_one_number_too_many_is_noticed() -> None:
    assert run_guarded("one_too_many").returncode in {-signal.SIGSEGV, -signal.SIGBUS}
