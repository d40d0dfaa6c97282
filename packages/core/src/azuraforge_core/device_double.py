"""A stand-in for CuPy over NumPy: proof, without a GPU, that code would run on one.

`with pretend_gpu() as double:` makes `import cupy` answer with it. Its arrays compute as NumPy's do and behave as
CuPy's: they are no `np.ndarray`, never become one by themselves, and refuse to meet one. Where CuPy would copy behind
the caller's back, or answer wrongly without a word, the double raises. What makes the host wait is counted in `syncs`,
what is copied to the device in `uploads`.

It knows the functions of `ArrayModule` and nothing else of CuPy. What it cannot show is how fast a device is, and that
a kernel compiles; tests compile the kernels on their own and pass them in as `raw_module`.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, Final

import numpy as np

from azuraforge_core.array_module import ArrayModule

KEYWORDS: Final = frozenset({"axis", "constant_values", "copy", "dtype", "keepdims", "out"})
"""Keywords that CuPy's functions share with NumPy's, as far as ops use them; `initial` is none of them."""
METHODS: Final = ("all", "any", "argmax", "max", "mean", "min", "reshape", "sum", "swapaxes", "transpose")
BINARY: Final = ("add", "and", "eq", "floordiv", "ge", "gt", "le", "lt", "matmul", "mod", "mul", "ne", "or", "pow")
BINARY_TOO: Final = ("sub", "truediv", "xor")
WITHOUT_REFLECTION: Final = frozenset({"eq", "ge", "gt", "le", "lt", "ne"})
UNARY: Final = ("abs", "invert", "neg")


class ImplicitTransfer(TypeError):
    """An array of the host met one of the device, or should have become one."""


class WrapsSilently(AssertionError):
    """An index is outside, and CuPy would read another element without a word."""


class DeviceArray:
    """CuPy's array as far as ops, layers and optimizers may use it."""

    double: ClassVar[CupyDouble]
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, host: np.ndarray[Any, Any]) -> None:
        self._host = host

    shape = property(lambda self: self._host.shape)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    dtype = property(lambda self: self._host.dtype)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    strides = property(lambda self: self._host.strides)
    flags = property(lambda self: self._host.flags)
    T = property(lambda self: type(self)(self._host.T))
    __cuda_array_interface__ = property(lambda self: {**self._host.__array_interface__, "version": 3})

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[DeviceArray]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> DeviceArray:
        with _indices_within(key):
            return type(self)(np.asarray(self._host[_plain_key(key)]))

    def __setitem__(self, key: Any, value: Any) -> None:
        with _indices_within(key):
            self._host[_plain_key(key)] = _plain(value)

    def astype(self, dtype: Any, *, copy: bool = True) -> DeviceArray:
        """Convert; the array itself where nothing changes and no copy is wanted."""
        return self if not copy and np.dtype(dtype) == self.dtype else type(self)(self._host.astype(dtype))

    def copy(self) -> DeviceArray:
        """Copy on the device."""
        return type(self)(self._host.copy())

    def fill(self, value: float) -> None:
        """Set every element."""
        self._host.fill(_plain(value))

    def get(self) -> np.ndarray[Any, Any]:
        """Copy to the host, which waits for it."""
        self.double.syncs += 1
        return self._host.copy()

    def item(self) -> Any:
        """Give the one element, for which the host waits."""
        self.double.syncs += 1
        return self._host.item()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __array__(self, *_: Any, **__: Any) -> np.ndarray[Any, Any]:
        raise ImplicitTransfer("a device's array does not become NumPy's by itself: use to_host")

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise ImplicitTransfer(f"np.{function.__name__} was given a device's array: use the backend's xp")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__" or not any(isinstance(value, np.generic) for value in inputs):
            raise ImplicitTransfer(f"np.{ufunc.__name__} was given a device's array: use the backend's xp")
        return self.double.wrap(ufunc(*(_plain(value) for value in inputs), **keywords))


def _method(name: str) -> Callable[..., Any]:
    def method(self: DeviceArray, *arguments: Any, **keywords: Any) -> Any:
        return self.double.call(getattr(np.ndarray, name), (self, *arguments), keywords)

    return method


def _binary(name: str, *, is_reflected: bool) -> Callable[..., Any]:
    compute = getattr(operator, f"{name}_" if name in {"and", "or"} else name)

    def method(self: DeviceArray, other: Any) -> Any:
        if not isinstance(other, DeviceArray | np.ndarray | np.generic | int | float):
            return NotImplemented
        pair = (_plain(other), self._host) if is_reflected else (self._host, _plain(other))
        return self.double.wrap(compute(*pair))

    return method


def _in_place(name: str) -> Callable[..., Any]:
    compute = getattr(operator, f"i{name}")

    def method(self: DeviceArray, other: Any) -> DeviceArray:
        compute(self._host, _plain(other))
        return self

    return method


