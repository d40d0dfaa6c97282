"""What every optimizer shares: groups of parameters in one flat buffer, clipping, and a state that can be saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from azuraforge_core import Array, Device, backend_of, beside
from azuraforge_learner.errors import CheckpointMismatch, OptimizerInvalid
from azuraforge_learner.layers import Layer, Parameter
from azuraforge_learner.optimizers.flat import FlatBuffer


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share what the optimizer itself does not say. None: as the optimizer."""

    parameters: Sequence[Parameter]
    learning_rate: float | None = None
    weight_decay: float | None = None


@dataclass
class GroupState:
    """A group in the flat buffer. Schedules change `learning_rate`."""

    place: slice
    base_learning_rate: float
    learning_rate: float
    weight_decay: float


Trainable = Layer | Iterable[Parameter] | Iterable[ParameterGroup]


class Optimizer(ABC):
    """Changes parameters along their gradients.

    Made from a layer, parameters or `ParameterGroup`s; a parameter given twice counts once.

    Raises:
        OptimizerInvalid: there is no parameter, or a setting is out of its range.
    """

    moment_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, trained: Trainable, *, learning_rate: float, weight_decay: float = 0.0) -> None:
        groups = _groups(trained)
        self.flat = FlatBuffer([parameter for group in groups for parameter in group.parameters])
        self.backend = backend_of(self.flat.parameters[0])
        self.groups = [
            self._group_state(group, learning_rate=learning_rate, weight_decay=weight_decay) for group in groups
        ]
        self.steps = 0
        self.moments = {name: self.flat.new_row() for name in self.moment_names}

    @abstractmethod
    def update(self, group: GroupState) -> None:
        """Change `self.flat.values[group.place]` in place; `self.steps` already counts this step."""

    @property
    def learning_rate(self) -> float:
        """Of the first group."""
        return self.groups[0].learning_rate

    def step(self) -> None:
        """Update every parameter once.

        Raises:
            GradientsMissing: nothing was differentiated since the gradients were last forgotten.
        """
        self.flat.adopt_values()
        self.flat.collect_gradients()
        self.steps += 1
        for group in self.groups:
            self.update(group)
        self.flat.mark_changed()

    def zero_grad(self) -> None:
        """Forget every gradient."""
        self.flat.forget_gradients()

    def clip_gradients(self, max_norm: float) -> Array | float:
        """Scale all gradients together so that their norm is at most `max_norm`; returns the norm before.

        A norm that is not finite scales nothing, so that the guard can name the parameter. On a GPU the norm stays
        there, an array without axes: `float(norm)` waits for it.
        """
        if not max_norm > 0:
            raise OptimizerInvalid(f"max_norm must be above zero, not {max_norm}")
        self.flat.collect_gradients()
        xp = self.backend.xp
        norm = xp.sqrt(xp.sum(xp.square(self.flat.gradients, dtype="float64")))
        if self.flat.device is Device.CPU and bool(norm <= max_norm):  # on a GPU the host would have to wait
            return norm
        is_long = xp.isfinite(norm) & (norm > max_norm)
        self.flat.gradients *= xp.where(is_long, max_norm / norm, 1.0).astype(self.flat.dtype)
        return norm

    def scale_learning_rate(self, factor: float) -> None:
        """Set every group's learning rate to its own first value times `factor`."""
        for group in self.groups:
            group.learning_rate = group.base_learning_rate * factor

    def state(self) -> dict[str, Any]:
        """What JSON holds of the state; `moments` are the rest."""
        return {
            "kind": type(self).__name__,
            "steps": self.steps,
            "starts": list(self.flat.starts),
            "learning_rates": [group.learning_rate for group in self.groups],
            "base_learning_rates": [group.base_learning_rate for group in self.groups],
        }

    def load_state(self, state: Mapping[str, Any], moments: Mapping[str, Array]) -> None:
        """Continue where another optimizer of the same kind over the same parameters stood.

        An own first learning rate that is not the other's stays, scaled as the other had scaled its own.

        Raises:
            CheckpointMismatch: it was of another kind or over other parameters; nothing was changed.
        """
        own = self.state()
        for name in ("kind", "starts"):
            if state.get(name) != own[name]:
                raise CheckpointMismatch(
                    f"the optimizer's {name} is {own[name]}, the checkpoint's was {state.get(name)}"
                )
        if len(state["learning_rates"]) != len(self.groups) or moments.keys() != self.moments.keys():
            raise CheckpointMismatch("the optimizer's groups or moments are not the checkpoint's")
        for name, row in self.moments.items():
            if moments[name].shape != row.shape or moments[name].dtype != row.dtype:
                raise CheckpointMismatch(f"the optimizer's moment {name} has another size or dtype in the checkpoint")
        self.steps = int(state["steps"])
        bases = state.get("base_learning_rates", [group.base_learning_rate for group in self.groups])
        for group, rate, base in zip(self.groups, state["learning_rates"], bases, strict=True):
            # Another rate than the captured optimizer was made with is meant: a fork changes it on purpose.
            group.learning_rate = rate if base == group.base_learning_rate else group.base_learning_rate * (rate / base)
        for name, row in self.moments.items():
            row[...] = beside(row, moments[name])

    def _group_state(self, group: ParameterGroup, *, learning_rate: float, weight_decay: float) -> GroupState:
        rate = learning_rate if group.learning_rate is None else group.learning_rate
        decay = weight_decay if group.weight_decay is None else group.weight_decay
        if not 0 < rate < float("inf"):
            raise OptimizerInvalid(f"the learning rate must be above zero and finite, not {rate}")
        if not 0 <= decay < float("inf"):
            raise OptimizerInvalid(f"the weight decay must be at least zero and finite, not {decay}")
        return GroupState(self.flat.range_of(group.parameters), rate, rate, decay)


def _groups(trained: Trainable) -> list[ParameterGroup]:
    items = list(trained.parameters().values()) if isinstance(trained, Layer) else list(trained)
    plain = [item for item in items if isinstance(item, Parameter)]
    groups = [item for item in items if isinstance(item, ParameterGroup)]
    if len(plain) + len(groups) != len(items):
        raise OptimizerInvalid("an optimizer takes a layer, parameters or ParameterGroups")
    seen: set[int] = set()
    found = []
    for group in [ParameterGroup(plain), *groups]:
        new = [p for p in dict.fromkeys(group.parameters) if id(p) not in seen]
        seen.update(id(p) for p in new)
        if new:
            found.append(ParameterGroup(new, group.learning_rate, group.weight_decay))
    if not found:
        raise OptimizerInvalid("there is no parameter to train: the model has none, or the list is empty")
    return found
