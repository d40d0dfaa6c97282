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


def run_guarded(*cases: str, **environ: str) -> subprocess.CompletedProcess[str]:
    program = Path(__file__).with_name("guarded.py")
    return subprocess.run(
        [sys.executable, str(program), *cases],
        env={**os.environ, "AZURAFORGE_KERNELS": "native", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def test_every_case_is_run() -> None:
    assert set(run_guarded("list").stdout.split()) == {"list", *CASES}


@pytest.mark.parametrize("lanes", [{}, pytest.param({"AZURAFORGE_SIMD_LANES": "4"}, marks=pytest.mark.slow)])
def test_kernels_stay_within_their_memory(lanes: dict[str, str]) -> None:
    done = run_guarded(*CASES, **lanes)

    ended_in = done.stdout.split()[-1]
    assert done.returncode == 0, f"in {ended_in}: {done.stderr[-2000:] or signal.Signals(-done.returncode).name}"
    assert done.stdout.split() == list(CASES)


def test_one_number_too_many_is_noticed() -> None:
    done = run_guarded("linear", "one_too_many")

    assert done.stdout.split() == ["linear", "one_too_many"]
    assert done.returncode in {-signal.SIGSEGV, -signal.SIGBUS}
