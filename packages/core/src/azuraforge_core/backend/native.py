"""The CPU backend of compiled kernels: float32 goes to `kernels.cpu`, everything else to the plain version.

float64 is for checks, where speed does not count; an op or a shape that has no kernel is computed plainly. Both give
the same numbers to 1e-5. Kernels are loaded when an op first needs one; if that fails and nobody insisted on them, the
rest of the process computes plainly, and that is said once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

from azuraforge_core.backend.protocol import AdamSettings, CrossEntropy, LinearGradients, LinearOperands, SgdSettings
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.dtypes import Array, float32
from azuraforge_core.errors import KernelError
from azuraforge_core.kernels.cpu import cross_entropy, linear, optimizer
from azuraforge_core.kernels.cpu.launch import load_pool

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NativeBackend(ReferenceBackend):
    """Fused ops by kernels where there is one for the operands; `protocol.Backend` says what each op does."""

    is_required: bool = False

    def matmul(self, a: Array, b: Array) -> Array:
        """See `kernels.cpu.linear`."""
        if a.ndim == 2 and b.ndim == 2 and self.takes(a, b) and a.size and b.size:
            return linear.matmul(a, b)
        return super().matmul(a, b)

    def linear(self, x: Array, w: Array, b: Array | None, *, is_rectified: bool) -> Array:
        """See `kernels.cpu.linear`."""
        if self.takes(x) and x.size and w.size:
            return linear.linear(x, w, b, is_rectified=is_rectified)
        return super().linear(x, w, b, is_rectified=is_rectified)

    def linear_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `kernels.cpu.linear`."""
        if self.takes(g) and g.size and operands.w.size:
            return linear.linear_vjp(g, operands, needs=needs, memory=memory)
        return super().linear_vjp(g, operands, needs=needs, memory=memory)

    def cross_entropy(self, logits: Array, labels: Array, *, smoothing: float) -> CrossEntropy:
        """See `kernels.cpu.cross_entropy`."""
        compute = cross_entropy.cross_entropy if self.takes(logits) else super().cross_entropy
        return compute(logits, labels, smoothing=smoothing)

    def cross_entropy_vjp(
        self, probabilities: Array, labels: Array, *, smoothing: float, share: Array | float
    ) -> Array:
        """See `kernels.cpu.cross_entropy`."""
        compute = cross_entropy.cross_entropy_vjp if self.takes(probabilities) else super().cross_entropy_vjp
        return compute(probabilities, labels, smoothing=smoothing, share=share)

    def adam(self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings) -> None:
        """See `kernels.cpu.optimizer`."""
        update = optimizer.adam if self.takes(values) else super().adam
        update(values, gradients, moments=moments, settings=settings)

    def sgd(self, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
        """See `kernels.cpu.optimizer`."""
        update = optimizer.sgd if self.takes(values) else super().sgd
        update(values, gradients, velocity=velocity, settings=settings)

    def takes(self, *arrays: Array) -> bool:
        """Whether kernels are there and made for these arrays' dtype."""
        return all(array.dtype == float32 for array in arrays) and _can_load(is_required=self.is_required)


@cache
def _can_load(*, is_required: bool) -> bool:
    try:
        load_pool()
    except KernelError as error:
        if is_required:
            raise
        _log.warning("computing in plain NumPy, several times slower: %s", error)
        return False
    return True
