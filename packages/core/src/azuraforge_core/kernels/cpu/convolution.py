"""Convolutions and their gradients by the kernels of `source/convolution.py`.

One axis is an image of one row. What depends on shapes alone comes from `convolution_plans`; how many units the work
is cut into never changes a number, because no sum is cut but that over images, whose slices depend on shapes too.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LinearGradients, LinearOperands, PooledOperands, Window
from azuraforge_core.kernels.cpu import shares
from azuraforge_core.kernels.cpu.convolution_plans import (
    Geometry,
    Plan,
    forward_plan,
    input_plans,
    panel_columns,
    weights_plan,
)
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace

_correlate = Kernel("convolution", "correlate", "16q")
_pack_weights = Kernel("convolution", "pack_weights", "3q")
_weights_vjp = Kernel("convolution", "weights_vjp", "13q")
_add_slices = Kernel("convolution", "add_slices", "7q")

_PLAIN, _MASKED, _POOLED = 0, 1, 2
_MOST_SLICES = 8
_SLICE_BYTES = 1 << 20
_READ_IN_PLACE_BYTES = 32 * 1024
_MOST_PLACES = 254
_KEPT, _ALL = 256, 1 << 62


class Incoming(NamedTuple):
    """The gradient of an answer, and what stood between the convolution and that answer.

    `mark` is None, the answer itself where it was rectified, or the bytes of a pooling with windows `pool`.
    """

    g: Array
    mark: Array | None = None
    pool: tuple[int, int] | None = None

    @property
    def kind(self) -> int:
        """The number that kernels have for it."""
        return _PLAIN if self.mark is None else _MASKED if self.pool is None else _POOLED

    def contiguous(self) -> Incoming:
        """The same with rows that follow each other."""
        if self.g.flags.c_contiguous and (self.mark is None or self.mark.flags.c_contiguous):
            return self
        mark = None if self.mark is None else np.ascontiguousarray(self.mark)
        return Incoming(np.ascontiguousarray(self.g), mark, self.pool)


def takes_window(window: Window) -> bool:
    """Whether kernels know a window: over one axis or two."""
    return len(window.kernel) in {1, 2}


def takes_pool(pool: Window) -> bool:
    """Whether kernels know the windows of a pooling behind a convolution: a byte must number their places."""
    return len(pool.kernel) == 2 and math.prod(pool.kernel) <= _MOST_PLACES


def convolve(x: Array, w: Array, b: Array | None, *, window: Window, is_rectified: bool) -> Array:
    """`x (n, *space, c)` with `w (*kernel, c / groups, out)` and `b (out)`, and its positive part if asked for."""
    call = _forward(window, x.shape, w.shape[-1], None, shares.parts_of(_ALL, 1))
    y = aligned_empty(call.shape)
    _run(call, Incoming(x), (w, b), y, is_rectified=is_rectified)
    return y


def convolve_vjp(
    g: Array,
    operands: LinearOperands,
    *,
    window: Window,
    needs: tuple[bool, bool, bool],
    memory: tuple[Array | None, Array | None],
) -> LinearGradients:
    """Gradients of x, w and b; `memory` is where those of w and b may be written."""
    incoming = Incoming(g, operands.y).contiguous()
    return _gradients(incoming, (operands.x, operands.w), window=window, needs=needs, memory=memory)


def convolve_pool(x: Array, w: Array, b: Array | None, *, window: Window, pool: Window) -> tuple[Array, Array]:
    """Largest positive number of every pooling window of a convolution's answer, and the byte of its place."""
    call = _forward(window, x.shape, w.shape[-1], _sides(pool), shares.parts_of(_ALL, 1))
    y, chosen = aligned_empty(call.shape), np.empty(call.shape, dtype=np.uint8)
    _run(call, Incoming(x), (w, b), y, chosen=chosen)
    return y, chosen


def convolve_pool_vjp(
    g: Array,
    operands: PooledOperands,
    *,
    windows: tuple[Window, Window],
    needs: tuple[bool, bool, bool],
    memory: tuple[Array | None, Array | None],
) -> LinearGradients:
    """The same through a pooling, whose bytes say which pixel gets a gradient."""
    window, pool = windows
    incoming = Incoming(g, operands.chosen, _sides(pool)).contiguous()
    return _gradients(incoming, (operands.x, operands.w), window=window, needs=needs, memory=memory)


