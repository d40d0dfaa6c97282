"""A gated recurrent unit over a whole sequence, in plain array code; laid out like the LSTM (see `lstm.py`).

The reset gate multiplies what h brings to the candidate after its GEMM (Cho 2014 as cuDNN and PyTorch have it), so
input and state are projected apart: all inputs in one go before the first step, the state within it.
"""

from __future__ import annotations

from azuraforge_core.array_module import ArrayModule, all_steps
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import GruGradients, GruSaved, GruWeights


def gru(xp: ArrayModule, x: Array, h0: Array, *, weights: GruWeights) -> GruSaved:
    """Gates and h of every step: r and z sigmoid, n = tanh(x part + r * h part), h = (1 - z) n + z h."""
    (n, time, features), hidden = x.shape, h0.shape[1]
    inputs = xp.ones((time, features + 1, n), dtype=x.dtype)
    inputs[:, :features] = x.transpose(1, 2, 0)
    states = xp.ones((time + 1, hidden + 1, n), dtype=x.dtype)
    states[0, :hidden] = h0.T
    w_x, w_h = _pack(xp, weights.w_x, weights.b_x), _pack(xp, weights.w_h, weights.b_h)
    gates = xp.matmul(w_x, inputs)
    memories = xp.empty((time, hidden, n), dtype=x.dtype)
    recurrent = xp.empty((3 * hidden, n), dtype=x.dtype)
    for step in range(time):
        z3, memory = gates[step], memories[step]
        xp.matmul(w_h, states[step], out=recurrent)
        sigmoids = z3[: 2 * hidden]
        sigmoids += recurrent[: 2 * hidden]
        sigmoids *= 0.5
        xp.tanh(sigmoids, out=sigmoids)
        sigmoids *= 0.5
        sigmoids += 0.5
        r, z, candidate = z3.reshape(3, hidden, n)
        memory[...] = recurrent[2 * hidden :]
        candidate += r * memory
        xp.tanh(candidate, out=candidate)
        h = states[step + 1, :hidden]
        xp.subtract(states[step, :hidden], candidate, out=h)
        h *= z
        h += candidate
    return GruSaved(inputs, gates, memories, states)


def gru_vjp(
    xp: ArrayModule,
    saved: GruSaved,
    *,
    weights: GruWeights,
    gradients: tuple[Array | None, Array | None],
    needs_x: bool,
) -> GruGradients:
    """Gradients of all six parents from those of sequence and last h (None where there is none)."""
    time, hidden, n = saved.memories.shape
    features, dtype = saved.inputs.shape[1] - 1, saved.gates.dtype
    d_sequence, d_last = gradients
    dh = xp.zeros((hidden, n), dtype=dtype) if d_last is None else d_last.T.copy()
    from_x, from_h = xp.empty_like(saved.gates), xp.empty_like(saved.gates)
    d_steps = None if d_sequence is None else xp.ascontiguousarray(d_sequence.transpose(1, 2, 0))
    for step in reversed(range(time)):
        if d_steps is not None:
            dh = dh + d_steps[step]
        r, z, candidate = saved.gates[step].reshape(3, hidden, n)
        dr, dz, dn = from_x[step].reshape(3, hidden, n)
        xp.multiply(dh * (1 - z), 1 - candidate * candidate, out=dn)
        xp.multiply(dn * saved.memories[step], r * (1 - r), out=dr)
        xp.multiply(dh * (saved.rows[step, :hidden] - candidate), z * (1 - z), out=dz)
        from_h[step, : 2 * hidden] = from_x[step, : 2 * hidden]
        xp.multiply(dn, r, out=from_h[step, 2 * hidden :])
        dh = dh * z + xp.matmul(weights.w_h, from_h[step])
    dw_x = all_steps(xp, saved.inputs) @ all_steps(xp, from_x).T
    dw_h = all_steps(xp, saved.rows[:time]) @ all_steps(xp, from_h).T
    dx = xp.matmul(weights.w_x, from_x).transpose(2, 0, 1) if needs_x else None
    return GruGradients(dx, dh.T, dw_x[:features], dw_h[:hidden], dw_x[features], dw_h[hidden])


def _pack(xp: ArrayModule, w: Array, b: Array) -> Array:
    """`[w, b]` transposed: one row per gate unit."""
    return xp.ascontiguousarray(xp.concatenate([w, b[None]]).T)
