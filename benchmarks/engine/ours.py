"""Our side: the models as a user writes them, from the public layers and optimizers."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_info

from azuraforge_core import Generator, Tensor, backend_of, keep_freed_memory
from azuraforge_learner import MSE, Adam, CrossEntropy, Predictor
from azuraforge_learner.layers import (
    GRU,
    LSTM,
    BatchNorm,
    Conv2D,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    TransformerEncoder,
)
from engine.workloads import WORKLOADS, Start, Workload, first_losses, start_of

ANY = Generator(0)


def _lstm(workload: Workload) -> Layer:
    features, units = workload.sizes["features"], workload.sizes["units"]
    return Sequential(LSTM(features, units, generator=ANY), Linear(units, 1, generator=ANY))


def _gru(workload: Workload) -> Layer:
    features, units = workload.sizes["features"], workload.sizes["units"]
    return Sequential(GRU(features, units, generator=ANY), Linear(units, 1, generator=ANY))


def _mlp(workload: Workload) -> Layer:
    del workload
    return Sequential(
        Linear(784, 512, generator=ANY),
        ReLU(),
        Linear(512, 256, generator=ANY),
        ReLU(),
        Linear(256, 10, generator=ANY),
    )


def _cnn(workload: Workload) -> Layer:
    del workload
    return Sequential(
        Conv2D(1, 16, kernel=3, generator=ANY),
        ReLU(),
        MaxPool2D(2),
        Conv2D(16, 32, kernel=3, generator=ANY),
        ReLU(),
        MaxPool2D(2),
        Flatten(),
        Linear(5 * 5 * 32, 10, generator=ANY),
    )


def _transformer(workload: Workload) -> Layer:
    sizes = workload.sizes
    return TransformerEncoder(
        sizes["width"],
        sizes["heads"],
        hidden=sizes["hidden"],
        dropout=0.0,
        activation=workload.activation,
        generator=ANY,
    )


def _residual(workload: Workload) -> Layer:
    width = workload.sizes["channels"]
    return Sequential(
        Residual(
            Conv2D(width, width, kernel=3, padding=1, has_bias=False, generator=ANY),
            BatchNorm(width),
            ReLU(),
            Conv2D(width, width, kernel=3, padding=1, has_bias=False, generator=ANY),
            BatchNorm(width),
        ),
        ReLU(),
        GlobalAvgPool2D(),
        Linear(width, 10, generator=ANY),
    )


FAMILIES: dict[str, Callable[[Workload], Layer]] = {
    "lstm": _lstm,
    "gru": _gru,
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
    "residual": _residual,
}


def model_of(workload: Workload, start: Start) -> Layer:
    """The model with the workload's first weights."""
    model = FAMILIES[workload.family](workload)
    model.load_arrays(start.parameters | model.buffers())
    return model


def training_step(workload: Workload) -> Callable[[], float]:
    """One training step: forward, loss, backward, Adam, and the loss as a Python number."""
    keep_freed_memory()  # as our trainer does when it starts
    start = start_of(workload)
    model = model_of(workload, start)
    optimizer = Adam(model, learning_rate=workload.learning_rate)
    loss_of = CrossEntropy() if workload.classes else MSE()
    x, y = Tensor(start.x), Tensor(start.y)

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def make_step(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A training step and the losses that are compared."""
    del variant
    step = training_step(WORKLOADS[subject])
    return step, first_losses(step)


def make_answer(subject: str, *, variant: str = "") -> tuple[Callable[[], object], list[float]]:
    """One answer to one row."""
    del variant
    keep_freed_memory()
    start = start_of(WORKLOADS[subject])
    model = model_of(WORKLOADS[subject], start).eval()
    row = start.x[:1]
    predictor = Predictor(model)
    return lambda: predictor(row), predictor(row).ravel().tolist()


def facts() -> dict[str, str]:
    """What computes here: kernels or plain NumPy, the compiler of the kernels, and every pool of threads."""
    compiler = {"numba": str(sys.modules["numba"].__version__)} if "numba" in sys.modules else {}
    return compiler | {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "backend": type(backend_of(Tensor(np.zeros(1, np.float32)))).__name__,
        "kernels_setting": os.environ.get("AZURAFORGE_KERNELS", "not set"),
        "thread_pools": "; ".join(map(_pool_text, threadpool_info())) or "none",
    }


def _pool_text(pool: dict[str, object]) -> str:
    layer = pool.get("threading_layer") or ""
    return f"{pool['internal_api']} {pool.get('version') or ''} {layer} x {pool['num_threads']}"
