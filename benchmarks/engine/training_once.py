"""A few training steps in a process of their own: `python -m engine.training_once CANDIDATE WORKLOAD STEPS`.

Prints one JSON line after the last step: the loss, and the peak of resident memory in bytes, imports included.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
from pathlib import Path

from engine.candidate import MODULES
from engine.workloads import WORKLOADS


def peak_bytes(status: Path = Path("/proc/self/status")) -> int:
    """Peak of resident memory. Not `ru_maxrss` on Linux: a child inherits there what its parent held at the fork."""
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    candidate, subject, steps = sys.argv[1:4]
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module = importlib.import_module(MODULES[candidate]["step"])
    step = module.training_step(WORKLOADS[subject])
    for _ in range(int(steps)):
        loss = step()
    known = {"loss": loss, "peak": peak_bytes(), "facts": module.facts()}
    print(json.dumps(known), file=output, flush=True)
    output.close()
    os._exit(0)  # what a library does while it ends is not the question


if __name__ == "__main__":
    main()
