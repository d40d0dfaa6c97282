"""GRU: reads a sequence step by step with two gates and no cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from azuraforge_core import Generator, Tensor, ops
from azuraforge_core.dtypes import Dtype
from azuraforge_core.ops.sequences import Lengths
from azuraforge_learner.initialisers import fan_in_uniform, zeros
from azuraforge_learner.layers.layer import Parameter
from azuraforge_learner.layers.sequence import (
    SEQUENCE_SETTINGS,
    Recurrent,
    State,
    check_stack,
    sequence_shape,
    widths_read,
)
from azuraforge_learner.layers.spec import LayerSpec, Settings, Shape


def _parameters(settings: Settings) -> int:
    units = int(settings["units"])
    return sum(3 * units * (width + units + 2) for width in widths_read(settings))


def _flops(settings: Settings, shape: Shape) -> int:
    units = int(settings["units"])
    return sum(2 * shape[0] * 3 * units * (width + units) for width in widths_read(settings))


class GRU(Recurrent):
    """Gated recurrent unit over axis 1 (Cho 2014).

    `x (n, time, features)` gives the last hidden state `(n, units)`, or every one `(n, time, units)` with
    `return_sequences`. `layers`, `dropout` and `recompute_every` are those of `LSTM`; a state is (h,). Parameters of
    each layer: `w_x (features, 3 units)`, `w_h (units, 3 units)`, `b_x` and `b_h (3 units)`, gates in the order reset,
    update, candidate; the candidate's two biases differ, for the reset gate scales only `b_h`. Weights start uniform
    within ±1/√units, biases at 0.
    """

    state_parts = 1
    spec: ClassVar = LayerSpec(
        type="GRU",
        version=1,
        title={"tr": "GRU", "en": "GRU"},
        description={
            "tr": "Diziyi adım adım okur; LSTM'den daha az ağırlıkla hatırlar.",
            "en": "Reads a sequence step by step and remembers with fewer weights than an LSTM.",
        },
        parameters=SEQUENCE_SETTINGS,
        shape_of=sequence_shape("GRU"),
        parameters_of=_parameters,
        flops_of=_flops,
        onnx_op="GRU",
        check_together=check_stack,
        is_drawn=True,
    )

    def __init__(
        self,
        features: int,
        units: int,
        *,
        generator: Generator,
        return_sequences: bool = False,
        layers: int = 1,
        dropout: float = 0.0,
        recompute_every: int = 0,
    ) -> None:
        self._take_settings(
            features,
            units,
            return_sequences=return_sequences,
            layers=layers,
            dropout=dropout,
            recompute_every=recompute_every,
        )
        self.w_x = Parameter(fan_in_uniform((features, 3 * units), fan_in=units, generator=generator))
        self.w_h = Parameter(fan_in_uniform((units, 3 * units), fan_in=units, generator=generator))
        self.b_x = Parameter(zeros((3 * units,)))
        self.b_h = Parameter(zeros((3 * units,)))
        self._stack(generator=generator)

    @property
    def weight_dtype(self) -> Dtype:
        """Of every parameter."""
        return self.w_x.dtype

    def run_level(
        self, x: Tensor, states: Sequence[State], *, lengths: Lengths | None
    ) -> tuple[Tensor, Tensor, list[State]]:
        """This layer without those above."""
        ((h0,),) = states
        sequence, h = ops.gru(
            x,
            h0,
            self.w_x,
            self.w_h,
            self.b_x,
            self.b_h,
            lengths=lengths,
            recompute_every=self.recompute_every or None,
        )
        return sequence, h, [(h,)]
