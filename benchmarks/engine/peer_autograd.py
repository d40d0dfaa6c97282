"""HIPS autograd's side: a tape over NumPy, one node per small op; Adam over one flat array, as its users write it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad

from engine.workloads import WORKLOADS, Workload, first_losses, start_of

Arrays = dict[str, Any]
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def _sigmoid(x: Any) -> Any:
    return 0.5 * anp.tanh(0.5 * x) + 0.5


def _lstm(p: Arrays, x: Any) -> Any:
    units = p["0.w_h"].shape[0]
    h = c = np.zeros((x.shape[0], units), np.float32)
    for step in range(x.shape[1]):
        z = anp.dot(x[:, step], p["0.w_x"]) + anp.dot(h, p["0.w_h"]) + p["0.b"]
        i, f, o, g = (z[:, k * units : (k + 1) * units] for k in range(4))
        c = _sigmoid(f) * c + _sigmoid(i) * anp.tanh(g)
        h = _sigmoid(o) * anp.tanh(c)
    return anp.dot(h, p["1.weight"]) + p["1.bias"]


def _mlp(p: Arrays, x: Any) -> Any:
    for place in (0, 2):
        x = anp.maximum(anp.dot(x, p[f"{place}.weight"]) + p[f"{place}.bias"], 0)
    return anp.dot(x, p["4.weight"]) + p["4.bias"]


FAMILIES: dict[str, Callable[[Arrays, Any], Any]] = {"lstm": _lstm, "mlp": _mlp}


def training_step(workload: Workload) -> Callable[[], float]:
    """One training step: forward, loss, backward, Adam, and the loss as a Python number."""
    start = start_of(workload)

    def loss_of(p: Arrays) -> Any:
        answer = FAMILIES[workload.family](p, start.x)
        if not workload.classes:
            return anp.mean((answer - start.y) ** 2)
        shifted = answer - anp.max(answer, axis=1, keepdims=True)
        log_p = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
        return -anp.mean(log_p[np.arange(len(start.y)), start.y])

    differentiate = value_and_grad(loss_of)
    p = {path: array.copy() for path, array in start.parameters.items()}
    m, v = ({path: np.zeros_like(array) for path, array in p.items()} for _ in range(2))
    count = 0

    def step() -> float:
        nonlocal count
        count += 1
        loss, gradients = differentiate(p)
        for path, g in gradients.items():
            m[path] = BETA1 * m[path] + (1 - BETA1) * g
            v[path] = BETA2 * v[path] + (1 - BETA2) * g * g
            scaled = np.sqrt(v[path] / (1 - BETA2**count)) + EPSILON
            p[path] = p[path] - workload.learning_rate * (m[path] / (1 - BETA1**count)) / scaled
        return float(loss)

    return step


def make_step(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A training step and the losses that are compared."""
    del variant
    step = training_step(WORKLOADS[subject])
    return step, first_losses(step)


def facts() -> dict[str, str]:
    """What computes here."""
    return {"autograd": metadata.version("autograd")}
