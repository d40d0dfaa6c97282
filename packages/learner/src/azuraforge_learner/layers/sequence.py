"""What the layers that read a sequence step by step have in common: settings, state, and how they are stacked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np

from azuraforge_core import Array, Generator, Tensor, backend_of, ops
from azuraforge_core.dtypes import Dtype
from azuraforge_core.ops.sequences import Lengths
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.dropout import Dropout
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.spec import MAX_SIZE, SettingKind, Settings, SettingSpec, Shape, size_setting

MAX_LAYERS = 32

State: TypeAlias = tuple[Tensor, ...]
"""What a recurrent layer remembers: (h, c) of an LSTM, (h,) of a GRU, each `(layers, n, units)`; with two directions
`(2 layers, n, units)`, forwards before backwards in every layer."""

SEQUENCE_SETTINGS: Final = (
    size_setting("features"),
    size_setting("units"),
    SettingSpec("return_sequences", SettingKind.BOOLEAN, default=False),
    SettingSpec("layers", SettingKind.INTEGER, minimum=1, maximum=MAX_LAYERS, default=1),
    SettingSpec("dropout", SettingKind.NUMBER, minimum=0.0, maximum=0.99, default=0.0),
    SettingSpec("recompute_every", SettingKind.INTEGER, minimum=0, maximum=MAX_SIZE, default=0),
)


def sequence_shape(layer: str, *, directions: int = 1) -> Callable[[Settings, Shape], Shape]:
    """The shape rule of `layer`: `(time, features)` gives `(width,)` or, with `return_sequences`, `(time, width)`."""

    def shape_of(settings: Settings, shape: Shape) -> Shape:
        if len(shape) != 2 or shape[-1] != settings["features"]:
            raise LayerInvalid(f"{layer} takes (time, {settings['features']}) per sample, not shape {shape}")
        width = directions * int(settings["units"])
        return (shape[0], width) if settings["return_sequences"] else (width,)

    return shape_of


def widths_read(settings: Settings, *, directions: int = 1) -> list[int]:
    """How many features each layer of a stack reads, from the first on."""
    above = int(settings["layers"]) - 1
    return [int(settings["features"]), *[directions * int(settings["units"])] * above]


def check_stack(settings: Settings) -> None:
    """Refuse dropout where there is nothing that it could stand between."""
    if settings["dropout"] and settings["layers"] == 1:
        raise LayerInvalid("dropout acts between stacked layers: give 2 layers or more, or use a Dropout layer")


def need_sequence(layer: str, x: Tensor, *, features: int) -> None:
    """Return if `x` is `(n, time, features)`.

    Raises:
        LayerInvalid: names the layer, the shape it needs and the shape it saw.
    """
    if len(x.shape) != 3 or x.shape[-1] != features:
        raise LayerInvalid(f"{layer} takes x (n, time, {features}), not {tuple(x.shape)}")


def detached(state: State) -> State:
    """The same numbers, cut off from what made them: where truncated back-propagation stops."""
    return tuple(part.detach() for part in state)


def lengths_of(is_real: Array) -> Array:
    """Lengths from marks `is_real (n, time)`, True at the first steps of every sequence and False behind them.

    Raises:
        LayerInvalid: they are not bool, or a real step stands behind a filler.
    """
    if is_real.ndim != 2 or is_real.dtype != np.bool_:
        raise LayerInvalid(f"is_real must be bool (n, time), not {is_real.dtype} {is_real.shape}")
    if (is_real[:, 1:] & ~is_real[:, :-1]).any():
        raise LayerInvalid("is_real must be True at the first steps of a sequence and False behind: put fillers last")
    return np.asarray(is_real.sum(axis=1))


class Recurrent(Layer):
    """A stack of recurrent layers over axis 1: each reads what the one below answers, with dropout in between.

    `above` is the rest of the stack, itself a layer of the same kind; None at the top. `forward` starts from a zero
    state; `read` takes and gives it.
    """

    state_parts: int
    """How many tensors a state is."""
    directions: int = 1

    features: int
    units: int
    return_sequences: bool
    layers: int
    dropout: float
    recompute_every: int
    above: Recurrent | None
    between: Dropout | None

    def forward(self, x: Tensor, *, lengths: Lengths | None = None) -> Tensor:
        """`x (n, time, features)` → `(n, width)` or, with `return_sequences`, `(n, time, width)`.

        With `lengths (n)` each sequence ends after so many steps: its answer is the one it would give alone, steps
        behind it are never read, and `return_sequences` answers 0 there.

        Raises:
            LayerInvalid: `x` has another shape.
            ShapeError, IndexOutOfRange: the lengths do not fit.
        """
        answer, _ = self._climb(x, state=None, lengths=lengths)
        return answer

    def read(self, x: Tensor, *, state: State | None = None, lengths: Lengths | None = None) -> tuple[Tensor, State]:
        """Like `forward`, from `state` on (zeros for None); also answers with the state at each sequence's end.

        Reading a sequence in pieces, each from the state that the last piece left, gives what reading it whole gives.

        Raises:
            LayerInvalid: `x` or the state has another shape.
            ShapeError, IndexOutOfRange: the lengths do not fit.
        """
        answer, lasts = self._climb(x, state=state, lengths=lengths)
        return answer, tuple(ops.stack(parts) for parts in zip(*lasts, strict=True))

    def levels(self) -> Iterator[Recurrent]:
        """Every layer of the stack, from the one that reads `x` upwards."""
        level: Recurrent | None = self
        while level is not None:
            yield level
            level = level.above

    @property
    @abstractmethod
    def weight_dtype(self) -> Dtype:
        """Of every parameter."""

    @abstractmethod
    def run_level(
        self, x: Tensor, states: Sequence[State], *, lengths: Lengths | None
    ) -> tuple[Tensor, Tensor, list[State]]:
        """This layer without those above: its answer at every step, the last one, and one state per direction."""

    def _take_settings(self, features: int, units: int, **others: object) -> None:
        """Check settings against the spec and keep them as attributes."""
        for name, value in self.spec.resolve({"features": features, "units": units, **others}).items():
            setattr(self, name, value)

    def _stack(self, *, generator: Generator) -> None:
        """Build the rest of the stack: a layer of the same kind, one layer less high, over what this one answers."""
        self.between = self.above = None
        if self.layers > 1:
            build: Callable[..., Recurrent] = type(self)
            settings = {
                **self.settings(),
                "features": self.directions * self.units,
                "layers": self.layers - 1,
                "dropout": self.dropout if self.layers > 2 else 0.0,
            }
            self.between, self.above = Dropout(self.dropout), build(generator=generator, **settings)

    def _climb(self, x: Tensor, *, state: State | None, lengths: Lengths | None) -> tuple[Tensor, list[State]]:
        need_sequence(type(self).__name__, x, features=self.features)
        states = self._split(x, state)
        lasts: list[State] = []
        last_answer = x
        for k, level in enumerate(self.levels()):
            own = states[k * self.directions : (k + 1) * self.directions]
            x, last_answer, found = level.run_level(x, own, lengths=lengths)
            lasts += found
            if level.between is not None:
                x = level.between(x)
        return (x if self.return_sequences else last_answer), lasts

    def _split(self, x: Tensor, state: State | None) -> list[State]:
        """One state per layer and direction."""
        count, shape = self.layers * self.directions, (x.shape[0], self.units)
        if state is None:
            zeros = backend_of(x).xp.zeros(shape, dtype=self.weight_dtype)
            return [(Tensor(zeros),) * self.state_parts] * count
        if len(state) != self.state_parts or any(part.shape != (count, *shape) for part in state):
            seen = ", ".join(str(tuple(part.shape)) for part in state)
            raise LayerInvalid(
                f"{type(self).__name__} takes a state of {self.state_parts} tensors {(count, *shape)}, not {seen}"
            )
        return [tuple(part[k] for part in state) for k in range(count)]
