"""Recurrent layers' mathematics: a whole sequence is one op."""

from __future__ import annotations

from azuraforge_core.backend.protocol import GruWeights, LstmWeights
from azuraforge_core.dtypes import Array
from azuraforge_core.errors import IndexOutOfRange, ShapeError
from azuraforge_core.ops.indexing import getitem
from azuraforge_core.ops.operands import need_same_dtype
from azuraforge_core.tape import record_many
from azuraforge_core.tensor import Gradients, Tensor, backend_of


def lstm(  # noqa: PLR0917 - state before weights, as every library orders them
    x: Tensor, h0: Tensor, c0: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory over a sequence: all h, the last h, the last c.

    `x (n, time, features)`, `h0` and `c0 (n, h)`, `w_x (features, 4h)`, `w_h (h, 4h)`, `b (4h)`; columns are the gates
    i, f, o (sigmoid) and g (tanh): c = f c + i g, h = o tanh(c). Answers (n, time, h), (n, h), (n, h).

    Raises:
        ShapeError: they do not fit.
        DtypeError: they are not of one floating dtype.
    """
    need_same_dtype("lstm", x=x, h0=h0, c0=c0, w_x=w_x, w_h=w_h, b=b)
    _check_lstm(x, (h0, c0), weights=(w_x, w_h, b))
    backend = backend_of(x, h0, c0, w_x, w_h, b)
    weights = LstmWeights(w_x.data, w_h.data, b.data)
    saved = backend.lstm(x.data, (h0.data, c0.data), weights)

    def vjp(gradients: Gradients) -> Gradients:
        d_sequence, d_h, d_c = gradients
        return backend.lstm_vjp(saved, weights, (d_sequence, d_h, d_c), needs_x=x.requires_grad)

    results = (saved.states, saved.rows[-1, : h0.shape[1]].T, saved.cells[-1].T)
    outputs, last_h, last_c = record_many(results, (x, h0, c0, w_x, w_h, b), vjp)
    return outputs, last_h, last_c


def gru(  # noqa: PLR0917 - state before weights, as every library orders them
    x: Tensor, h0: Tensor, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor
) -> tuple[Tensor, Tensor]:
    """Gated recurrent unit over a sequence: all h, the last h (Cho 2014).

    `x (n, time, features)`, `h0 (n, h)`, `w_x (features, 3h)`, `w_h (h, 3h)`, `b_x` and `b_h (3h)`; columns are the
    gates r, z (sigmoid) and n: n = tanh(x w + b_x + r (h w + b_h)), h = (1 - z) n + z h. Answers (n, time, h), (n, h).

    Raises:
        ShapeError: they do not fit.
        DtypeError: they are not of one floating dtype.
    """
    need_same_dtype("gru", x=x, h0=h0, w_x=w_x, w_h=w_h, b_x=b_x, b_h=b_h)
    _check_gru(x, h0, weights=(w_x, w_h, b_x, b_h))
    backend = backend_of(x, h0, w_x, w_h, b_x, b_h)
    weights = GruWeights(w_x.data, w_h.data, b_x.data, b_h.data)
    saved = backend.gru(x.data, h0.data, weights)

    def vjp(gradients: Gradients) -> Gradients:
        d_sequence, d_h = gradients
        return backend.gru_vjp(saved, weights, (d_sequence, d_h), needs_x=x.requires_grad)

    hidden = h0.shape[1]
    results = (saved.states[1:, :hidden].transpose(2, 0, 1), saved.states[-1, :hidden].T)
    sequence, last = record_many(results, (x, h0, w_x, w_h, b_x, b_h), vjp)
    return sequence, last


def reverse_steps(x: Tensor, *, lengths: Array | None = None) -> Tensor:
    """The steps of every sequence in reverse; those after its length stay where they are.

    `x (n, time, ...)`, `lengths (n)` whole numbers up to time, or None for all of it. What a backward direction reads.

    Raises:
        ShapeError, IndexOutOfRange: the lengths do not fit.
    """
    counts = _lengths("reverse_steps", x, lengths=lengths)
    steps = backend_of(x).xp.arange(x.shape[1])[None, :]
    order = backend_of(x).xp.where(steps < counts, counts - 1 - steps, steps)
    rows = backend_of(x).xp.arange(x.shape[0])[:, None]
    return getitem(x, (rows, order))


def last_step(x: Tensor, *, lengths: Array) -> Tensor:
    """The last step of every sequence of `x (n, time, ...)` with `lengths (n)` from 1 to time: `(n, ...)`.

    Raises:
        ShapeError, IndexOutOfRange: the lengths do not fit.
    """
    counts = _lengths("last_step", x, lengths=lengths)
    if counts.size and int(counts.min()) < 1:
        raise IndexOutOfRange("last_step: a sequence of length 0 has no last step")
    return getitem(x, (backend_of(x).xp.arange(x.shape[0]), counts[:, 0] - 1))


def _lengths(op: str, x: Tensor, *, lengths: Array | None) -> Array:
    if x.ndim < 2:
        raise ShapeError(f"{op}: x {x.shape}; needed is (n, time, ...)")
    xp = backend_of(x).xp
    counts = xp.full((x.shape[0],), x.shape[1]) if lengths is None else xp.asarray(lengths)
    if counts.shape != (x.shape[0],) or counts.dtype.kind not in "iu":
        raise ShapeError(f"{op}: lengths {counts.dtype} {counts.shape}; needed are {x.shape[0]} whole numbers")
    if counts.size and not 0 <= int(counts.min()) <= int(counts.max()) <= x.shape[1]:
        raise IndexOutOfRange(f"{op}: lengths from {counts.min()} to {counts.max()} for {x.shape[1]} steps")
    return counts[:, None]


def _check_gru(x: Tensor, h0: Tensor, *, weights: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    w_x, w_h, b_x, b_h = weights
    hidden = w_h.shape[0] if w_h.ndim == 2 else 0
    features = w_x.shape[0] if w_x.ndim == 2 else 0
    fits = (
        x.ndim == 3
        and x.shape[2] == features
        and h0.shape == (x.shape[0], hidden)
        and w_x.shape == (features, 3 * hidden)
        and w_h.shape == (hidden, 3 * hidden)
        and b_x.shape == b_h.shape == (3 * hidden,)
    )
    if not fits:
        raise ShapeError(
            f"gru: x {x.shape}, h0 {h0.shape}, w_x {w_x.shape}, w_h {w_h.shape}, b_x {b_x.shape}, b_h {b_h.shape}; "
            "needed are x (n, time, features), h0 (n, h), w_x (features, 3h), w_h (h, 3h), b_x and b_h (3h)"
        )


def _check_lstm(x: Tensor, state: tuple[Tensor, Tensor], *, weights: tuple[Tensor, Tensor, Tensor]) -> None:
    h0, c0 = state
    w_x, w_h, b = weights
    hidden = w_h.shape[0] if w_h.ndim == 2 else 0
    features = w_x.shape[0] if w_x.ndim == 2 else 0
    n = x.shape[0] if x.ndim == 3 else 0
    fits = (
        x.ndim == 3
        and x.shape[2] == features
        and h0.shape == c0.shape == (n, hidden)
        and w_x.shape == (features, 4 * hidden)
        and w_h.shape == (hidden, 4 * hidden)
        and b.shape == (4 * hidden,)
    )
    if not fits:
        raise ShapeError(
            f"lstm: x {x.shape}, h0 {h0.shape}, c0 {c0.shape}, w_x {w_x.shape}, w_h {w_h.shape}, b {b.shape}; needed "
            "are x (n, time, features), h0 and c0 (n, h), w_x (features, 4h), w_h (h, 4h), b (4h)"
        )
