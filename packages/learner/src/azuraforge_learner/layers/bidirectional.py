"""Bidirectional: one recurrent layer reads forwards, another backwards, and their answers stand side by side."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.gru import GRU
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.lstm import LSTM
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape, size_setting

_CELLS: dict[str, type[LSTM | GRU]] = {"LSTM": LSTM, "GRU": GRU}


def _shape(settings: Settings, shape: Shape) -> Shape:
    if len(shape) != 2 or shape[-1] != settings["features"]:
        raise LayerInvalid(f"Bidirectional takes (time, {settings['features']}) per sample, not shape {shape}")
    width = 2 * int(settings["units"])
    return (shape[0], width) if settings["return_sequences"] else (width,)


def _parameters(settings: Settings) -> int:
    return 2 * _CELLS[settings["cell"]].spec.parameters_of(settings)


class Bidirectional(Layer):
    """Two LSTMs or GRUs over axis 1, one of them from the last step to the first (Schuster 1997).

    `x (n, time, features)` gives `(n, 2 units)`: what each direction knows when it has read everything. With
    `return_sequences` it gives `(n, time, 2 units)`: what each direction knows at that step. Forwards comes first.
    Its parameters are those of its children `ahead` and `back`.
    """

    spec: ClassVar = LayerSpec(
        type="Bidirectional",
        version=1,
        title={"tr": "Çift yönlü", "en": "Bidirectional"},
        description={
            "tr": "Diziyi hem baştan sona hem sondan başa okur ve iki cevabı yan yana koyar.",
            "en": "Reads a sequence in both directions and puts both answers side by side.",
        },
        parameters=(
            size_setting("features"),
            size_setting("units"),
            SettingSpec("cell", SettingKind.CHOICE, choices=tuple(_CELLS), default="LSTM"),
            SettingSpec("return_sequences", SettingKind.BOOLEAN, default=False),
        ),
        shape_of=_shape,
        parameters_of=_parameters,
        is_drawn=True,
    )

    def __init__(
        self, features: int, units: int, *, generator: Generator, cell: str = "LSTM", return_sequences: bool = False
    ) -> None:
        self.features, self.units, self.cell, self.return_sequences = features, units, cell, return_sequences
        self.spec.resolve(self.settings())
        kind = _CELLS[cell]
        self.ahead = kind(features, units, generator=generator, return_sequences=return_sequences)
        self.back = kind(features, units, generator=generator, return_sequences=return_sequences)

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, time, features)` → `(n, 2 units)` or `(n, time, 2 units)`."""
        if len(x.shape) != 3 or x.shape[-1] != self.features:
            raise LayerInvalid(f"Bidirectional takes x (n, time, {self.features}), not {tuple(x.shape)}")
        ahead, back = self.ahead(x), self.back(ops.flip(x, 1))
        return ops.concat([ahead, ops.flip(back, 1) if self.return_sequences else back], axis=-1)
