"""What does one op on the tape cost beside PyTorch eager, when the arrays are too small to matter?

A chain of 2,000 ops (multiply, tanh) over 4 numbers, forward and backward, one thread. Each side runs in its own
process; blocks alternate; the gradients must agree before any time counts. The ratio is the median over pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

PAIRS_OF_OPS = 1000
REPEATS = 10
START, FACTOR = 0.9, 0.999

Chain = Callable[[], float]


def our_chain() -> Chain:
    # Imported per side: a process that holds both carries two pools of threads, and each slows the other.
    from azuraforge_core import Tensor, ops  # noqa: PLC0415

    w = Tensor(np.full(4, FACTOR, np.float32), requires_grad=True)
    x = Tensor(np.full(4, START, np.float32))

    def chain() -> float:
        w.grad = None
        y = x
        for _ in range(PAIRS_OF_OPS):
            y = ops.tanh(y * w)
        y.sum().backward()
        return float(w.grad[0])

    return chain


def torch_chain() -> Chain:
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    w = torch.full((4,), FACTOR, requires_grad=True)
    x = torch.full((4,), START)

    def chain() -> float:
        w.grad = None
        y = x
        for _ in range(PAIRS_OF_OPS):
            y = torch.tanh(y * w)
        y.sum().backward()
        return float(w.grad[0])

    return chain


SIDES = {"ours": our_chain, "torch": torch_chain}


def serve(side: str) -> None:
    """Print the gradient first; then, for every line that comes in, the best microseconds per op of one block."""
    chain = SIDES[side]()
    print(json.dumps(chain()), flush=True)
    for _ in sys.stdin:
        seconds = []
        for _ in range(REPEATS):
            before = time.perf_counter()
            chain()
            seconds.append(time.perf_counter() - before)
        print(json.dumps(min(seconds) / (2 * PAIRS_OF_OPS) * 1e6), flush=True)


def start(side: str) -> tuple[subprocess.Popen[str], float]:
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--serve", side]
    process = subprocess.Popen(
        command, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1
    )
    assert process.stdout is not None
    return process, float(json.loads(process.stdout.readline()))


def block(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("block\n")
    return float(json.loads(process.stdout.readline()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--serve", choices=SIDES)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    (ours, our_gradient), (theirs, their_gradient) = start("ours"), start("torch")
    if not abs(our_gradient - their_gradient) <= 1e-3 * abs(their_gradient):
        raise SystemExit(f"our gradient is {our_gradient}, PyTorch's {their_gradient}: no time counts")
    pairs = []
    for pair in range(arguments.pairs):
        if pair % 2:
            their_time, our_time = block(theirs), block(ours)
        else:
            our_time, their_time = block(ours), block(theirs)
        pairs.append((our_time, their_time))
    for process in (ours, theirs):
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
    low, ratio, high = statistics.quantiles([a / b for a, b in pairs], n=4)
    our_median, their_median = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"per op, forward and backward: ours {our_median:.1f} µs, PyTorch {their_median:.1f} µs")
    print(json.dumps({"benchmark": "engine_tape", "ratio": round(ratio, 3), "spread": [round(low, 3), round(high, 3)]}))


if __name__ == "__main__":
    main()
