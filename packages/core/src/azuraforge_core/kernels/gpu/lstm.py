"""LSTM on the GPU: one GEMM for x over all steps, then per step one GEMM for h and one kernel for the cell.

What is kept is laid out as the plain version keeps it (`backend/lstm.py`): the last axis counts samples, so a kernel's
threads walk along it. Each step depends on the one before it, so a sequence takes `2 * time` launches and no wait.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.array_module import ArrayModule, all_steps
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LstmGradients, LstmSaved, LstmWeights
from azuraforge_core.kernels.gpu.launch import launch


def lstm(xp: ArrayModule, x: Array, *, state: tuple[Array, Array], weights: LstmWeights) -> LstmSaved:
    """`x (n, time, features)` from `state` (h, c), each (n, h); none of them empty."""
    (n, time, features), hidden = x.shape, state[0].shape[1]
    rows = xp.empty((time + 1, hidden + features + 1, n), dtype=x.dtype)
    rows[0, :hidden] = state[0].T
    rows[:time, hidden:-1] = x.transpose(1, 2, 0)
    rows[:, -1] = 1
    cells = xp.empty((time + 1, hidden, n), dtype=x.dtype)
    cells[0] = state[1].T
    gates = xp.empty((time, 4 * hidden, n), dtype=x.dtype)
    xp.matmul(xp.ascontiguousarray(xp.concatenate([weights.w_x, weights.b[None]]).T), rows[:time, hidden:], out=gates)
    w_h, recurrent = xp.ascontiguousarray(weights.w_h.T), xp.empty((4 * hidden, n), dtype=x.dtype)
    for step in range(time):
        xp.matmul(w_h, rows[step, :hidden], out=recurrent)
        touched = (gates[step], recurrent, cells[step], cells[step + 1], rows[step + 1])
        launch(xp, "lstm", kernel="lstm_cell", size=hidden * n, arguments=touched)
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
    rows, gates, cells = saved
    time, (hidden, n), dtype = gates.shape[0], cells.shape[1:], gates.dtype
    d_sequence, d_last_h, d_last_c = gradients
    dh = xp.zeros((hidden, n), dtype=dtype) if d_last_h is None else d_last_h.T.copy()
    dc = xp.zeros((hidden, n), dtype=dtype) if d_last_c is None else d_last_c.T.copy()
    d_steps = None if d_sequence is None else xp.ascontiguousarray(d_sequence.transpose(1, 2, 0))
    dz, w_h = xp.empty(gates.shape, dtype=dtype), xp.ascontiguousarray(weights.w_h)
    has_steps = np.int32(d_steps is not None)
    for step in reversed(range(time)):
        d_step = dh if d_steps is None else d_steps[step]
        touched = (gates[step], cells[step], cells[step + 1], dh, d_step, has_steps, dc, dz[step])
        launch(xp, "lstm", kernel="lstm_cell_vjp", size=hidden * n, arguments=touched)
        xp.matmul(w_h, dz[step], out=dh)
    dw = all_steps(xp, rows[:time]) @ all_steps(xp, dz).T
    dx = xp.matmul(weights.w_x, dz).transpose(2, 0, 1) if needs_x else None
    return LstmGradients(dx, dh.T, dc.T, dw[hidden:-1], dw[:hidden], dw[-1])