def _unary(name: str) -> Callable[..., Any]:
    compute = getattr(operator, name)
    return lambda self: self.double.wrap(compute(self._host))


for _name in METHODS:
    setattr(DeviceArray, _name, _method(_name))
for _name in (*BINARY, *BINARY_TOO):
    setattr(DeviceArray, f"__{_name}__", _binary(_name, is_reflected=False))
    if _name not in WITHOUT_REFLECTION:
        setattr(DeviceArray, f"__r{_name}__", _binary(_name, is_reflected=True))
        if _name != "matmul":  # CuPy has no @=
            setattr(DeviceArray, f"__i{_name}__", _in_place(_name))
for _name in UNARY:
    setattr(DeviceArray, f"__{_name}__", _unary(_name))


class CupyDouble(ModuleType):
    """The module `cupy`, with counters."""

    __version__ = "14.0.0"

    def __init__(self, *, raw_module: Callable[..., Any] | None = None) -> None:
        super().__init__("cupy")
        self.syncs = self.uploads = 0
        self.memory_limit: dict[str, float] = {}
        self.ndarray = type("ndarray", (DeviceArray,), {"__module__": "cupy", "double": self})
        self.cuda = SimpleNamespace(runtime=_runtime())
        if raw_module is not None:
            self.RawModule = raw_module
        for name in ArrayModule.__annotations__:
            if not hasattr(self, name):
                setattr(self, name, _Function(self, getattr(np, name)))

    def asarray(self, value: Any, dtype: Any = None) -> DeviceArray:
        """Copy to the device, by name; its own arrays stay where they are."""
        if isinstance(value, DeviceArray):
            return value if dtype is None else value.astype(dtype, copy=False)
        self.uploads += 1
        return self.wrap(np.array(value, dtype=dtype))  # type: ignore[no-any-return]

    def get_default_memory_pool(self) -> Any:
        """Give the pool, which remembers the limit that it was set."""
        return SimpleNamespace(set_limit=lambda **limit: self.memory_limit.update(limit))

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run a function of NumPy on the device."""
        if strange := sorted(keywords.keys() - KEYWORDS):
            raise TypeError(f"CuPy's {function.__name__} knows no {strange[0]!r}")
        out = keywords.get("out")
        answer = function(*map(_plain, arguments), **{name: _plain(value) for name, value in keywords.items()})
        return self.wrap(answer) if out is None else out

    def wrap(self, answer: Any) -> Any:
        """Turn NumPy's answer into the device's; a reduction answers with an array here, not with a scalar."""
        if isinstance(answer, list | tuple):
            return [self.wrap(part) for part in answer]
        return self.ndarray(np.asarray(answer)) if isinstance(answer, np.ndarray | np.generic) else answer


class _Function:
    """A function of the double; `at` is there for the ufuncs."""

    def __init__(self, double: CupyDouble, function: Callable[..., Any]) -> None:
        self._double, self._function = double, function

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._double.call(self._function, arguments, keywords)

    def at(self, array: DeviceArray, key: Any, values: Any) -> None:
        with _indices_within(key):
            self._function.at(_plain(array), _plain_key(key), _plain(values))  # type: ignore[attr-defined]


@contextmanager
def pretend_gpu(*, raw_module: Callable[..., Any] | None = None) -> Iterator[CupyDouble]:
    """Let `import cupy` answer with a double inside.

    Without a `raw_module` there are no kernels: set `AZURAFORGE_KERNELS=numpy` around it.
    """
    known = sys.modules.get("cupy")
    double = sys.modules["cupy"] = CupyDouble(raw_module=raw_module)
    try:
        yield double
    finally:
        if known is None:
            del sys.modules["cupy"]
        else:
            sys.modules["cupy"] = known


def _plain(value: Any) -> Any:
    if isinstance(value, DeviceArray):
        return value._host  # noqa: SLF001 - the double's own
    if isinstance(value, np.ndarray):
        raise ImplicitTransfer(f"a host array of shape {value.shape} met the device: move it with to_device or beside")
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value


def _plain_key(key: Any) -> Any:
    if isinstance(key, list):
        raise ImplicitTransfer("a list as an index would be copied to the device at every use")
    return tuple(map(_plain_key, key)) if isinstance(key, tuple) else _plain(key)


@contextmanager
def _indices_within(key: Any) -> Iterator[None]:
    try:
        yield
    except IndexError as error:
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, DeviceArray) for part in parts):
            raise WrapsSilently(f"{error}; CuPy would wrap it around: bounds are checked on the host") from error
        raise


def _runtime() -> SimpleNamespace:
    return SimpleNamespace(
        CUDARuntimeError=RuntimeError,
        getDeviceCount=lambda: 1,
        getDeviceProperties=lambda _index: {"name": b"a double"},
        driverGetVersion=lambda: 13000,
        runtimeGetVersion=lambda: 13000,
    )
