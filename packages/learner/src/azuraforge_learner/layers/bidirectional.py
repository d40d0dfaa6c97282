"""Bidirectional: one recurrent layer reads forwards, another backwards, and their answers stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypedDict

from azuraforge_core import Generator, Tensor, ops
from azuraforge_core.dtypes import Dtype
from azuraforge_core.ops.sequences import Lengths
from azuraforge_learner.layers.gru import GRU
from azuraforge_learner.layers.lstm import LSTM
from azuraforge_learner.layers.sequence import (
    SEQUENCE_SETTINGS,
    Recurrent,
    State,
    check_stack,
    sequence_shape,
    widths_read,
)
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape

_CELLS: dict[str, type[LSTM | GRU]] = {"LSTM": LSTM, "GRU": GRU}


def _parameters(settings: Settings) -> int:
    count = _CELLS[settings["cell"]].spec.parameters_of
    one = {**settings, "layers": 1}
    return sum(2 * count({**one, "features": width}) for width in widths_read(settings, directions=2))


def _flops(settings: Settings, shape: Shape) -> int:
    count = _CELLS[settings["cell"]].spec.flops_of
    one = {**settings, "layers": 1}
    return sum(
        2 * count({**one, "features": width}, (shape[0], width)) for width in widths_read(settings, directions=2)
    )


class _One(TypedDict):
    """What one direction of one layer is told."""

    return_sequences: bool
    recompute_every: int


class Bidirectional(Recurrent):
    """Two LSTMs or GRUs over axis 1, one of them from the last step to the first (Schuster 1997).

    `x (n, time, features)` gives `(n, 2 units)`: what each direction knows when it has read everything. With
    `return_sequences` it gives `(n, time, 2 units)`: what each direction knows at that step. Forwards comes first.
    Its parameters are those of its children `ahead` and `back`; `layers`, `dropout` and `recompute_every` are those of
    `LSTM`, each layer reading both directions of the one below. With `lengths` the way back starts at each sequence's
    own end. A state holds `(2 layers, n, units)` per part, forwards before backwards in every layer.
    """

    directions = 2
    spec: ClassVar = LayerSpec(
        type="Bidirectional",
        version=1,
        title={"tr": "Çift yönlü", "en": "Bidirectional"},
        description={
            "tr": "Diziyi hem baştan sona hem sondan başa okur ve iki cevabı yan yana koyar.",
            "en": "Reads a sequence in both directions and puts both answers side by side.",
        },
        parameters=(
            *SEQUENCE_SETTINGS[:2],
            SettingSpec("cell", SettingKind.CHOICE, choices=tuple(_CELLS), default="LSTM"),
            *SEQUENCE_SETTINGS[2:],
        ),
        shape_of=sequence_shape("Bidirectional", directions=2),
        parameters_of=_parameters,
        flops_of=_flops,
        check_together=check_stack,
        is_drawn=True,
    )

    def __init__(
        self,
        features: int,
        units: int,
        *,
        generator: Generator,
        cell: str = "LSTM",
        return_sequences: bool = False,
        layers: int = 1,
        dropout: float = 0.0,
        recompute_every: int = 0,
    ) -> None:
        self._take_settings(
            features,
            units,
            cell=cell,
            return_sequences=return_sequences,
            layers=layers,
            dropout=dropout,
            recompute_every=recompute_every,
        )
        kind, one = _CELLS[cell], _One(return_sequences=return_sequences, recompute_every=recompute_every)
        self.cell, self.state_parts = cell, kind.state_parts
        self.ahead = kind(features, units, generator=generator, **one)
        self.back = kind(features, units, generator=generator, **one)
        self._stack(generator=generator)

    @property
    def weight_dtype(self) -> Dtype:
        """Of every parameter."""
        return self.ahead.w_x.dtype

    def run_level(
        self, x: Tensor, states: Sequence[State], *, lengths: Lengths | None
    ) -> tuple[Tensor, Tensor, list[State]]:
        """This layer without those above; every step's answer only where someone reads it."""
        ahead, last_ahead, state_ahead = self.ahead.run_level(x, states[:1], lengths=lengths)
        back, last_back, state_back = self.back.run_level(_turn(x, lengths=lengths), states[1:], lengths=lengths)
        last = ops.concat([last_ahead, last_back], axis=-1)
        if self.above is None and not self.return_sequences:
            return last, last, state_ahead + state_back
        return ops.concat([ahead, _turn(back, lengths=lengths)], axis=-1), last, state_ahead + state_back


def _turn(x: Tensor, *, lengths: Lengths | None) -> Tensor:
    return ops.flip(x, 1) if lengths is None else ops.reverse_steps(x, lengths=lengths)
