"""Figures are stored under the machine that they were taken on."""

from __future__ import annotations

import os
from pathlib import Path

from engine.machine import machine_facts, machine_name

CPUINFO = """processor\t: 0
model name\t: A CPU @ 2.5GHz
flags\t\t: fpu sse4_2 avx avx2

processor\t: 1
model name\t: A CPU @ 2.5GHz
"""


def test_processor_and_widest_vectors_are_told(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)

    assert machine_facts(tmp_path / "cpuinfo")["vectors"] == "avx2"
    assert machine_name(tmp_path / "cpuinfo") == f"A CPU @ 2.5GHz, avx2, {os.cpu_count()} cores"


def test_a_system_that_tells_nothing_gets_a_name_all_the_same(tmp_path: Path) -> None:
    assert machine_name(tmp_path / "nothing")
