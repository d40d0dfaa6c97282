"""What a layer is: a callable that owns parameters, buffers and other layers, and can describe itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Self

from azuraforge_core import Array, Device, Generator, Tensor, beside, device_of, ops, to_device
from azuraforge_learner.errors import CheckpointMismatch
from azuraforge_learner.layers.spec import LayerSpec, Setting


class Parameter(Tensor):
    """A tensor that the optimizer changes. It asks for its gradient itself, whatever it is multiplied with.

    `memory` is where an optimizer wants its gradient to be; a vjp that asks for it writes there.
    """

    def __init__(self, data: Array) -> None:
        super().__init__(data, requires_grad=True)
        self.memory: Array | None = None
        self._is_memory_lent = False

    def lend_memory(self) -> Array | None:
        """`memory`, once per backward, unless it holds the sum of earlier ones."""
        if self._is_memory_lent or self.grad is not None:
            return None
        self._is_memory_lent = True
        return self.memory

    def take_gradient(self, total: Array, *, is_owned: bool) -> None:
        """Add to `grad`, which is `memory` where there is one."""
        self._is_memory_lent = False
        if self.grad is not None or self.memory is None:
            super().take_gradient(total, is_owned=is_owned)
            return
        if total is not self.memory:
            self.memory[...] = total
        self.grad = self.memory


class Layer(ABC):
    """A callable with parameters. What it owns is what its attributes hold, in the order of assignment.

    Attributes that are a `Parameter`, a `Layer` or a tuple of layers are found by themselves; arrays that must be
    saved but not trained are named in `buffer_names`.
    """

    spec: ClassVar[LayerSpec]
    buffer_names: ClassVar[tuple[str, ...]] = ()

    is_training: bool = True

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "forward" in vars(cls) and "forward_rectified" not in vars(cls):
            cls.forward_rectified = Layer.forward_rectified  # type: ignore[method-assign]  # the parent's knows another forward

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Compute the layer's answer to `x`."""

    def forward_rectified(self, x: Tensor) -> Tensor:
        """The answer followed by a ReLU; layers that can do both in one op say so here."""
        return ops.relu(self(x))

    def __call__(self, x: Tensor) -> Tensor:
        """The same as `forward`."""
        return self.forward(x)

    def __repr__(self) -> str:
        known = self.settings() if hasattr(self, "spec") else {}  # a layer that no document names needs no spec
        inner = ", ".join(f"{name}={value!r}" for name, value in known.items())
        children = ", ".join(repr(child) for child in self.children().values())
        return f"{type(self).__name__}({inner or children})"

    def settings(self) -> dict[str, Setting]:
        """The values from which `spec` can make the same layer again, as in a graph's node."""
        return {parameter.name: getattr(self, parameter.name) for parameter in self.spec.parameters}

    def children(self) -> dict[str, Layer]:
        """The layers directly inside, by name."""
        found: dict[str, Layer] = {}
        for name, value in vars(self).items():
            if isinstance(value, Layer):
                found[name] = value
            elif isinstance(value, tuple):
                found.update({str(i): item for i, item in enumerate(value) if isinstance(item, Layer)})
        return found

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """This layer and every layer below it with its path; the root's path is empty."""
        yield prefix, self
        for name, child in self.children().items():
            yield from child.walk(_join(prefix, name))

    def parameters(self) -> dict[str, Parameter]:
        """Every parameter once, under the first path that leads to it."""
        found: dict[str, Parameter] = {}
        seen: set[int] = set()
        for path, layer in self.walk():
            for name, value in vars(layer).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    found[_join(path, name)] = value
        return found

    def buffers(self) -> dict[str, Array]:
        """Every array that is saved but not trained."""
        return {_join(path, name): getattr(layer, name) for path, layer in self.walk() for name in layer.buffer_names}

    def generators(self) -> dict[str, Generator]:
        """Every source of random numbers below, by the path of the layer that uses it."""
        return {
            _join(path, name): value
            for path, layer in self.walk()
            for name, value in vars(layer).items()
            if isinstance(value, Generator)
        }

    def give_generators(self, source: Generator) -> None:
        """Give every random layer that has no generator one of its own, spawned from `source` under its path."""
        for path, layer in self.walk():
            if "generator" in vars(layer) and layer.generator is None:  # type: ignore[attr-defined]
                layer.generator = source.spawn(path or "model")  # type: ignore[attr-defined]

    def train(self) -> Self:
        """Behave as in training (dropout drops)."""
        return self._set_training(is_training=True)

    def eval(self) -> Self:
        """Behave as in use (dropout lets everything through)."""
        return self._set_training(is_training=False)

    def cast(self, dtype: str) -> Self:
        """Turn every parameter and buffer to `float32` or `float64`. Optimizers made before must be made again."""
        replaced: dict[int, Parameter] = {}
        for _, layer in self.walk():
            for name, value in list(vars(layer).items()):
                if isinstance(value, Parameter):
                    new = replaced.setdefault(id(value), Parameter(value.data.astype(dtype)))
                    setattr(layer, name, new)
            for name in layer.buffer_names:
                setattr(layer, name, getattr(layer, name).astype(dtype))
        return self

    @property
    def device(self) -> Device:
        """Where the parameters and buffers are; the CPU for a layer that has none."""
        for _, layer in self.walk():  # asked at every batch, so it ends at the first array
            for name, value in vars(layer).items():
                if isinstance(value, Parameter) or name in layer.buffer_names:
                    return value.device if isinstance(value, Parameter) else device_of(value)
        return Device.CPU

    def to(self, device: Device) -> Self:
        """Move every parameter and buffer to `device`; gradients are forgotten, generators stay on the host.

        Optimizers made before must be made again.
        """
        for parameter in self.parameters().values():
            if parameter.device is not device:
                parameter.data = to_device(parameter.data, device)
                parameter.grad = parameter.memory = None
        for _, layer in self.walk():
            for name in layer.buffer_names:
                setattr(layer, name, to_device(getattr(layer, name), device))
        return self

    def place(self, array: Array) -> Array:
        """A batch where the layer can read it.

        Whole numbers and bools stay on the host: they are labels, rows or marks, whose bounds the host checks before
        an op brings them over.
        """
        return to_device(array, self.device) if array.dtype.kind == "f" else array

    def arrays(self) -> dict[str, Array]:
        """Parameters and buffers as arrays, for saving. They are not copies."""
        return {name: parameter.data for name, parameter in self.parameters().items()} | self.buffers()

    def load_arrays(self, arrays: Mapping[str, Array]) -> None:
        """Copy values in place, so that an optimizer's views stay views; they may come from another device.

        Raises:
            CheckpointMismatch: a name, a shape or a dtype differs; nothing was changed.
        """
        own = self.arrays()
        if missing := sorted(own.keys() ^ arrays.keys()):
            raise CheckpointMismatch(f"model and file do not hold the same arrays: {', '.join(missing[:5])}")
        for name, array in own.items():
            new = arrays[name]
            if new.shape != array.shape or new.dtype != array.dtype:
                raise CheckpointMismatch(
                    f"{name} is {array.dtype}{array.shape} in the model and {new.dtype}{new.shape} in the file"
                )
        for name, array in own.items():
            array[...] = beside(array, arrays[name])
        for parameter in self.parameters().values():
            parameter.mark_changed()

    def _set_training(self, *, is_training: bool) -> Self:
        for _, layer in self.walk():
            layer.is_training = is_training
        return self


def count_parameters(layer: Layer) -> int:
    """How many numbers training may change."""
    return sum(int(parameter.data.size) for parameter in layer.parameters().values())


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
