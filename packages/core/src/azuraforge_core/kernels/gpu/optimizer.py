"""Adam and SGD on the GPU: one kernel over the whole flat buffer."""

from __future__ import annotations

import numpy as np

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import AdamSettings, SgdSettings
from azuraforge_core.kernels.gpu.launch import launch


def adam(
    xp: ArrayModule, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings
) -> None:
    """One step of Adam over contiguous rows, in place."""
    keep, shrink, beta1, beta2, epsilon, rate = settings
    numbers = (values.dtype.type(n) for n in (keep, shrink, 1.0 - beta1, beta2, 1.0 - beta2, epsilon, rate))
    launch(xp, "optimizer", kernel="adam", size=values.size, arguments=(values, gradients, *moments, *numbers))


def sgd(xp: ArrayModule, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
    """One step of stochastic gradient descent over contiguous rows, in place."""
    real, is_nesterov = values.dtype.type, np.int32(settings.is_nesterov)
    numbers = (real(settings.shrink), real(settings.momentum), is_nesterov, real(settings.rate))
    launch(xp, "optimizer", kernel="sgd", size=values.size, arguments=(values, gradients, velocity, *numbers))
