"""The tensor: an array that the tape knows. It has no mathematics of its own.

Operators and methods that compute are bound by `operators.py`; what they are called and answer is written here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeAlias

import numpy as np

from azuraforge_core.backend.protocol import Backend
from azuraforge_core.backend.select import backend_for
from azuraforge_core.device import Device
from azuraforge_core.dtypes import DEFAULT, Array, Dtype, check_dtype, is_float
from azuraforge_core.errors import DeviceMixed, DtypeError, ShapeError, TensorChanged

Gradients: TypeAlias = "Sequence[Array | None]"
Number: TypeAlias = "float | int | bool"
Operand: TypeAlias = "Tensor | Array | Number"
Axes: TypeAlias = "int | tuple[int, ...] | None"

_creation = itertools.count()


class Node:
    """One op on the tape: its parents, its vjp, and the moment it was recorded.

    `vjp` takes one gradient, or a sequence of them when the op has several `outputs` (None for those not used).
    """

    __slots__ = ("incoming", "label", "order", "outputs", "parents", "version", "vjp")

    def __init__(
        self, parents: tuple[Tensor, ...], vjp: Callable[[Any], Gradients], outputs: int | None, label: str
    ) -> None:
        self.order = next(_creation)
        self.incoming: list[Array | None] | None = None  # gradients of the results, while a backward is on its way
        self.parents = parents
        version = 0
        for parent in parents:  # `total_version`, once per op
            version += parent.version
        self.version = version
        self.vjp: Callable[[Any], Gradients] | None = vjp
        self.outputs = outputs
        self.label = label

    @property
    def name(self) -> str:
        """The op's name: that of the function around its vjp, unless one was given."""
        return op_name(self.label)


def total_version(tensors: tuple[Tensor, ...]) -> int:
    """A number that grows as soon as one of the tensors is changed: versions only grow."""
    total = 0
    for tensor_ in tensors:
        total += tensor_.version
    return total


