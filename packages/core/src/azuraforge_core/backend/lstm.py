"""Long short-term memory over a whole sequence, in plain array code.

Everything lies feature-major: a step is one block `(rows, n)` of memory, so each gate is a contiguous piece of it and
NumPy runs through it in one go. A step's input is the block `[h, x, 1]`, so that one GEMM with `[w_h, w_x, b]` is the
whole step before its activations, and one GEMM over all steps is the gradient of all three weights. A gate's sigmoid
is ½ tanh(½ z) + ½; the inner ½ is folded into the weights once, so that one tanh serves all four gates.
"""

from __future__ import annotations

from typing import NamedTuple

from azuraforge_core.array_module import ArrayModule, all_steps
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LstmGradients, LstmSaved, LstmWeights


def lstm(xp: ArrayModule, x: Array, *, state: tuple[Array, Array], weights: LstmWeights) -> LstmSaved:
    """Gates, h and c of every step.

    `x (n, time, features)`, `state` (h, c) each (n, h). Hochreiter and Schmidhuber 1997,
    with the forget gate of Gers 1999.
    """
    (n, time, features), hidden = x.shape, state[0].shape[1]
    rows = xp.empty((time + 1, hidden + features + 1, n), dtype=x.dtype)
    rows[0, :hidden] = state[0].T
    rows[:time, hidden:-1] = x.transpose(1, 2, 0)
    rows[:, -1] = 1
    packed = _pack(xp, weights)
    packed[: 3 * hidden] *= 0.5
    gates = xp.empty((time, 4 * hidden, n), dtype=x.dtype)
    cells = xp.empty((time + 1, hidden, n), dtype=x.dtype)
    cells[0] = state[1].T
    scratch = xp.empty((hidden, n), dtype=x.dtype)
    for step in range(time):
        z = gates[step]
        xp.matmul(packed, rows[step], out=z)
        xp.tanh(z, out=z)
        sigmoids = z[: 3 * hidden]
        sigmoids *= 0.5
        sigmoids += 0.5
        i, f, o, g = z.reshape(4, hidden, n)
        cell = cells[step + 1]
        xp.multiply(f, cells[step], out=cell)
        xp.multiply(i, g, out=scratch)
        cell += scratch
        xp.tanh(cell, out=scratch)
        xp.multiply(o, scratch, out=rows[step + 1, :hidden])
    return LstmSaved(rows, gates, cells)


def lstm_vjp(
    xp: ArrayModule,
    saved: LstmSaved,
    *,
    weights: LstmWeights,
    gradients: tuple[Array | None, Array | None, Array | None],
    needs_x: bool,
) -> LstmGradients:
    """Gradients of all six parents from those of sequence, last h and last c (None where there is none)."""
    time, hidden4, n = saved.gates.shape
    hidden, dtype = hidden4 // 4, saved.gates.dtype
    d_sequence, d_last_h, d_last_c = gradients
    dh = xp.zeros((hidden, n), dtype=dtype) if d_last_h is None else xp.ascontiguousarray(d_last_h.T)
    dc = xp.zeros((hidden, n), dtype=dtype) if d_last_c is None else d_last_c.T.copy()
    dz = xp.empty_like(saved.gates)
    work = _Workspace(xp.empty_like(dc), xp.empty_like(dc), xp.empty((hidden4, n), dtype=dtype))
    d_steps = None if d_sequence is None else xp.ascontiguousarray(d_sequence.transpose(1, 2, 0))
    for step in reversed(range(time)):
        if d_steps is not None:
            dh = dh + d_steps[step]
        _lstm_cell_vjp(xp, saved, step=step, dh=dh, dc=dc, dz=dz[step], work=work)
        dh = xp.matmul(weights.w_h, dz[step])
    dw = all_steps(xp, saved.rows[:time]) @ all_steps(xp, dz).T
    dx = xp.matmul(weights.w_x, dz).transpose(2, 0, 1) if needs_x else None
    return LstmGradients(dx, dh.T, dc.T, dw[hidden:-1], dw[:hidden], dw[-1])


class _Workspace(NamedTuple):
    """Memory that every step of a backward uses again."""

    tanh_cell: Array  # (h, n)
    scratch: Array  # (h, n)
    slopes: Array  # (4h, n)


def _lstm_cell_vjp(
    xp: ArrayModule, saved: LstmSaved, *, step: int, dh: Array, dc: Array, dz: Array, work: _Workspace
) -> None:
    """Write one step's gradients before the activations into `dz`; leave in `dc` that of the cell before the step."""
    gates, (hidden, n) = saved.gates[step], dh.shape
    i, f, o, g = gates.reshape(4, hidden, n)
    di, df, do, dg = dz.reshape(4, hidden, n)
    tanh_cell, scratch, slopes = work
    xp.tanh(saved.cells[step + 1], out=tanh_cell)
    xp.multiply(dh, tanh_cell, out=do)
    xp.multiply(dh, o, out=scratch)
    tanh_cell *= tanh_cell
    tanh_cell *= scratch
    dc += scratch
    dc -= tanh_cell
    xp.multiply(dc, g, out=di)
    xp.multiply(dc, saved.cells[step], out=df)
    xp.multiply(dc, i, out=dg)
    dc *= f
    xp.multiply(gates, gates, out=slopes)  # a sigmoid's slope is s - s², a tanh's 1 - t²
    sigmoid_slopes, tanh_slopes = slopes[: 3 * hidden], slopes[3 * hidden :]
    xp.subtract(gates[: 3 * hidden], sigmoid_slopes, out=sigmoid_slopes)
    xp.subtract(1.0, tanh_slopes, out=tanh_slopes)
    dz *= slopes


def _pack(xp: ArrayModule, weights: LstmWeights) -> Array:
    """`[w_h, w_x, b]` transposed: one row per gate unit, one column per row of a step's input."""
    return xp.ascontiguousarray(xp.concatenate([weights.w_h, weights.w_x, weights.b[None]]).T)
