"""LSTM: reads a sequence step by step and keeps what matters in a cell."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from azuraforge_core import Array, Generator, Tensor, ops
from azuraforge_learner.initialisers import fan_in_uniform
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.sequence import SEQUENCE_SETTINGS, need_sequence, sequence_shape
from azuraforge_learner.layers.spec import LayerSpec, Settings

FORGET_BIAS = 1.0


def _parameters(settings: Settings) -> int:
    units = int(settings["units"])
    return 4 * units * (int(settings["features"]) + units + 1)


class LSTM(Layer):
    """Long short-term memory over axis 1, from a zero state.

    `x (n, time, features)` gives the last hidden state `(n, units)`, or every one `(n, time, units)` with
    `return_sequences`, which is what a stacked LSTM reads. Parameters: `w_x (features, 4 units)`,
    `w_h (units, 4 units)`, `b (4 units)`, gates in the order input, forget, output, candidate.

    Weights start uniform within ±1/√units. Biases start at 0 except the forget gate's, which starts at 1: a cell that
    begins by remembering lets gradients reach far back (Gers 2000; Jozefowicz 2015).
    """

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
        onnx_op="LSTM",
        is_drawn=True,
    )

    def __init__(self, features: int, units: int, *, generator: Generator, return_sequences: bool = False) -> None:
        self.spec.resolve({"features": features, "units": units, "return_sequences": return_sequences})
        self.features = features
        self.units = units
        self.return_sequences = return_sequences
        self.w_x = Parameter(fan_in_uniform((features, 4 * units), fan_in=units, generator=generator))
        self.w_h = Parameter(fan_in_uniform((units, 4 * units), fan_in=units, generator=generator))
        self.b = Parameter(_first_bias(units))

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, time, features)` → `(n, units)` or `(n, time, units)`."""
        need_sequence("LSTM", x, features=self.features)
        zero = Tensor(np.zeros((x.shape[0], self.units), dtype=self.b.data.dtype))
        sequence, last, _ = ops.lstm(x, zero, zero, self.w_x, self.w_h, self.b)
        return sequence if self.return_sequences else last


def _first_bias(units: int) -> Array:
    bias = np.zeros(4 * units, dtype=np.float32)
    bias[units : 2 * units] = FORGET_BIAS
    return bias
