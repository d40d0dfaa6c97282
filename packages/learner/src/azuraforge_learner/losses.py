"""What training minimises: a scalar from predictions and targets of the same shape, or from scores and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from azuraforge_core import Array, Tensor, beside, ops
from azuraforge_core.errors import ShapeError
from azuraforge_core.ops.indexing import check_indices
from azuraforge_core.ops.loss import check_pair
from azuraforge_learner.errors import LearnerError


class Loss(Protocol):
    """A callable with a name for the history."""

    @property
    def name(self) -> str:
        """Short name, such as `mse`."""

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Mean over every element.

        Raises:
            ShapeError: the shapes differ; nothing is broadcast.
        """


class MSE:
    """Mean squared error."""

    name = "mse"

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean of (prediction - target)²."""
        return ops.mse(prediction, target)


class MAE:
    """Mean absolute error; the gradient where prediction and target are equal is zero."""

    name = "mae"

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean of |prediction - target|."""
        return ops.mae(prediction, target)


class Huber:
    """Squared within ±delta, linear outside: one wild price does not pull the whole model (Huber 1964)."""

    name = "huber"

    def __init__(self, *, delta: float = 1.0) -> None:
        if not delta > 0:
            raise LearnerError(f"Huber's delta must be above zero, not {delta}")
        self.delta = delta

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean."""
        return ops.huber(prediction, target, delta=self.delta)


class CrossEntropy:
    """Mean of -log(probability of the label), from scores before any softmax.

    `prediction (n, ..., classes)`, `target (n, ...)` whole numbers from 0. `smoothing` spreads that share of each label
    over all classes (Szegedy 2016); with `class_weights`, one per class, the mean is weighted by the label's class.
    """

    name = "cross_entropy"

    def __init__(self, *, smoothing: float = 0.0, class_weights: Sequence[float] | None = None) -> None:
        if not 0 <= smoothing < 1:
            raise LearnerError(f"smoothing must be at least 0 and below 1, not {smoothing}")
        self.smoothing = smoothing
        self.class_weights = _checked_weights(class_weights)

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean.

        Raises:
            ShapeError, DtypeError, IndexOutOfRange: they do not fit, or a label is no class.
        """
        return ops.cross_entropy(prediction, target, smoothing=self.smoothing, class_weights=self.class_weights)


class BinaryCrossEntropy:
    """Mean of -log(probability of the target), where sigmoid(prediction) is the probability of 1; targets 0 to 1."""

    name = "binary_cross_entropy"

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean; `prediction` is a score before any sigmoid."""
        return ops.binary_cross_entropy(prediction, target)


class Quantile:
    """Pinball loss: what is smallest where a share `level` of the targets lies below the prediction (Koenker 1978)."""

    name = "quantile"

    def __init__(self, level: float) -> None:
        if not 0 < level < 1:
            raise LearnerError(f"a quantile's level must be above 0 and below 1, not {level}")
        self.level = level

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean of max(level * d, (level - 1) * d) with d = target - prediction."""
        check_pair("quantile", prediction, target=target)
        missing = target - prediction
        return ops.mean(ops.relu(missing)) * self.level + ops.mean(ops.relu(-missing)) * (1.0 - self.level)


class Focal:
    """Cross-entropy that looks away from samples it already gets right, by (1 - p)^gamma (Lin 2017).

    `prediction (n, ..., classes)` scores before any softmax, `target (n, ...)` whole numbers from 0. `class_weights`
    multiply each sample's loss; the mean is over samples, as in the paper.
    """

    name = "focal"

    def __init__(self, *, gamma: float = 2.0, class_weights: Sequence[float] | None = None) -> None:
        if not 0 <= gamma < math.inf:
            raise LearnerError(f"focal's gamma must be at least 0 and finite, not {gamma}")
        self.gamma = gamma
        self.class_weights = _checked_weights(class_weights)

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar mean.

        Raises:
            ShapeError, DtypeError, IndexOutOfRange: they do not fit, or a label is no class.
        """
        classes = prediction.shape[-1] if prediction.shape else 0
        labels = check_indices("focal", target, count=classes)
        if labels.shape != prediction.shape[:-1] or not labels.size:
            raise ShapeError(
                f"focal: prediction {prediction.shape} and target {labels.shape}; needed are (..., classes) and (...)"
            )
        rows = ops.reshape(ops.log_softmax(prediction), (labels.size, classes))
        log_p = rows[(np.arange(labels.size), labels.reshape(-1))]
        # Held off 0, where a power below 1 has an infinite slope; there log_p is 0 to the last digit anyway.
        wrong = ops.clip(1.0 - ops.exp(log_p), low=float(np.finfo(log_p.dtype).eps))
        losses = -(wrong**self.gamma) * log_p
        return ops.mean(
            losses if self.class_weights is None else losses * self._weights(labels, log_p, classes=classes)
        )

    def _weights(self, labels: Array, log_p: Tensor, *, classes: int) -> Tensor:
        weights = np.asarray(self.class_weights, dtype=log_p.dtype)
        if weights.shape != (classes,):
            raise ShapeError(f"focal: class_weights {weights.shape}; needed is {(classes,)}, one per class")
        return Tensor(beside(log_p.data, weights[labels.reshape(-1)]))


def _checked_weights(class_weights: Sequence[float] | None) -> Array | None:
    if class_weights is None:
        return None
    weights = np.asarray(class_weights, dtype=np.float64)
    if weights.ndim != 1 or not np.isfinite(weights).all() or not (weights >= 0).all() or not weights.any():
        raise LearnerError(f"class_weights must be one number from 0 on per class, not all 0; not {class_weights}")
    return weights
