"""Using a model: batch by batch, without a tape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from azuraforge_core import Array, Tensor, no_grad
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
        parts = [model(Tensor(x[i : i + batch_size])).data for i in range(0, len(x), batch_size)]
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
