"""JAX's side: each training step as one compiled function, Adam included, images channels last as ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from engine.workloads import WORKLOADS, Workload, first_losses, start_of

Arrays = dict[str, Any]
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
IMAGE_LAYOUT = ("NHWC", "HWIO", "NHWC")


def _lstm(p: Arrays, x: Any, workload: Workload) -> Any:
    del workload
    units = p["0.w_h"].shape[0]
    zero = jnp.zeros((x.shape[0], units), x.dtype)
    inputs = x.transpose(1, 0, 2) @ p["0.w_x"] + p["0.b"]

    def step(state: Any, z: Any) -> Any:
        h, c = state
        i, f, o, g = jnp.split(z + h @ p["0.w_h"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    (h, _), _ = lax.scan(step, (zero, zero), inputs)
    return h @ p["1.weight"] + p["1.bias"]


def _gru(p: Arrays, x: Any, workload: Workload) -> Any:
    del workload
    zero = jnp.zeros((x.shape[0], p["0.w_h"].shape[0]), x.dtype)
    inputs = x.transpose(1, 0, 2) @ p["0.w_x"] + p["0.b_x"]

    def step(h: Any, z: Any) -> Any:
        from_x, from_h = jnp.split(z, 3, axis=-1), jnp.split(h @ p["0.w_h"] + p["0.b_h"], 3, axis=-1)
        r, u = jax.nn.sigmoid(from_x[0] + from_h[0]), jax.nn.sigmoid(from_x[1] + from_h[1])
        candidate = jnp.tanh(from_x[2] + r * from_h[2])
        return (1 - u) * candidate + u * h, None

    h, _ = lax.scan(step, zero, inputs)
    return h @ p["1.weight"] + p["1.bias"]


def _mlp(p: Arrays, x: Any, workload: Workload) -> Any:
    del workload
    for place in (0, 2):
        x = jax.nn.relu(x @ p[f"{place}.weight"] + p[f"{place}.bias"])
    return x @ p["4.weight"] + p["4.bias"]


def _cnn(p: Arrays, x: Any, workload: Workload) -> Any:
    del workload
    for place in (0, 3):
        window, bias = p[f"{place}.weight"], p[f"{place}.bias"]
        x = jax.nn.relu(lax.conv_general_dilated(x, window, (1, 1), "VALID", dimension_numbers=IMAGE_LAYOUT) + bias)
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return x.reshape(x.shape[0], -1) @ p["7.weight"] + p["7.bias"]


def _norm(x: Any, weight: Any, bias: Any) -> Any:
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * weight + bias


def _transformer(p: Arrays, x: Any, workload: Workload) -> Any:
    (n, time, width), heads = x.shape, workload.sizes["heads"]
    read = _norm(x, p["0.first_norm.weight"], p["0.first_norm.bias"])
    packed = (read @ p["0.attention.w_in"] + p["0.attention.b_in"]).reshape(n, time, 3, heads, width // heads)
    q, k, v = packed.transpose(2, 0, 3, 1, 4)
    weights = jax.nn.softmax(q @ k.swapaxes(-1, -2) / (width // heads) ** 0.5)
    joined = (weights @ v).transpose(0, 2, 1, 3).reshape(n, time, width)
    x = x + joined @ p["0.attention.w_out"] + p["0.attention.b_out"]
    read = _norm(x, p["0.second_norm.weight"], p["0.second_norm.bias"])
    wide = jax.nn.relu(read @ p["0.widen.weight"] + p["0.widen.bias"])
    return x + wide @ p["0.narrow.weight"] + p["0.narrow.bias"]


FAMILIES: dict[str, Callable[[Arrays, Any, Workload], Any]] = {
    "lstm": _lstm,
    "gru": _gru,
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
}


def _loss(p: Arrays, x: Any, y: Any, workload: Workload) -> Any:
    answer = FAMILIES[workload.family](p, x, workload)
    if workload.classes:
        return -jnp.take_along_axis(jax.nn.log_softmax(answer), y[:, None], axis=-1).mean()
    return ((answer - y) ** 2).mean()


def training_step(workload: Workload) -> Callable[[], float]:
    """One training step: forward, loss, backward, Adam, and the loss as a Python number."""
    start = start_of(workload)
    x, y = jnp.asarray(start.x), jnp.asarray(start.y)
    rate, tree = workload.learning_rate, jax.tree_util.tree_map

    @jax.jit
    def update(p: Arrays, m: Arrays, v: Arrays, count: Any) -> Any:
        loss, g = jax.value_and_grad(_loss)(p, x, y, workload)
        m = tree(lambda old, new: BETA1 * old + (1 - BETA1) * new, m, g)
        v = tree(lambda old, new: BETA2 * old + (1 - BETA2) * new * new, v, g)
        first, second = 1 - BETA1**count, 1 - BETA2**count
        p = tree(lambda a, b, c: a - rate * (b / first) / (jnp.sqrt(c / second) + EPSILON), p, m, v)
        return p, m, v, loss

    parameters = {path: jnp.asarray(array) for path, array in start.parameters.items()}
    zeros = tree(jnp.zeros_like, parameters)
    state: dict[str, Any] = {"p": parameters, "m": zeros, "v": zeros, "count": 0}

    def step() -> float:
        state["count"] += 1
        state["p"], state["m"], state["v"], loss = update(
            state["p"], state["m"], state["v"], jnp.float32(state["count"])
        )
        return float(loss)

    return step


def make_step(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A training step and the losses that are compared."""
    del variant
    step = training_step(WORKLOADS[subject])
    return step, first_losses(step)


def facts() -> dict[str, str]:
    """What computes here."""
    return {"jax": str(jax.__version__)}
