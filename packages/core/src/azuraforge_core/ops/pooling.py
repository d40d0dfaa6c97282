"""Pooling over two axes, channels last; windows may overlap."""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.fused import Window
from azuraforge_core.ops.operands import need_float
from azuraforge_core.ops.windows import Sizes, sizes
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of


def max_pool2d(x: Tensor, kernel: Sizes, *, stride: Sizes | None = None, padding: Sizes = 0) -> Tensor:
    """Largest number of every window; of equal ones the first gets the gradient.

    `x (n, height, width, channels)`; `stride` is the kernel unless given. Padding never wins.

    Raises:
        ShapeError: no image, or a window larger than it.
        ArgumentError: a padding above half of the kernel, or another option that makes no sense.
    """
    window = _window("max_pool2d", x, kernel=kernel, stride=stride, padding=padding)
    backend, space = backend_of(x), x.shape[1:-1]
    y, chosen = backend.max_pool(x.data, window=window)

    def vjp(g: Array) -> tuple[Array]:
        return (backend.max_pool_vjp(g, chosen, window=window, space=space),)

    return record(y, (x,), vjp)


def average_pool2d(x: Tensor, kernel: Sizes, *, stride: Sizes | None = None, padding: Sizes = 0) -> Tensor:
    """Mean of every window; zeros of the padding count.

    `x (n, height, width, channels)`; `stride` is the kernel unless given.

    Raises:
        ShapeError: no image, or a window larger than it.
        ArgumentError: a padding above half of the kernel, or another option that makes no sense.
    """
    window = _window("average_pool2d", x, kernel=kernel, stride=stride, padding=padding)
    backend, space = backend_of(x), x.shape[1:-1]

    def vjp(g: Array) -> tuple[Array]:
        return (backend.average_pool_vjp(g, window=window, space=space),)

    return record(backend.average_pool(x.data, window=window), (x,), vjp)


def global_average_pool2d(x: Tensor) -> Tensor:
    """Mean over height and width: `(n, height, width, channels)` gives `(n, channels)`.

    Raises:
        ShapeError: no image, or an empty one.
    """
    _need_image("global_average_pool2d", x)
    space = x.shape[1:-1]
    if not all(space):
        raise ShapeError(f"global_average_pool2d: x {x.shape} holds no pixels to take the mean of")
    window = Window(kernel=space, stride=space, padding=(0, 0), dilation=(1, 1))
    backend, shape = backend_of(x), (x.shape[0], x.shape[-1])

    def vjp(g: Array) -> tuple[Array]:
        return (backend.average_pool_vjp(g.reshape(g.shape[0], 1, 1, g.shape[1]), window=window, space=space),)

    return record(backend.average_pool(x.data, window=window).reshape(shape), (x,), vjp)


def _need_image(op: str, x: Tensor) -> None:
    need_float(op, x=x)
    if x.ndim != 4:
        raise ShapeError(f"{op}: x {x.shape}; needed is (n, height, width, channels)")


def _window(op: str, x: Tensor, *, kernel: Sizes, stride: Sizes | None, padding: Sizes) -> Window:
    _need_image(op, x)
    lengths = sizes(op, "kernel", kernel, rank=2, least=1)
    window = Window(
        kernel=lengths,
        stride=lengths if stride is None else sizes(op, "stride", stride, rank=2, least=1),
        padding=sizes(op, "padding", padding, rank=2, least=0),
        dilation=(1, 1),
    )
    if any(2 * p > k for p, k in zip(window.padding, lengths, strict=True)):
        raise ArgumentError(
            f"{op}: padding {window.padding} is above half of the kernel {lengths}: windows would be empty"
        )
    if any(count < 1 for count in window.places(x.shape[1:-1])):
        raise ShapeError(f"{op}: the window {lengths} is larger than {x.shape[1:-1]} with padding {window.padding}")
    return window
