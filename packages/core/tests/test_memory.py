"""The allocator switch."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, numpy as np
from azuraforge_core import keep_freed_memory
assert keep_freed_memory() is True
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(3_000_000, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the switch is glibc's")
def test_freed_memory_is_used_again_without_asking_the_kernel() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100  # 20 blocks of 733 pages each, if the kernel had to give them anew
