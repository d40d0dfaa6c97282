"""GRU on the GPU: one GEMM for x over all steps, then per step one GEMM for h and one kernel for the cell.

Laid out as the plain version (`backend/gru.py`) and launched as the LSTM beside this file.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.array_module import ArrayModule, all_steps
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import GruGradients, GruSaved, GruWeights
from azuraforge_core.kernels.gpu.launch import launch


def gru(xp: ArrayModule, x: Array, h0: Array, *, weights: GruWeights) -> GruSaved:
    """`x (n, time, features)` from `h0 (n, h)`; neither of them empty."""
    (n, time, features), hidden = x.shape, h0.shape[1]
    inputs = xp.ones((time, features + 1, n), dtype=x.dtype)
    inputs[:, :features] = x.transpose(1, 2, 0)
    rows = xp.ones((time + 1, hidden + 1, n), dtype=x.dtype)
    rows[0, :hidden] = h0.T
    memories = xp.empty((time, hidden, n), dtype=x.dtype)
    gates = xp.empty((time, 3 * hidden, n), dtype=x.dtype)
    xp.matmul(_pack(xp, weights.w_x, weights.b_x), inputs, out=gates)
    w_h, recurrent = _pack(xp, weights.w_h, weights.b_h), xp.empty((3 * hidden, n), dtype=x.dtype)
    for step in range(time):
        xp.matmul(w_h, rows[step], out=recurrent)
        touched = (gates[step], recurrent, rows[step], memories[step], rows[step + 1])
        launch(xp, "gru", kernel="gru_cell", size=hidden * n, arguments=touched)
    return GruSaved(inputs, gates, memories, rows)


def gru_vjp(
    xp: ArrayModule,
    saved: GruSaved,
    *,
    weights: GruWeights,
    gradients: tuple[Array | None, Array | None],
    needs_x: bool,
) -> GruGradients:
    """Gradients of all six parents from those of sequence and last h (None where there is none)."""
    inputs, gates, memories, rows = saved
    (time, hidden, n), features, dtype = memories.shape, inputs.shape[1] - 1, gates.dtype
    d_sequence, d_last = gradients
    carry = xp.zeros((hidden, n), dtype=dtype) if d_last is None else d_last.T.copy()
    by_weights = xp.zeros((hidden, n), dtype=dtype)
    d_steps = None if d_sequence is None else xp.ascontiguousarray(d_sequence.transpose(1, 2, 0))
    from_x, from_h = xp.empty(gates.shape, dtype=dtype), xp.empty(gates.shape, dtype=dtype)
    w_h, has_steps = xp.ascontiguousarray(weights.w_h), np.int32(d_steps is not None)
    for step in reversed(range(time)):
        d_step = carry if d_steps is None else d_steps[step]
        known = (gates[step], memories[step], rows[step], by_weights, d_step, has_steps)
        touched = (*known, carry, from_x[step], from_h[step])
        launch(xp, "gru", kernel="gru_cell_vjp", size=hidden * n, arguments=touched)
        xp.matmul(w_h, from_h[step], out=by_weights)
    dw_x = all_steps(xp, inputs) @ all_steps(xp, from_x).T
    dw_h = all_steps(xp, rows[:time]) @ all_steps(xp, from_h).T
    dx = xp.matmul(weights.w_x, from_x).transpose(2, 0, 1) if needs_x else None
    return GruGradients(dx, (carry + by_weights).T, dw_x[:features], dw_h[:hidden], dw_x[features], dw_h[hidden])


def _pack(xp: ArrayModule, w: Array, b: Array) -> Array:
    """`[w, b]` transposed: one row per gate unit."""
    return xp.ascontiguousarray(xp.concatenate([w, b[None]]).T)
