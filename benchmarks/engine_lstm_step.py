"""How long is one LSTM training step (batch 64, 60 steps, 5 features, 64 units) beside PyTorch eager?

A step is forward, mean squared error, backward and Adam. Each side runs in its own process from the same weights on the
same data; the losses after 5 and 100 steps must agree before any time counts. Blocks of steps alternate (ours,
PyTorch, PyTorch, ours), the ratio is the median over pairs of neighbouring blocks, printed with its quartiles, first
at 1 thread and then at `--threads`. PyTorch's Adam is its default one; the fused one is measured too. On a busy
machine (see `load_average`) only the figure at 1 thread means anything: BLAS threads that wait for a core spin.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCH, TIME, FEATURES = 64, 60, 5
LEARNING_RATE = 1e-3
WARM_UP_STEPS, BLOCK_S = 3, 0.3
CHECKED_STEPS = (5, 100)
TOLERANCE = 2e-4

Step = Callable[[], float]


def start_values(units: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)

    def draw(*shape: int) -> np.ndarray:
        return random.uniform(-1, 1, shape).astype(np.float32) / np.float32(np.sqrt(units))

    return {
        "x": random.standard_normal((BATCH, TIME, FEATURES), dtype=np.float32),
        "y": random.standard_normal((BATCH, 1), dtype=np.float32),
        "w_x": draw(FEATURES, 4 * units),
        "w_h": draw(units, 4 * units),
        "b": draw(4 * units),
        "w_out": draw(units, 1),
        "b_out": draw(1),
    }


def our_step(units: int) -> Step:
    # Imported per side: a process that holds both carries two pools of threads, and each slows the other.
    from azuraforge_core import Generator, Tensor, keep_freed_memory, ops  # noqa: PLC0415
    from azuraforge_learner import Adam  # noqa: PLC0415
    from azuraforge_learner.layers import LSTM, Linear, Sequential  # noqa: PLC0415

    keep_freed_memory()
    values = start_values(units)
    model = Sequential(LSTM(FEATURES, units, generator=Generator(0)), Linear(units, 1, generator=Generator(0)))
    names = ("w_x", "w_h", "b", "w_out", "b_out")
    for name, parameter in zip(names, model.parameters().values(), strict=True):
        parameter.data = values[name].reshape(parameter.shape)
    optimizer = Adam(model, learning_rate=LEARNING_RATE)
    x, y = Tensor(values["x"]), Tensor(values["y"])

    def step() -> float:
        optimizer.zero_grad()
        loss = ops.mse(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def torch_step(units: int, *, is_fused: bool) -> Step:
    import torch  # noqa: PLC0415

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    values = {name: torch.tensor(value) for name, value in start_values(units).items()}
    lstm, linear = torch.nn.LSTM(FEATURES, units, batch_first=True), torch.nn.Linear(units, 1)

    def their_gates(w: object) -> object:  # ours are i, f, o, g; PyTorch's i, f, g, o
        i, f, o, g = w.split(units, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    with torch.no_grad():
        lstm.weight_ih_l0.copy_(their_gates(values["w_x"]).T)
        lstm.weight_hh_l0.copy_(their_gates(values["w_h"]).T)
        lstm.bias_ih_l0.copy_(their_gates(values["b"]))
        lstm.bias_hh_l0.zero_()
        linear.weight.copy_(values["w_out"].T)
        linear.bias.copy_(values["b_out"])
    # One bias is trained, as ours is: two would each take Adam's whole step.
    lstm.bias_hh_l0.requires_grad = False
    trained = [p for p in (*lstm.parameters(), *linear.parameters()) if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=LEARNING_RATE, fused=is_fused or None)

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(linear(lstm(values["x"])[0][:, -1]), values["y"])
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


SIDES: dict[str, Callable[[int], Step]] = {
    "ours": our_step,
    "torch": lambda units: torch_step(units, is_fused=False),
    "torch_fused": lambda units: torch_step(units, is_fused=True),
}


def serve(side: str, units: int) -> None:
    """Print losses first; then, for every line that comes in, the median seconds of one block of steps."""
    step = SIDES[side](units)
    losses = [step() for _ in range(max(CHECKED_STEPS))]
    print(json.dumps([losses[count - 1] for count in CHECKED_STEPS]), flush=True)
    for _ in sys.stdin:
        for _ in range(WARM_UP_STEPS):
            step()
        seconds: list[float] = []
        end = time.perf_counter() + BLOCK_S
        while (before := time.perf_counter()) < end:
            step()
            seconds.append(time.perf_counter() - before)
        print(json.dumps(statistics.median(seconds)), flush=True)


class Side:
    """One candidate in its own process."""

    def __init__(self, name: str, *, units: int, threads: int) -> None:
        count = str(threads)
        environ = {**os.environ, "OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "MKL_NUM_THREADS": count}
        command = [sys.executable, __file__, "--serve", name, "--units", str(units)]
        self.process = subprocess.Popen(
            command, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1
        )
        self.losses: list[float] = json.loads(self.answer())

    def answer(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit("a side of the benchmark died; its error is above")
        return line

    def block(self) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write("block\n")
        return float(json.loads(self.answer()))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


def compare(peer: str, *, units: int, threads: int, pairs: int) -> dict[str, float]:
    ours, theirs = Side("ours", units=units, threads=threads), Side(peer, units=units, threads=threads)
    for steps, our_loss, their_loss in zip(CHECKED_STEPS, ours.losses, theirs.losses, strict=True):
        if not abs(our_loss - their_loss) <= TOLERANCE * abs(their_loss):
            raise SystemExit(f"after {steps} steps our loss is {our_loss}, {peer}'s {their_loss}: no time counts")
    our_times, their_times = [], []
    for pair in range(pairs):
        first, second = (ours, theirs) if pair % 2 == 0 else (theirs, ours)
        times = {id(first): first.block(), id(second): second.block()}
        our_times.append(times[id(ours)])
        their_times.append(times[id(theirs)])
    ours.close()
    theirs.close()
    ratios = [a / b for a, b in zip(our_times, their_times, strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    print(
        f"{threads} thread(s), {units} units: ours {statistics.median(our_times) * 1e3:.2f} ms, {peer} "
        f"{statistics.median(their_times) * 1e3:.2f} ms, ratio {ratio:.2f} [{low:.2f}-{high:.2f}], "
        f"loss after {CHECKED_STEPS} steps {ours.losses} and {theirs.losses}"
    )
    return {"ratio": round(ratio, 3), "low": round(low, 3), "high": round(high, 3)}


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--serve", choices=SIDES)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.units)
        return
    print(f"{processor()}, Python {platform.python_version()}, NumPy {np.__version__}")
    at_one = compare("torch", units=arguments.units, threads=1, pairs=arguments.pairs)
    fused = compare("torch_fused", units=arguments.units, threads=1, pairs=max(3, arguments.pairs // 3))
    at_all = compare("torch", units=arguments.units, threads=arguments.threads, pairs=arguments.pairs)
    result = {
        "benchmark": "engine_lstm_step",
        "ratio": at_all["ratio"],
        "spread": [at_all["low"], at_all["high"]],
        "threads": arguments.threads,
        "ratio_1_thread": at_one["ratio"],
        "ratio_1_thread_fused_adam": fused["ratio"],
        "load_average": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
