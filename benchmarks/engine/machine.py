"""What a figure was taken on: processor, its vector instructions, cores, Python."""

from __future__ import annotations

import os
import platform
from pathlib import Path

VECTORS = ("avx512f", "avx2", "avx", "asimd", "sse4_2")


def machine_facts(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Processor, widest vector instructions, cores, system, Python."""
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    known = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    flags = set((known.get("flags") or known.get("Features") or "").split())
    return {
        "processor": known.get("model name") or platform.processor() or platform.machine(),
        "vectors": next((name for name in VECTORS if name in flags), "unknown"),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def machine_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Under what a machine's figures are stored."""
    facts = machine_facts(cpuinfo)
    return f"{facts['processor']}, {facts['vectors']}, {facts['cores']} cores"