class Tensor:
    """An array with a gradient.

    `data` keeps the dtype of an array and is not copied; Python floats become float32. `grad` is a plain array of the
    same shape and dtype, or None; backward adds to it. A tensor that an op made is not to be changed; a leaf is
    changed by `t.data = ...` or `t.data -= ...`, between steps.

    Raises:
        DtypeError: `data` holds something else than numbers, or a gradient is asked for integers.
    """

    __slots__ = ("__weakref__", "_data", "grad", "node", "requires_grad", "slot", "version")
    __array_ufunc__ = None  # so that `array + tensor` reaches our operator

    def __init__(self, data: Any, *, requires_grad: bool = False) -> None:
        array = _to_array(data)
        if requires_grad and not is_float(array.dtype):
            raise DtypeError(f"a tensor of {array.dtype} cannot require a gradient: make it float32 or float64")
        self._data: Array = array
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self.node: Node | None = None
        self.slot = 0
        self.version = 0

    @classmethod
    def of(cls, array: Array) -> Tensor:
        """A tensor over the result of an op, whose dtype needs no check."""
        result = cls.__new__(cls)
        result._data = array  # noqa: SLF001 - the class's own
        result.grad = result.node = None
        result.requires_grad = False
        result.slot = result.version = 0
        return result

    @property
    def data(self) -> Array:
        """The array itself."""
        return self._data

    @data.setter
    def data(self, value: Array) -> None:
        if self.node is not None:
            raise TensorChanged(
                f"this tensor was made by {self.node.name} and backward needs it as it was: "
                "compute a new one, or change the data of t.detach()"
            )
        if value.shape != self._data.shape or value.dtype != self._data.dtype:
            raise ShapeError(
                f"data of shape {value.shape} and dtype {value.dtype} cannot replace "
                f"shape {self._data.shape} and dtype {self._data.dtype}"
            )
        self._data = value
        self.version += 1

    def mark_changed(self) -> None:
        """Tell the tape that the array was written to through another name for it."""
        self.version += 1

    def lend_memory(self) -> Array | None:
        """Where a vjp may write this tensor's gradient and answer with it; None: wherever it likes.

        A parameter whose optimizer keeps all gradients in one block answers with its place in it, so that what is
        computed there need not be copied.
        """
        return None

    def take_gradient(self, total: Array, *, is_owned: bool) -> None:
        """Add what one backward found to `grad`; an array that is owned is nobody else's and need not be copied."""
        if self.grad is not None:
            self.grad += total
        else:
            self.grad = total if is_owned else total.copy()

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._data.size

    @property
    def dtype(self) -> Dtype:
        """Type of every element."""
        return self._data.dtype

    @property
    def device(self) -> Device:
        """Where the array lives."""
        return Device.CPU if isinstance(self._data, np.ndarray) else Device.GPU

    @property
    def is_leaf(self) -> bool:
        """Whether it was given rather than computed; only leaves get a `grad`."""
        return self.node is None

    def item(self) -> float | int | bool:
        """The one element as a Python number.

        Raises:
            ShapeError: there are more, or none.
        """
        if self.size != 1:
            raise ShapeError(f"item() needs one element, the shape is {self.shape}")
        number: float | int | bool = self._data.item()
        return number

    def numpy(self) -> Array:
        """The data as a NumPy array on the host; on the CPU without a copy."""
        return self._data if isinstance(self._data, np.ndarray) else self._data.get()

    def __len__(self) -> int:
        if not self.ndim:
            raise ShapeError("a tensor without axes has no length")
        return self.shape[0]

    def __float__(self) -> float:
        return float(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __repr__(self) -> str:
        made = f", made by {self.node.name}" if self.node else ""
        wants = ", requires_grad=True" if self.requires_grad else ""
        values = np.array2string(self.numpy(), separator=", ", prefix="Tensor(")
        return f"Tensor({values}, dtype={self.dtype}{wants}{made})"

    if TYPE_CHECKING:  # bound in operators.py

        def __add__(self, other: Operand) -> Tensor: ...
        def __radd__(self, other: Operand) -> Tensor: ...
        def __sub__(self, other: Operand) -> Tensor: ...
        def __rsub__(self, other: Operand) -> Tensor: ...
        def __mul__(self, other: Operand) -> Tensor: ...
        def __rmul__(self, other: Operand) -> Tensor: ...
        def __truediv__(self, other: Operand) -> Tensor: ...
        def __rtruediv__(self, other: Operand) -> Tensor: ...
        def __pow__(self, exponent: Operand) -> Tensor: ...
        def __rpow__(self, base: Operand) -> Tensor: ...
        def __matmul__(self, other: Tensor | Array) -> Tensor: ...
        def __rmatmul__(self, other: Tensor | Array) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def backward(self, gradient: Array | None = None, *, retain_tape: bool = False) -> None:
            """Add the gradient of this tensor to the `grad` of every leaf; see `tape.backward`."""

        def detach(self) -> Tensor:
            """Give a leaf over the same array that requires no gradient."""

        def astype(self, dtype: Any) -> Tensor:
            """Convert; the gradient comes back in the old dtype."""

        def sum(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
            """See `ops.sum`."""

        def mean(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
            """See `ops.mean`."""

        def reshape(self, *shape: int) -> Tensor:
            """See `ops.reshape`."""

        def transpose(self, *axes: int) -> Tensor:
            """See `ops.transpose`."""


# Every op asks for these many times; a getter that is no Python function takes a third of the time.
for _name in ("data", "shape", "ndim", "size", "dtype"):
    _known = getattr(Tensor, _name)
    _path = "_data" if _name == "data" else f"_data.{_name}"
    setattr(Tensor, _name, property(attrgetter(_path), _known.fset, doc=_known.__doc__))


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A new tensor that owns a copy of `data`, in `dtype` if one is given."""
    array = _to_array(data)
    if dtype is not None:
        array = array.astype(check_dtype(np.dtype(dtype)), copy=False)
    return Tensor(array.copy(), requires_grad=requires_grad)


def op_name(label: str) -> str:
    """The name of the function around a vjp; a name that was given stays as it is."""
    return label.split(".<locals>.")[-2].lstrip("_") if ".<locals>." in label else label


def backend_of(first: Tensor, *others: Tensor) -> Backend:
    """The backend that all these tensors live on.

    Raises:
        DeviceMixed: they live on different devices.
    """
    data = first.data
    backend, kind = backend_for(data), type(data)
    for other in others:
        if type(other.data) is not kind and backend_for(other.data) is not backend:
            raise DeviceMixed(f"one tensor is on {first.device} and another on {other.device}: move one of them first")
    return backend


def _to_array(data: Any) -> Array:
    if isinstance(data, np.ndarray):
        check_dtype(data.dtype)
        return data
    if isinstance(data, Tensor):
        return data.data
    if hasattr(data, "__array_interface__") or hasattr(data, "__cuda_array_interface__"):
        array: Array = np.asarray(data) if isinstance(data, np.generic) or not hasattr(data, "ndim") else data
        check_dtype(array.dtype)
        return array
    array = _from_python(data)
    return array.astype(DEFAULT) if array.dtype == np.float64 else array


def _from_python(data: SupportsFloat | Sequence[Any]) -> Array:
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ShapeError(f"a tensor needs rows of equal length: {error}") from error
    check_dtype(array.dtype)
    return array
