"""Using a model: batch by batch, without a tape."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from azuraforge_core import Array, Device, Replay, Tensor, find_replay, no_grad, to_host, total_version
from azuraforge_learner.errors import DataInvalid
from azuraforge_learner.layers import Layer


def predict(model: Layer, x: Array, *, batch_size: int = 256) -> Array:
    """The model's answers for `x (n, ...)`; memory grows with the batch, not with n.

    Raises:
        DataInvalid: `x` has no sample.
    """
    if len(x) == 0:
        raise DataInvalid("there is nothing to predict: x has no sample")
    with in_use(model):
        batches = (model.place(x[i : i + batch_size]) for i in range(0, len(x), batch_size))
        parts = [to_host(model(Tensor(batch)).data) for batch in batches]
    return np.concatenate(parts)


@contextmanager
def in_use(model: Layer) -> Iterator[None]:
    """Record nothing inside and let random layers rest; afterwards the model is as it was."""
    was_training = model.is_training
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        if was_training:
            model.train()


class Predictor:
    """A trained model made ready to answer single requests: what a pass does is planned once per shape and repeated.

    A plan holds the model's arrays, so a parameter that changes in place is seen, and one that is replaced or trained
    further makes new plans. A model whose pass cannot be planned (see `core.find_replay`) is simply called. One
    predictor may be asked by several threads.
    """

    def __init__(self, model: Layer, *, most_plans: int = 8) -> None:
        self.model = model
        self._most_plans = most_plans if model.device is Device.CPU else 0  # a plan is of the CPU's kernels
        self._plans: dict[tuple[int, ...], Replay | None] = {}
        self._parameters = tuple(model.parameters().values())
        self._version = total_version(self._parameters)
        self._planning = threading.Lock()

    def __call__(self, x: Array) -> Array:
        """The model's answer to `x (n, ...)`, without dropout and without a tape."""
        version = total_version(self._parameters)
        if version != self._version or (x.dtype == np.float32 and x.shape not in self._plans):
            self._plan(x, version=version)
        plan = self._plans.get(x.shape) if x.dtype == np.float32 else None
        return self._answer(x) if plan is None else plan(x)

    @property
    def plans(self) -> int:
        """How many shapes are planned."""
        return sum(plan is not None for plan in self._plans.values())

    def _plan(self, x: Array, *, version: int) -> None:
        with self._planning:
            if version != self._version:
                self._plans, self._version = {}, version
            if x.dtype == np.float32 and x.shape not in self._plans and len(self._plans) < self._most_plans:
                self._plans[x.shape] = find_replay(self._answer, x)

    def _answer(self, x: Array) -> Array:
        with in_use(self.model):
            return to_host(self.model(Tensor(self.model.place(x))).data)
