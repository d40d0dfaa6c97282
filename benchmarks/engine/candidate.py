"""A candidate's process: `python -m engine.candidate KIND CANDIDATE WORKLOAD`, one JSON line per order on stdin.

It says first what it is and which losses it had, then answers every `block SECONDS` with the figures of one block.
What libraries print goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from engine.workloads import WORKLOADS

CHECKED_STEPS = (5, 100)
WARM_UP_STEPS = 3
FEWEST_STEPS = 3
MODULES = {"ours": "engine.ours", "torch": "engine.pytorch"}


def module_of(candidate: str) -> tuple[Any, str]:
    """The module that builds `candidate`, and the variant: `torch_fused` is the variant `fused` of `torch`."""
    base, _, variant = candidate.partition("_")
    return importlib.import_module(MODULES[base]), variant


def block(work: Callable[[], object], *, seconds: float) -> dict[str, float]:
    """Median wall and mean CPU seconds of one call, over a block of about `seconds`."""
    for _ in range(WARM_UP_STEPS):
        work()
    times: list[float] = []
    cpu, end = time.process_time(), time.perf_counter() + seconds
    while (before := time.perf_counter()) < end or len(times) < FEWEST_STEPS:
        work()
        times.append(time.perf_counter() - before)
    used = time.process_time() - cpu
    return {"wall": statistics.median(times), "cpu": used / len(times), "steps": len(times)}


def serve(work: Callable[[], object], *, output: IO[str]) -> None:
    """Answer blocks until stdin ends; `total_cpu` lets the driver tell our load from that of others."""
    for order in sys.stdin:
        begin = time.process_time()
        figures = block(work, seconds=float(order.split()[1]))
        print(json.dumps(figures | {"total_cpu": time.process_time() - begin}), file=output, flush=True)


def main() -> None:
    kind, candidate, name = sys.argv[1:4]
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, variant = module_of(candidate)
    workload = WORKLOADS[name]
    if kind == "step":
        step = module.make_step(workload, variant=variant)
        losses = [step() for _ in range(max(CHECKED_STEPS))]
        hello = {"losses": [losses[count - 1] for count in CHECKED_STEPS], "facts": module.facts()}
        work: Callable[[], object] = step
    else:
        raise SystemExit(f"no kind {kind}")
    print(json.dumps(hello), file=output, flush=True)
    serve(work, output=output)


if __name__ == "__main__":
    main()
