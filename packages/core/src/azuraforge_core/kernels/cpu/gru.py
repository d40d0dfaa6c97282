"""GRU by the kernels of `source/gru.py`, which also says how everything lies in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import GruGradients, GruWeights
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty
from azuraforge_core.kernels.cpu.recurrent import (
    GATES,
    ROWS_AT_ONCE,
    Product,
    Rows,
    add_products,
    gradient_row,
    pack_parts,
    panels_bytes,
    place_of,
    places,
    product_bytes,
    row_width,
    step_parts,
    turn,
    turned_bytes,
    unit_stride,
)

_pack = Kernel("gru", "gru_pack", "7q")
_run = Kernel("gru", "gru_run", "13q")
_back = Kernel("gru", "gru_back", "20q")
_FLOAT = 4


class GruRun(NamedTuple):
    """What a forward answers and, unless it was told not to keep it, what its backward needs."""

    rows: Array  # (time + 1, n, width): [h, 1, x, 1] that each step reads; the last holds h alone
    gates: Array  # (time, n, 4h): r, z, n, and what r multiplied; only one step where nothing is kept
    features: int

    @property
    def hidden(self) -> int:
        """Number of units."""
        return int(self.gates.shape[2]) // GATES

    @property
    def states(self) -> Array:
        """Every h after the initial one, `(n, time, h)`."""
        return self.rows[1:, :, : self.hidden].transpose(1, 0, 2)

    @property
    def last(self) -> tuple[Array]:
        """The h after the last step, (n, h): a copy, unless this run is kept for nothing else."""
        h = self.rows[-1, :, : self.hidden]
        return (h.copy() if len(self.gates) > 1 else h,)


def gru(x: Array, h0: Array, weights: GruWeights, *, keeps: bool) -> GruRun:
    """Run over `x (n, time, features)`, none of them 0."""
    n, time, features = x.shape
    h0, w_x, w_h, b_x, b_h = (np.ascontiguousarray(each) for each in (h0, *weights))
    x, hidden = unit_stride(x), h0.shape[1]
    k = hidden + features + 2
    rows = aligned_empty((time + 1, n, row_width(k)))
    gates = aligned_empty((time if keeps else 1, n, GATES * hidden))
    parts = step_parts(n, time, k * 3 * hidden)
    (panels,) = places([panels_bytes(k, hidden)])
    packed = (address(w_x), address(w_h), address(b_x), address(b_h), panels)
    _pack(features, hidden, *packed, parts=pack_parts(k * 3 * hidden, parts))
    _run(
        *(n, time, features, hidden, panels, address(x), *x.strides[:2], address(h0)),
        *(address(rows), rows.strides[1], address(gates), gates.strides[0] if keeps else 0),
        parts=parts,
    )
    return GruRun(rows, gates, features)


def gru_vjp(
    run: GruRun, weights: GruWeights, gradients: tuple[Array | None, Array | None], *, needs_x: bool
) -> GruGradients:
    """Gradients of all parents; `run` is left as it was."""
    (time, n, _), hidden, features = run.gates.shape, run.hidden, run.features
    dz_row, width, columns = gradient_row(hidden), run.rows.strides[1], 3 * hidden
    w_x, w_h = np.ascontiguousarray(weights.w_x), np.ascontiguousarray(weights.w_h)
    d_sequence = None if gradients[0] is None else unit_stride(gradients[0])
    dh, dx = aligned_empty((n, hidden)), aligned_empty((n, time, features)) if needs_x else None
    dh[...] = 0 if gradients[1] is None else gradients[1]
    dw_x, dw_h = aligned_empty((features + 1, columns)), aligned_empty((hidden + 1, columns))
    parts, at_once = step_parts(n, time, (hidden + features + 2) * columns), max(1, ROWS_AT_ONCE // n)
    own = product_bytes(hidden, at_once * n)
    sizes = [turned_bytes(hidden, 2 * hidden), turned_bytes(hidden, hidden), turned_bytes(features, columns)]
    *turned, dz, scratch = places([*sizes, at_once * n * dz_row, parts * own])
    turn(w_h, 0, 2 * hidden, place=turned[0], parts=parts)
    turn(w_h, 2 * hidden, hidden, place=turned[1], parts=parts)
    if needs_x:
        turn(w_x, 0, columns, place=turned[2], parts=parts)
    saved = (address(run.gates), address(run.rows), width, *place_of(d_sequence))
    for end in range(time, 0, -at_once):
        begin = max(0, end - at_once)
        _back(*(n, begin, end, features, hidden, *turned, *saved, address(dh), dz, dz_row, *place_of(dx)), parts=parts)
        add_products(
            Rows(n * (end - begin), width, dz_row),
            _products(run, begin, dz, dw_x=dw_x, dw_h=dw_h),
            accumulate=end < time,
            scratch=(scratch, own),
            parts=parts,
        )
    return GruGradients(dx, dh, dw_x[:features], dw_h[:hidden], dw_x[features], dw_h[hidden])


def _products(run: GruRun, begin: int, dz: int, *, dw_x: Array, dw_h: Array) -> tuple[Product, Product, Product]:
    """Gradients of the weights of h for r and z, of those for what r multiplied, and of the weights of x."""
    hidden, gate, row = run.hidden, run.hidden * _FLOAT, dw_h.strides[0]
    states = address(run.rows) + begin * run.rows.strides[0]
    return (
        Product(hidden + 1, 2 * hidden, states, dz, address(dw_h), row),
        Product(hidden + 1, hidden, states, dz + 3 * gate, address(dw_h) + 2 * gate, row),
        Product(run.features + 1, 3 * hidden, states + gate + _FLOAT, dz, address(dw_x), row),
    )
