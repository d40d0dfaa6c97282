"""GRU: reads a sequence step by step with two gates and no cell."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner.initialisers import fan_in_uniform, zeros
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.sequence import SEQUENCE_SETTINGS, need_sequence, sequence_shape
from azuraforge_learner.layers.spec import LayerSpec, Settings


def _parameters(settings: Settings) -> int:
    units = int(settings["units"])
    return 3 * units * (int(settings["features"]) + units + 2)


class GRU(Layer):
    """Gated recurrent unit over axis 1, from a zero state (Cho 2014).

    `x (n, time, features)` gives the last hidden state `(n, units)`, or every one `(n, time, units)` with
    `return_sequences`. Parameters: `w_x (features, 3 units)`, `w_h (units, 3 units)`, `b_x` and `b_h (3 units)`, gates
    in the order reset, update, candidate; the candidate's two biases differ, for the reset gate scales only `b_h`.
    Weights start uniform within ±1/√units, biases at 0.
    """

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
        onnx_op="GRU",
        is_drawn=True,
    )

    def __init__(self, features: int, units: int, *, generator: Generator, return_sequences: bool = False) -> None:
        self.features, self.units, self.return_sequences = features, units, return_sequences
        self.spec.resolve(self.settings())
        self.w_x = Parameter(fan_in_uniform((features, 3 * units), fan_in=units, generator=generator))
        self.w_h = Parameter(fan_in_uniform((units, 3 * units), fan_in=units, generator=generator))
        self.b_x = Parameter(zeros((3 * units,)))
        self.b_h = Parameter(zeros((3 * units,)))

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, time, features)` → `(n, units)` or `(n, time, units)`."""
        need_sequence("GRU", x, features=self.features)
        zero = Tensor(np.zeros((x.shape[0], self.units), dtype=self.b_x.data.dtype))
        sequence, last = ops.gru(x, zero, self.w_x, self.w_h, self.b_x, self.b_h)
        return sequence if self.return_sequences else last
