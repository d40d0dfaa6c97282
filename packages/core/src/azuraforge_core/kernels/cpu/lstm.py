"""LSTM by the kernels of `source/lstm.py`, which also says how everything lies in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LstmGradients, LstmWeights
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

_pack = Kernel("lstm", "lstm_pack", "6q")
_run = Kernel("lstm", "lstm_run", "16q")
_back = Kernel("lstm", "lstm_back", "19q")


class LstmRun(NamedTuple):
    """What a forward answers and, unless it was told not to keep it, what its backward needs."""

    rows: Array  # (time + 1, n, width): [h, x, 1] that each step reads; the last holds h alone
    gates: Array  # (time, n, 4h), after their activations; only one step where nothing is kept
    cells: Array  # (time + 1, n, h): c before each step, and after the last; only this where nothing is kept
    features: int

    @property
    def states(self) -> Array:
        """Every h after the initial one, `(n, time, h)`."""
        return self.rows[1:, :, : self.cells.shape[2]].transpose(1, 0, 2)

    @property
    def last(self) -> tuple[Array, Array]:
        """The h and c after the last step, each (n, h): copies, unless this run is kept for nothing else."""
        h, c = self.rows[-1, :, : self.cells.shape[2]], self.cells[-1]
        return (h.copy(), c.copy()) if len(self.cells) > 1 else (h, c)


def lstm(x: Array, state: tuple[Array, Array], weights: LstmWeights, *, keeps: bool) -> LstmRun:
    """Run over `x (n, time, features)`, none of them 0."""
    n, time, features = x.shape
    h0, c0, w_x, w_h, b = (np.ascontiguousarray(each) for each in (*state, *weights))
    x, hidden = unit_stride(x), h0.shape[1]
    k = hidden + features + 1
    rows = aligned_empty((time + 1, n, row_width(k)))
    gates = aligned_empty((time if keeps else 1, n, GATES * hidden))
    cells = aligned_empty((time + 1 if keeps else 1, n, hidden))
    parts = step_parts(n, time, k * GATES * hidden)
    (panels,) = places([panels_bytes(k, hidden)])
    packers = pack_parts(k * GATES * hidden, parts)
    _pack(features, hidden, address(w_x), address(w_h), address(b), panels, parts=packers)
    _run(
        *(n, time, features, hidden, panels, address(x), *x.strides[:2], address(h0), address(c0)),
        *(address(rows), rows.strides[1], address(gates), gates.strides[0] if keeps else 0),
        *(address(cells), cells.strides[0] if keeps else 0),
        parts=parts,
    )
    return LstmRun(rows, gates, cells, features)


def lstm_vjp(
    run: LstmRun,
    weights: LstmWeights,
    gradients: tuple[Array | None, Array | None, Array | None],
    *,
    needs_x: bool,
) -> LstmGradients:
    """Gradients of all parents; `run` is left as it was."""
    (time, n, columns), hidden, features = run.gates.shape, run.cells.shape[2], run.features
    k, dz_row, width = hidden + features + 1, gradient_row(hidden), run.rows.strides[1]
    w_x, w_h = np.ascontiguousarray(weights.w_x), np.ascontiguousarray(weights.w_h)
    d_sequence = None if gradients[0] is None else unit_stride(gradients[0])
    dh, dc, dw = aligned_empty((n, hidden)), aligned_empty((n, hidden)), aligned_empty((k, columns))
    dh[...] = 0 if gradients[1] is None else gradients[1]
    dc[...] = 0 if gradients[2] is None else gradients[2]
    dx = aligned_empty((n, time, features)) if needs_x else None
    parts, at_once = step_parts(n, time, k * columns), max(1, ROWS_AT_ONCE // n)
    own = product_bytes(hidden, at_once * n)
    sizes = [turned_bytes(hidden, columns), turned_bytes(features, columns), at_once * n * dz_row, parts * own]
    turned_h, turned_x, dz, scratch = places(sizes)
    turn(w_h, 0, columns, place=turned_h, parts=parts)
    if needs_x:
        turn(w_x, 0, columns, place=turned_x, parts=parts)
    saved = (address(run.gates), address(run.cells), *place_of(d_sequence))
    for end in range(time, 0, -at_once):
        begin = max(0, end - at_once)
        _back(
            *(n, begin, end, features, hidden, turned_h, turned_x, *saved),
            *(address(dh), address(dc), dz, dz_row, *place_of(dx)),
            parts=parts,
        )
        product = Product(k, columns, address(run.rows) + begin * n * width, dz, address(dw), dw.strides[0])
        rows = Rows(n * (end - begin), width, dz_row)
        add_products(rows, (product,), accumulate=end < time, scratch=(scratch, own), parts=parts)
    return LstmGradients(dx, dh, dc, dw[hidden:-1], dw[:hidden], dw[-1])
