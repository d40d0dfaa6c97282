"""Updates of parameters by the kernels of `source/optimizer.py`; all rows are contiguous."""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import AdamSettings, LionSettings, RmspropSettings, SgdSettings
from azuraforge_core.kernels.cpu.launch import Kernel, address
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

_adam = Kernel("optimizer", "adam", "5q7d")
_sgd = Kernel("optimizer", "sgd", "4q5d")
_rmsprop = Kernel("optimizer", "rmsprop", "5q6d")
_lion = Kernel("optimizer", "lion", "4q6d")


def adam(values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings) -> None:
    """See `backend.optimizer.adam`."""
    keep, shrink, beta1, beta2, epsilon, rate = settings
    _adam(
        *(values.size, address(values), address(gradients), address(moments[0]), address(moments[1])),
        *(keep, shrink, 1.0 - beta1, beta2, 1.0 - beta2, epsilon, rate),
        parts=parts_of(7 * values.nbytes, BYTES_PER_PART),
    )


def sgd(values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
    """See `backend.optimizer.sgd`."""
    shrink, momentum, is_nesterov, rate = settings
    _sgd(
        *(values.size, address(values), address(gradients), address(velocity), shrink, momentum),
        *((momentum, 1.0) if is_nesterov else (1.0, 0.0)),
        rate,
        parts=parts_of(5 * values.nbytes, BYTES_PER_PART),
    )


def rmsprop(values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: RmspropSettings) -> None:
    """See `backend.optimizer.rmsprop`."""
    shrink, smoothing, epsilon, momentum, rate = settings
    _rmsprop(
        *(values.size, address(values), address(gradients), address(moments[0]), address(moments[1])),
        *(shrink, smoothing, 1.0 - smoothing, epsilon, momentum, rate),
        parts=parts_of(7 * values.nbytes, BYTES_PER_PART),
    )


def lion(values: Array, gradients: Array, *, first: Array, settings: LionSettings) -> None:
    """See `backend.optimizer.lion`."""
    keep, beta1, beta2, rate = settings
    _lion(
        *(values.size, address(values), address(gradients), address(first)),
        *(keep, beta1, 1.0 - beta1, beta2, 1.0 - beta2, rate),
        parts=parts_of(5 * values.nbytes, BYTES_PER_PART),
    )
