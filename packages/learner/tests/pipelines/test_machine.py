"""Facts about the machine that results record."""

import pytest

from azuraforge_learner.pipelines.machine import array_threads, machine_bytes


def test_the_machine_says_how_much_memory_it_has() -> None:
    found = machine_bytes()
    assert found is None or found > 2**28


@pytest.mark.parametrize(
    ("environ", "threads"),
    [({"OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3), ({"OMP_NUM_THREADS": "1"}, 1)],
)
def test_threads_are_those_that_the_library_was_told(environ: dict[str, str], threads: int) -> None:
    assert array_threads(environ) == threads


@pytest.mark.parametrize("environ", [{}, {"OPENBLAS_NUM_THREADS": "many"}])
def test_without_a_word_every_core_is_used(environ: dict[str, str]) -> None:
    assert array_threads(environ) >= 1
