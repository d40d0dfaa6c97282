"""Convolutions, channels last: `x (n, *space, channels)`, `w (*kernel, channels / groups, out)`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.fused import LinearOperands, PooledOperands, Window
from azuraforge_core.ops.operands import need_same_dtype
from azuraforge_core.ops.windows import Sizes, sizes
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of


def conv1d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    is_rectified: bool = False,
) -> Tensor:
    """Cross-correlation along one axis; with `is_rectified` the larger of its answer and 0, in one op.

    `x (n, length, channels)`, `w (kernel, channels / groups, out)`, `b (out)` or None, answer (n, places, out).

    Raises:
        ShapeError: they do not fit, or the kernel is larger than the padded input.
        ArgumentError: an option that makes no sense.
    """
    window = _window("conv1d", w.shape, rank=1, options=(stride, padding, dilation, groups))
    return _convolve("conv1d", x, w, b=b, window=window, is_rectified=is_rectified)


def conv2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    is_rectified: bool = False,
    pool: Sizes | None = None,
) -> Tensor:
    """Cross-correlation over two axes; with `is_rectified` the larger of its answer and 0, in one op.

    `x (n, height, width, channels)`, `w (kernel height, kernel width, channels / groups, out)`, `b (out)` or None.
    With `pool` it is `max_pool2d(relu(conv2d(...)), pool)`, whose image before pooling is never in memory.

    Raises:
        ShapeError: they do not fit, or the kernel is larger than the padded input.
        ArgumentError: an option that makes no sense.
    """
    window = _window("conv2d", w.shape, rank=2, options=(stride, padding, dilation, groups))
    if pool is None:
        return _convolve("conv2d", x, w, b=b, window=window, is_rectified=is_rectified)
    return _convolve_pool(x, w, b=b, window=window, sides=pool)


def conv_transpose2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """The map from answer to input of `conv2d`: every pixel of `x` paints the kernel onto a larger image.

    `x (n, height, width, channels)`, `w (kernel height, kernel width, out / groups, channels)`, `b (out)` or None.
    Height of the answer: (height - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.

    Raises:
        ShapeError: they do not fit.
        ArgumentError: an option that makes no sense.
    """
    op = "conv_transpose2d"
    window = _window(op, w.shape, rank=2, options=(stride, padding, dilation, groups))
    _check_transposed(x, w, b=b, window=window)
    extra = sizes(op, "output_padding", output_padding, rank=2, least=0)
    space = _painted(x, window=window, extra=extra)
    backend = backend_of(x, w)
    y = backend.convolve_input_vjp(x.data, w.data, window=window, space=space)
    if b is not None:
        y = y + b.data

    def vjp(g: Array) -> tuple[Array | None, ...]:
        dx = backend.convolve(g, w.data, window=window) if x.requires_grad else None
        dw = backend.convolve_weight_vjp(g, x.data, window=window) if w.requires_grad else None
        return (dx, dw) if b is None else (dx, dw, g.sum(axis=(0, 1, 2)))

    return record(y, (x, w) if b is None else (x, w, b), vjp)


def _convolve(op: str, x: Tensor, w: Tensor, *, b: Tensor | None, window: Window, is_rectified: bool) -> Tensor:
    _check(op, x, w, b=b, window=window)
    backend = backend_of(x, w)
    y = backend.convolve(x.data, w.data, None if b is None else b.data, window=window, is_rectified=is_rectified)
    operands = LinearOperands(x.data, w.data, y if is_rectified else None)

    def vjp(g: Array) -> tuple[Array | None, ...]:
        needs, memory = _wishes(x, w, b)
        gradients = backend.convolve_vjp(g, operands, window=window, needs=needs, memory=memory)
        return gradients[:2] if b is None else gradients

    return record(y, (x, w) if b is None else (x, w, b), vjp, name=op)


def _convolve_pool(x: Tensor, w: Tensor, *, b: Tensor | None, window: Window, sides: Sizes) -> Tensor:
    _check("conv2d", x, w, b=b, window=window)
    pool = _pool(sides, places=window.places(x.shape[1:-1]))
    backend = backend_of(x, w)
    y, chosen = backend.convolve_pool(x.data, w.data, None if b is None else b.data, window=window, pool=pool)
    operands = PooledOperands(x.data, w.data, chosen)

    def vjp(g: Array) -> tuple[Array | None, ...]:
        needs, memory = _wishes(x, w, b)
        gradients = backend.convolve_pool_vjp(g, operands, windows=(window, pool), needs=needs, memory=memory)
        return gradients[:2] if b is None else gradients

    return record(y, (x, w) if b is None else (x, w, b), vjp, name="conv2d")


def _wishes(
    x: Tensor, w: Tensor, b: Tensor | None
) -> tuple[tuple[bool, bool, bool], tuple[Array | None, Array | None]]:
    """Which gradients backward needs, and where those of w and b may be written."""
    needs = (x.requires_grad, w.requires_grad, b is not None and b.requires_grad)
    return needs, (w.lend_memory(), None if b is None else b.lend_memory())


def _pool(sides: Sizes, *, places: tuple[int, ...]) -> Window:
    lengths = sizes("conv2d", "pool", sides, rank=2, least=1)
    if any(length > place for length, place in zip(lengths, places, strict=True)):
        raise ShapeError(f"conv2d: the pooling window {lengths} is larger than the convolution's answer {places}")
    return Window(kernel=lengths, stride=lengths, padding=(0, 0), dilation=(1, 1))


@lru_cache(maxsize=256)
def _window(op: str, shape: tuple[int, ...], *, rank: int, options: tuple[Sizes, Sizes, Sizes, int]) -> Window:
    """The window of weights of this shape: made once per layer, for that takes as long as a small convolution."""
    stride, padding, dilation, groups = options
    if len(shape) != rank + 2 or 0 in shape[:rank]:
        raise ShapeError(f"{op}: w {shape}; needed are {rank} kernel axes of length 1 or more, channels and outputs")
    if groups < 1:
        raise ArgumentError(f"{op}: groups is {groups}, it must be 1 or more")
    return Window(
        kernel=shape[:rank],
        stride=sizes(op, "stride", stride, rank=rank, least=1),
        padding=sizes(op, "padding", padding, rank=rank, least=0),
        dilation=sizes(op, "dilation", dilation, rank=rank, least=1),
        groups=groups,
    )


def _check(op: str, x: Tensor, w: Tensor, *, b: Tensor | None, window: Window) -> None:
    need_same_dtype(op, x=x, w=w, **({} if b is None else {"b": b}))
    groups, outputs = window.groups, w.shape[-1]
    fits = x.ndim == w.ndim and x.shape[-1] == w.shape[-2] * groups and outputs % groups == 0
    if not fits or (b is not None and b.shape != (outputs,)):
        raise ShapeError(
            f"{op}: x {x.shape}, w {w.shape}, b {None if b is None else b.shape}, groups {groups}; needed are "
            "x (n, *space, channels), w (*kernel, channels / groups, out), b (out), out a multiple of groups"
        )
    if any(count < 1 for count in window.places(x.shape[1:-1])):
        raise ShapeError(
            f"{op}: the kernel {window.kernel} with dilation {window.dilation} is larger than "
            f"{x.shape[1:-1]} with padding {window.padding}"
        )


def _check_transposed(x: Tensor, w: Tensor, *, b: Tensor | None, window: Window) -> None:
    need_same_dtype("conv_transpose2d", x=x, w=w, **({} if b is None else {"b": b}))
    groups, outputs = window.groups, w.shape[-2] * window.groups
    fits = x.ndim == 4 and x.shape[-1] == w.shape[-1] and w.shape[-1] % groups == 0
    if not fits or (b is not None and b.shape != (outputs,)):
        raise ShapeError(
            f"conv_transpose2d: x {x.shape}, w {w.shape}, b {None if b is None else b.shape}, groups {groups}; needed "
            "are x (n, height, width, channels), w (height, width, out / groups, channels), b (out)"
        )


def _painted(x: Tensor, *, window: Window, extra: Sequence[int]) -> tuple[int, ...]:
    if any(more >= step for more, step in zip(extra, window.stride, strict=True)):
        raise ArgumentError(f"conv_transpose2d: output_padding {tuple(extra)} must be below the stride {window.stride}")
    sides = zip(x.shape[1:-1], window.kernel, window.stride, window.padding, window.dilation, extra, strict=True)
    space = tuple((s - 1) * step - 2 * p + d * (k - 1) + more + 1 for s, k, step, p, d, more in sides)
    if any(length < 1 for length in space):
        raise ShapeError(f"conv_transpose2d: x {x.shape} with padding {window.padding} leaves an answer of {space}")
    return space
