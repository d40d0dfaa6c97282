"""One aligned block of memory for all parameters of a model, and one for their gradients.

An optimizer then updates everything with a few passes over long rows instead of a few calls per parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from azuraforge_core import Array, Device, backend_of
from azuraforge_learner.errors import GradientsMissing, OptimizerInvalid
from azuraforge_learner.layers import Parameter

ALIGNMENT_BYTES = 64
"""One cache line, and the widest vector register."""


class FlatBuffer:
    """Moves parameters into one block: `parameter.data` becomes a view of `values`, `parameter.memory` of `gradients`.

    Each parameter starts on a cache line; the gaps hold zeros, which every update rule here leaves at zero.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        dtypes = {parameter.data.dtype for parameter in parameters}
        if len(dtypes) != 1:
            raise OptimizerInvalid("an optimizer needs parameters of one dtype, at least one of them")
        (self.dtype,) = dtypes
        self.parameters = tuple(parameters)
        self.starts = self._lay_out()
        self.device = self.parameters[0].device
        self.values, self.gradients = self.new_row(), self.new_row()
        self._value_views = self._views(self.values)
        self._gradient_views = self._views(self.gradients)
        for parameter, view in zip(self.parameters, self._gradient_views, strict=True):
            parameter.memory = view
        self.adopt_values()

    def new_row(self) -> Array:
        """Zeros beside the values, on their device."""
        if self.device is Device.CPU:
            return aligned_zeros(self.starts[-1], dtype=self.dtype)
        return backend_of(self.parameters[0]).xp.zeros(self.starts[-1], dtype=self.dtype)  # CUDA aligns to 256 bytes

    def range_of(self, parameters: Sequence[Parameter]) -> slice:
        """The part of the block that consecutive parameters take."""
        wanted = {id(parameter) for parameter in parameters}
        places = [i for i, parameter in enumerate(self.parameters) if id(parameter) in wanted]
        return slice(self.starts[places[0]], self.starts[places[-1] + 1])

    def adopt_values(self) -> None:
        """Take in what was assigned to `parameter.data` since the last time, and make it a view again.

        Raises:
            OptimizerInvalid: a parameter moved to another device.
        """
        for parameter, view in zip(self.parameters, self._value_views, strict=True):
            if parameter.data is not view:
                if parameter.device is not self.device:
                    raise OptimizerInvalid(
                        f"a parameter is on {parameter.device} and the optimizer was made for {self.device}: "
                        "move the model first, then make the optimizer"
                    )
                view[...] = parameter.data
                parameter.data = view

    def collect_gradients(self) -> None:
        """Bring every gradient into the block; a parameter without one counts as zero.

        Raises:
            GradientsMissing: not one parameter has a gradient.
        """
        if all(parameter.grad is None for parameter in self.parameters):
            raise GradientsMissing("no parameter has a gradient: call backward() on a loss that depends on the model")
        for parameter, view in zip(self.parameters, self._gradient_views, strict=True):
            if parameter.grad is None:
                view.fill(0.0)
            elif parameter.grad is not view:
                view[...] = parameter.grad
            parameter.grad = view

    def forget_gradients(self) -> None:
        """Leave every parameter without a gradient."""
        for parameter in self.parameters:
            parameter.grad = None

    def mark_changed(self) -> None:
        """Tell the tape that every parameter was written to."""
        for parameter in self.parameters:
            parameter.mark_changed()

    def _lay_out(self) -> list[int]:
        step = ALIGNMENT_BYTES // self.dtype.itemsize
        starts = [0]
        for parameter in self.parameters:
            starts.append(starts[-1] + -(-parameter.data.size // step) * step)
        return starts

    def _views(self, block: Array) -> list[Array]:
        return [
            block[start : start + parameter.data.size].reshape(parameter.data.shape)
            for start, parameter in zip(self.starts, self.parameters, strict=False)
        ]


def aligned_zeros(size: int, *, dtype: np.dtype[Any]) -> Array:
    """A row of zeros whose first element lies on a cache line."""
    raw = np.zeros(size * dtype.itemsize + ALIGNMENT_BYTES, dtype=np.uint8)
    shift = -raw.ctypes.data % ALIGNMENT_BYTES
    return raw[shift : shift + size * dtype.itemsize].view(dtype)
