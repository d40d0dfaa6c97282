"""tinygrad's side: one compiled step by its TinyJit, with its own Adam. It needs a clang to run, as tinygrad does."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn.optim import Adam

from engine.workloads import WORKLOADS, Workload, first_losses, start_of

Arrays = dict[str, Any]


def _lstm(p: Arrays, x: Any) -> Any:
    units = p["0.w_h"].shape[0]
    h = c = Tensor.zeros(x.shape[0], units)
    inputs = x @ p["0.w_x"] + p["0.b"]
    for step in range(x.shape[1]):
        i, f, o, g = (inputs[:, step] + h @ p["0.w_h"]).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    return h @ p["1.weight"] + p["1.bias"]


def _mlp(p: Arrays, x: Any) -> Any:
    for place in (0, 2):
        x = (x @ p[f"{place}.weight"] + p[f"{place}.bias"]).relu()
    return x @ p["4.weight"] + p["4.bias"]


FAMILIES: dict[str, Callable[[Arrays, Any], Any]] = {"lstm": _lstm, "mlp": _mlp}


def training_step(workload: Workload) -> Callable[[], float]:
    """One training step: forward, loss, backward, Adam, and the loss as a Python number."""
    start = start_of(workload)
    x, y = Tensor(start.x).is_param_(is_param=False).realize(), Tensor(start.y).is_param_(is_param=False).realize()
    p = {path: Tensor(array).realize() for path, array in start.parameters.items()}
    optimizer = Adam(list(p.values()), lr=workload.learning_rate)

    @TinyJit
    def compiled() -> Any:
        optimizer.zero_grad()
        answer = FAMILIES[workload.family](p, x)
        loss = answer.sparse_categorical_crossentropy(y) if workload.classes else ((answer - y) ** 2).mean()
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    def step() -> float:
        with Context(TRAINING=1):
            return float(compiled().item())

    return step


def make_step(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A training step and the losses that are compared."""
    del variant
    step = training_step(WORKLOADS[subject])
    return step, first_losses(step)


def facts() -> dict[str, str]:
    """What computes here."""
    return {"tinygrad": metadata.version("tinygrad")}