def _gradients(
    incoming: Incoming,
    operands: tuple[Array, Array],
    *,
    window: Window,
    needs: tuple[bool, bool, bool],
    memory: tuple[Array | None, Array | None],
) -> LinearGradients:
    x, w = operands
    dx = convolve_input_vjp(incoming, w, window=window, space=x.shape[1:-1]) if needs[0] else None
    dw, db = None, None
    if needs[1] or needs[2]:
        dw, db = convolve_weight_vjp(x, incoming, window=window, memory=memory)
    return LinearGradients(dx, dw if needs[1] else None, db if needs[2] else None)


def convolve_input_vjp(incoming: Incoming, w: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """Gradient of the input, `space` being its own."""
    shape = (incoming.g.shape[0], *space, w.shape[-2] * window.groups)
    dx = aligned_empty(shape)
    for call in _inputs(window, shape, w.shape[-1], incoming.pool, shares.parts_of(_ALL, 1)):
        _run(call, incoming, (w, None), dx)
    return dx


def convolve_weight_vjp(
    x: Array, incoming: Incoming, *, window: Window, memory: tuple[Array | None, Array | None] = (None, None)
) -> tuple[Array, Array]:
    """Gradients of the weights and of the bias, in `memory` where there is some."""
    x, (g, mark, pool) = np.ascontiguousarray(x), incoming.contiguous()
    call = _weights(window, x.shape, g.shape[-1], pool, shares.parts_of(_ALL, 1))
    dw = aligned_empty(call.shape) if memory[0] is None else memory[0]
    db = aligned_empty(call.shape[-1:]) if memory[1] is None else memory[1]
    sums = workspace(call.slices * call.sum_bytes + call.parts * call.scratch_bytes)
    _weights_vjp(
        *(call.plan.address, call.outer.address, x.shape[0], call.plan.most_rows, call.slices, address(x)),
        *(incoming.kind, address(g), 0 if mark is None else address(mark)),
        *(sums, call.sum_bytes, sums + call.slices * call.sum_bytes, call.scratch_bytes),
        parts=call.parts,
    )
    _add_slices(
        *(dw.size, db.size, sums, call.sum_bytes, call.slices, address(dw), address(db)),
        parts=shares.parts_of(call.sum_bytes * call.slices, shares.BYTES_PER_PART),
    )
    return dw, db


class _Pass(NamedTuple):
    """All that a pass of windows over a source needs to know beside its arrays."""

    plan: Plan
    shape: tuple[int, ...]  # of what is written
    rows: int  # of a unit of work
    parts: int
    is_in_place: bool  # weights are read where they lie
    shared_bytes: int  # weights that are packed once for all parts
    own_bytes: int  # or by the only part
    scratch_bytes: int


class _WeightPass(NamedTuple):
    """The same for the gradient of the weights."""

    plan: Plan
    outer: Plan
    shape: tuple[int, ...]
    parts: int
    slices: int
    sum_bytes: int
    scratch_bytes: int


def _run(
    call: _Pass,
    incoming: Incoming,
    weights: tuple[Array, Array | None],
    target: Array,
    *,
    is_rectified: bool = False,
    chosen: Array | None = None,
) -> None:
    """One pass of windows over a source."""
    (g, mark, _), w = incoming.contiguous(), np.ascontiguousarray(weights[0])
    b = None if weights[1] is None else np.ascontiguousarray(weights[1])
    plan, w_address, panel = call.plan, address(w), 4 * panel_columns()
    scratch = workspace(call.shared_bytes + call.parts * call.scratch_bytes)
    if call.shared_bytes:
        _pack_weights(plan.address, w_address, scratch, parts=call.parts)
    panels = (scratch, panel, plan.values["panel_bytes"])
    _correlate(
        *(plan.address, g.shape[0], call.rows, incoming.kind, address(g), 0 if mark is None else address(mark)),
        *((w_address, 4 * w.shape[-1], panel) if call.is_in_place else panels),
        *(w_address if call.own_bytes else 0, 0 if b is None else address(b), address(target), is_rectified),
        *(0 if chosen is None else address(chosen), scratch + call.shared_bytes, call.scratch_bytes),
        parts=call.parts,
    )


@lru_cache(maxsize=_KEPT)
def _forward(
    window: Window, shape: tuple[int, ...], outputs: int, pool: tuple[int, int] | None, _threads: int
) -> _Pass:
    geometry = _geometry(window, shape, outputs, pool)
    places = geometry.pooled if pool else window.places(shape[1:-1])
    return _pass(forward_plan(geometry), shape[0], (shape[0], *places, outputs))


@lru_cache(maxsize=_KEPT)
def _inputs(
    window: Window, shape: tuple[int, ...], outputs: int, pool: tuple[int, int] | None, _threads: int
) -> tuple[_Pass, ...]:
    return tuple(_pass(plan, shape[0], shape) for plan in input_plans(_geometry(window, shape, outputs, pool)))


@lru_cache(maxsize=_KEPT)
def _weights(
    window: Window, shape: tuple[int, ...], outputs: int, pool: tuple[int, int] | None, _threads: int
) -> _WeightPass:
    n, geometry = shape[0], _geometry(window, shape, outputs, pool)
    plan = weights_plan(geometry)
    rows, count, elements = (plan.values[name] for name in ("rows", "count", "taps"))
    elements *= shape[-1] // window.groups
    sum_bytes = _line(4 * (elements + 1) * outputs)
    slices = max(1, min(n, _MOST_SLICES, _SLICE_BYTES // sum_bytes))
    parts = shares.parts_of(2 * n * rows * count * elements * outputs, shares.FLOPS_PER_PART)
    return _WeightPass(
        plan,
        input_plans(geometry)[0],
        (*window.kernel, shape[-1] // window.groups, outputs),
        min(parts, slices * plan.panels),
        slices,
        sum_bytes,
        _line(4 * panel_columns() * (2 + plan.most_rows * count) + plan.values["block_bytes"]),
    )


def _pass(plan: Plan, n: int, shape: tuple[int, ...]) -> _Pass:
    values = plan.values
    steps = values["lines"] * values["steps"]
    pixels = values["rows"] * values["count"]
    parts = shares.parts_of(2 * n * pixels * steps * values["group_columns"] * values["groups"], shares.FLOPS_PER_PART)
    rows = _rows(plan, n, parts)
    parts = min(parts, n * -(-values["rows"] // rows))
    is_in_place = _reads_in_place(plan, steps)
    answer = plan.most_rows * values["count"] * values["target_channels"] * 4 if values["pools"] else 0
    packed = 0 if is_in_place else plan.weight_bytes
    shared, own = (_line(packed), 0) if parts > 1 else (0, packed)
    bias = _line(4 * plan.panels * panel_columns())
    return _Pass(plan, shape, rows, parts, is_in_place, shared, own, _line(bias + own + values["block_bytes"] + answer))


def _reads_in_place(plan: Plan, steps: int) -> bool:
    """Whether small weights already lie as a tile reads them."""
    values = plan.values
    columns = values["group_columns"]
    is_ordered = values["b_column"] == 4 and values["groups"] == 1 and not values["is_own"]
    return is_ordered and columns % panel_columns() == 0 and 4 * steps * columns <= _READ_IN_PLACE_BYTES


def _rows(plan: Plan, n: int, parts: int) -> int:
    """Rows of a unit of work: few enough for all parts to have two units."""
    rows, most = plan.values["rows"], plan.most_rows
    if n * -(-rows // most) >= 2 * parts or parts == 1:
        return most
    multiple = plan.values["pool_rows"] if plan.values["pools"] else 1
    fewer = -(-n * rows // (2 * parts))
    return min(most, -(-fewer // multiple) * multiple)


def _geometry(window: Window, shape: tuple[int, ...], outputs: int, pool: tuple[int, int] | None) -> Geometry:
    """`shape` is that of the input; one axis becomes the columns of one row."""
    space = shape[1:-1]
    if len(space) == 1:
        kernel, stride, dilation = ((1, *side) for side in (window.kernel, window.stride, window.dilation))
        window = Window(kernel, stride, (0, *window.padding), dilation, window.groups)
        space = (1, *space)
    return Geometry(window, (space[0], space[1]), shape[-1], outputs, pool)


def _sides(pool: Window) -> tuple[int, int]:
    high, wide = pool.kernel
    return high, wide


def _line(size: int) -> int:
    return -(-size // 64) * 64
