"""A candidate is told its threads, answers blocks, and its death is noticed."""

from __future__ import annotations

import pytest
from engine.process import THREAD_SETTINGS, Candidate, candidate_environ


def test_every_library_is_told_the_same_number_of_threads() -> None:
    environ = candidate_environ(3, environ={"PATH": "/bin", "OMP_NUM_THREADS": "8", "AZURAFORGE_KERNELS": "numpy"})

    assert {environ[name] for name in THREAD_SETTINGS} == {"3"}
    assert environ["AZURAFORGE_KERNELS"] == "numpy"


def test_a_candidate_says_what_it_computed_and_answers_blocks() -> None:
    with Candidate("numpy", kind="kernel", subject="gemm_64x256x64", threads=1) as candidate:
        block = candidate.block(0.01)

    assert len(candidate.hello["check"]) >= 64
    assert block.calls >= 3
    assert 0 < block.wall <= block.p99
    assert candidate.process.returncode == 0


def test_a_candidate_that_dies_stops_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="the candidate numpy died"):
        Candidate("numpy", kind="kernel", subject="no such kernel", threads=1)
