"""A candidate's process: `python -m engine.candidate KIND CANDIDATE SUBJECT`, one JSON line per order on stdin.

It says first what it computed and with what, then answers every `block SECONDS` with the figures of one block. What
libraries print goes to stderr.
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

Work = Callable[[], object]

WARM_UP_CALLS = 3
FEWEST_CALLS = 3
MODULES = {
    "ours": {
        "step": "engine.ours",
        "answer": "engine.ours",
        "kernel": "engine.ours_micro",
        "tape": "engine.ours_micro",
    },
    "torch": {
        "step": "engine.pytorch",
        "answer": "engine.pytorch",
        "kernel": "engine.pytorch_micro",
        "tape": "engine.pytorch_micro",
    },
    "onnxruntime": {"answer": "engine.onnx_runtime"},
    "floor": {"step": "engine.floor"},
    "numpy": {"kernel": "engine.numpy_micro"},
    "jax": {"step": "engine.peer_jax"},
    "autograd": {"step": "engine.peer_autograd"},
    "tinygrad": {"step": "engine.peer_tinygrad"},
}
"""Which module builds what. Each has `make_KIND(subject, variant=…)`, giving the work and what it computed first."""


def prepare(kind: str, candidate: str, subject: str) -> tuple[Work, dict[str, Any]]:
    """The work to be timed and the first line: `torch_fused` is the variant `fused` of `torch`."""
    base, _, variant = candidate.partition("_")
    module = importlib.import_module(MODULES[base][kind])
    work, check = getattr(module, f"make_{kind}")(subject, variant=variant)
    return work, {"check": check, "facts": module.facts()}


def block(work: Work, *, seconds: float) -> dict[str, float]:
    """Wall and CPU seconds of one call, each the median over a block of about `seconds`."""
    begin = time.process_time()
    for _ in range(WARM_UP_CALLS):
        work()
    times: list[float] = []
    used: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < FEWEST_CALLS:
        cpu, before = time.process_time(), time.perf_counter()
        work()
        times.append(time.perf_counter() - before)
        used.append(time.process_time() - cpu)
    calls = len(times)
    return {
        "wall": statistics.median(times),
        "mean": sum(times) / calls,
        "p99": sorted(times)[calls * 99 // 100],
        "cpu": statistics.median(used),
        "calls": calls,
        "total_cpu": time.process_time() - begin,
    }


def main() -> None:
    output: IO[str] = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    work, hello = prepare(*sys.argv[1:4])
    print(json.dumps(hello), file=output, flush=True)
    for order in sys.stdin:
        print(json.dumps(block(work, seconds=float(order.split()[1]))), file=output, flush=True)


if __name__ == "__main__":
    main()
