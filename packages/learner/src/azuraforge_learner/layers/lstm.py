"""LSTM: reads a sequence step by step and keeps what matters in a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from azuraforge_core import Array, Generator, Tensor, ops
from azuraforge_core.dtypes import Dtype
from azuraforge_core.ops.sequences import Lengths
from azuraforge_learner.initialisers import fan_in_uniform
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

FORGET_BIAS = 1.0


def _parameters(settings: Settings) -> int:
    units = int(settings["units"])
    return sum(4 * units * (width + units + 1) for width in widths_read(settings))


def _flops(settings: Settings, shape: Shape) -> int:
    units = int(settings["units"])
    return sum(2 * shape[0] * 4 * units * (width + units) for width in widths_read(settings))


class LSTM(Recurrent):
    """Long short-term memory over axis 1.

    `x (n, time, features)` gives the last hidden state `(n, units)`, or every one `(n, time, units)` with
    `return_sequences`. `layers` of them stand above each other, each over all that the one below answered, with
    `dropout` in between; `above` is the second and the rest. Parameters of each: `w_x (features, 4 units)`,
    `w_h (units, 4 units)`, `b (4 units)`, gates in the order input, forget, output, candidate. A state is (h, c), each
    `(layers, n, units)`. `recompute_every` k keeps the state every k steps only in training (0: everything), which
    saves memory over long sequences and costs a second forward.

    Weights start uniform within ±1/√units. Biases start at 0 except the forget gate's, which starts at 1: a cell that
    begins by remembering lets gradients reach far back (Gers 2000; Jozefowicz 2015).
    """

    state_parts = 2
    spec: ClassVar = LayerSpec(
        type="LSTM",
        version=1,
        title={"tr": "LSTM", "en": "LSTM"},
        description={
            "tr": "Diziyi adım adım okur ve önemli olanı belleğinde tutar.",
            "en": "Reads a sequence step by step and keeps what matters in its memory.",
        },
        parameters=SEQUENCE_SETTINGS,
        shape_of=sequence_shape("LSTM"),
        parameters_of=_parameters,
        flops_of=_flops,
        onnx_op="LSTM",
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
        self.w_x = Parameter(fan_in_uniform((features, 4 * units), fan_in=units, generator=generator))
        self.w_h = Parameter(fan_in_uniform((units, 4 * units), fan_in=units, generator=generator))
        self.b = Parameter(_first_bias(units))
        self._stack(generator=generator)

    @property
    def weight_dtype(self) -> Dtype:
        """Of every parameter."""
        return self.w_x.dtype

    def run_level(
        self, x: Tensor, states: Sequence[State], *, lengths: Lengths | None
    ) -> tuple[Tensor, Tensor, list[State]]:
        """This layer without those above."""
        ((h0, c0),) = states
        sequence, h, c = ops.lstm(
            x, h0, c0, self.w_x, self.w_h, self.b, lengths=lengths, recompute_every=self.recompute_every or None
        )
        return sequence, h, [(h, c)]


def _first_bias(units: int) -> Array:
    bias = np.zeros(4 * units, dtype=np.float32)
    bias[units : 2 * units] = FORGET_BIAS
    return bias
