"""The threads of the kernels: every part is done once, whoever calls, however many at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from azuraforge_core.kernels.cpu import linear
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import numbers

SMALLEST_NORMAL = np.float32(1.1754944e-38)


@pytest.mark.parametrize("parts", [1, 2, 3, 16, 1000])
def test_thousands_of_short_jobs_lose_no_part(parts: int) -> None:
    a, b = numbers(16, 8), numbers(8, 48)
    expected = linear.matmul(a, b)
    out = np.empty_like(expected)

    with forced_parts(parts):
        for _ in range(3000 if parts < 1000 else 30):
            out.fill(np.nan)
            linear.matmul(a, b, out=out)
            assert np.array_equal(out, expected)


def test_two_python_threads_compute_at_the_same_time() -> None:
    faults: list[str] = []

    def compute(seed: int) -> None:
        a, b = numbers(60, 30, seed=seed), numbers(30, 64, seed=seed + 1)
        expected = linear.matmul(a, b)
        with forced_parts(2):
            if not all(np.array_equal(linear.matmul(a, b), expected) for _ in range(2000)):
                faults.append(f"thread {seed}")

    threads = [threading.Thread(target=compute, args=(seed,)) for seed in (0, 10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults


def test_a_forked_child_computes_with_threads_of_its_own() -> None:
    program = """
import os
import numpy as np
from azuraforge_core.kernels.cpu import linear
from azuraforge_core.kernels.cpu.shares import forced_parts

a, b = np.ones((64, 64), np.float32), np.ones((64, 64), np.float32)
with forced_parts(2):
    linear.matmul(a, b)
    child = os.fork()
    good = all((linear.matmul(a, b) == 64).all() for _ in range(500))
    if child == 0:
        os._exit(0 if good else 1)
assert good
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    environ = {**os.environ, "AZURAFORGE_THREADS": "2"}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr


def test_subnormals_are_zero_in_a_kernel_and_kept_outside() -> None:
    tiny, half = np.full((1, 1), SMALLEST_NORMAL), np.full((1, 1), 0.5, dtype=np.float32)

    inside = linear.matmul(tiny, half)

    assert inside[0, 0] == 0
    assert tiny[0, 0] * half[0, 0] > 0


def test_the_end_of_the_process_does_not_wait_for_the_workers() -> None:
    program = """
import numpy as np
from azuraforge_core.kernels.cpu import linear
from azuraforge_core.kernels.cpu.shares import forced_parts

with forced_parts(2):
    linear.matmul(np.ones((64, 64), np.float32), np.ones((64, 64), np.float32))
"""
    environ = {**os.environ, "AZURAFORGE_THREADS": "4"}

    done = subprocess.run([sys.executable, "-c", program], env=environ, check=False, timeout=60)

    assert done.returncode == 0


def test_a_process_that_runs_kernels_does_not_import_the_compiler() -> None:
    program = """
import sys
import numpy as np
from azuraforge_core.kernels.cpu import linear

linear.matmul(np.ones((64, 64), np.float32), np.ones((64, 64), np.float32))
assert "numba" not in sys.modules
"""
    linear.matmul(numbers(2, 2), numbers(2, 2))  # it is compiled now

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_signal_is_handled_by_a_worker() -> None:
    program = """
import os
from pathlib import Path
import numpy as np
from azuraforge_core.kernels.cpu import linear

linear.matmul(np.ones((8, 8), np.float32), np.ones((8, 8), np.float32))
tasks = [task for task in Path("/proc/self/task").iterdir() if task.name != str(os.getpid())]
assert len(tasks) == 3, tasks
for task in tasks:
    status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
    assert int(status["SigBlk"], 16) >> 14 & 1, status["SigBlk"]  # SIGTERM
"""
    environ = {**os.environ, "AZURAFORGE_THREADS": "4", "OPENBLAS_NUM_THREADS": "1"}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
