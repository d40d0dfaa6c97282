"""The backend of CuPy's arrays: plain array code, and kernels where a step would otherwise be dozens of launches.

CuPy has no recurrent network (cuDNN left it in version 14), so LSTM and GRU are kernels of our own; the update of all
parameters is one launch instead of some ten per piece of the buffer. Everything else is cuBLAS and CuPy's own kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import (
    AdamSettings,
    GruGradients,
    GruSaved,
    GruWeights,
    LstmGradients,
    LstmSaved,
    LstmWeights,
    Recurrence,
    SgdSettings,
)
from azuraforge_core.kernels.gpu import gru, lstm, optimizer


@dataclass(frozen=True)
class GpuBackend(ReferenceBackend):
    """Fused ops by kernels where there is one; `protocol.Backend` says what each op does."""

    def lstm(self, x: Array, state: tuple[Array, Array], weights: LstmWeights, *, keeps: bool = True) -> Recurrence:
        """See `kernels.gpu.lstm`."""
        if x.size and state[0].size:
            return lstm.lstm(self.xp, x, state=state, weights=weights)
        return super().lstm(x, state, weights, keeps=keeps)

    def lstm_vjp(
        self,
        saved: Recurrence,
        weights: LstmWeights,
        gradients: tuple[Array | None, Array | None, Array | None],
        *,
        needs_x: bool,
    ) -> LstmGradients:
        """See `kernels.gpu.lstm`."""
        if isinstance(saved, LstmSaved) and saved.gates.size:
            return lstm.lstm_vjp(self.xp, saved, weights=weights, gradients=gradients, needs_x=needs_x)
        return super().lstm_vjp(saved, weights, gradients, needs_x=needs_x)

    def gru(self, x: Array, h0: Array, weights: GruWeights, *, keeps: bool = True) -> Recurrence:
        """See `kernels.gpu.gru`."""
        if x.size and h0.size:
            return gru.gru(self.xp, x, h0, weights=weights)
        return super().gru(x, h0, weights, keeps=keeps)

    def gru_vjp(
        self, saved: Recurrence, weights: GruWeights, gradients: tuple[Array | None, Array | None], *, needs_x: bool
    ) -> GruGradients:
        """See `kernels.gpu.gru`."""
        if isinstance(saved, GruSaved) and saved.gates.size:
            return gru.gru_vjp(self.xp, saved, weights=weights, gradients=gradients, needs_x=needs_x)
        return super().gru_vjp(saved, weights, gradients, needs_x=needs_x)

    def adam(self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings) -> None:
        """See `kernels.gpu.optimizer`."""
        optimizer.adam(self.xp, values, gradients, moments=moments, settings=settings)

    def sgd(self, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
        """See `kernels.gpu.optimizer`."""
        optimizer.sgd(self.xp, values, gradients, velocity=velocity, settings=settings)
