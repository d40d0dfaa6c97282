"""Convolutions, channels last: `x (n, *space, channels)`, `w (*kernel, channels / groups, out)`."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge_core.backend.protocol import Window
from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
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
) -> Tensor:
    """Cross-correlation along one axis.

    `x (n, length, channels)`, `w (kernel, channels / groups, out)`, `b (out)` or None, answer (n, places, out).

    Raises:
        ShapeError: they do not fit, or the kernel is larger than the padded input.
        ArgumentError: an option that makes no sense.
    """
    window = _window("conv1d", w, rank=1, options=(stride, padding, dilation, groups))
    return _convolve("conv1d", x, w, b=b, window=window)


def conv2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation over two axes.

    `x (n, height, width, channels)`, `w (kernel height, kernel width, channels / groups, out)`, `b (out)` or None.

    Raises:
        ShapeError: they do not fit, or the kernel is larger than the padded input.
        ArgumentError: an option that makes no sense.
    """
    window = _window("conv2d", w, rank=2, options=(stride, padding, dilation, groups))
    return _convolve("conv2d", x, w, b=b, window=window)


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
    window = _window(op, w, rank=2, options=(stride, padding, dilation, groups))
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


def _convolve(op: str, x: Tensor, w: Tensor, *, b: Tensor | None, window: Window) -> Tensor:
    _check(op, x, w, b=b, window=window)
    backend, space = backend_of(x, w), x.shape[1:-1]
    y = backend.convolve(x.data, w.data, window=window)
    if b is not None:
        y = y + b.data

    def vjp(g: Array) -> tuple[Array | None, ...]:
        dx = backend.convolve_input_vjp(g, w.data, window=window, space=space) if x.requires_grad else None
        dw = backend.convolve_weight_vjp(x.data, g, window=window) if w.requires_grad else None
        return (dx, dw) if b is None else (dx, dw, g.sum(axis=tuple(range(g.ndim - 1))))

    return record(y, (x, w) if b is None else (x, w, b), vjp, name=op)


def _window(op: str, w: Tensor, *, rank: int, options: tuple[Sizes, Sizes, Sizes, int]) -> Window:
    stride, padding, dilation, groups = options
    if w.ndim != rank + 2 or 0 in w.shape[:rank]:
        raise ShapeError(f"{op}: w {w.shape}; needed are {rank} kernel axes of length 1 or more, channels and outputs")
    if groups < 1:
        raise ArgumentError(f"{op}: groups is {groups}, it must be 1 or more")
    return Window(
        kernel=w.shape[:rank],
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
