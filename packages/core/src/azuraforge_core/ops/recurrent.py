"""Recurrent layers' mathematics: a whole sequence is one op."""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ShapeError
from azuraforge_core.fused import GruWeights, LstmWeights, Recurrence
from azuraforge_core.ops.operands import need_same_dtype
from azuraforge_core.ops.segments import Cell, CellGradients, State, plan_segments, run_segments, segments_vjp
from azuraforge_core.ops.sequences import Lengths, check_lengths
from azuraforge_core.tape import record_many, will_record
from azuraforge_core.tensor import Gradients, Tensor, backend_of


def lstm(  # noqa: PLR0917 - state before weights, as every library orders them
    x: Tensor,
    h0: Tensor,
    c0: Tensor,
    w_x: Tensor,
    w_h: Tensor,
    b: Tensor,
    *,
    lengths: Lengths | None = None,
    recompute_every: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory over a sequence: all h, the last h, the last c.

    `x (n, time, features)`, `h0` and `c0 (n, h)`, `w_x (features, 4h)`, `w_h (h, 4h)`, `b (4h)`; columns are the gates
    i, f, o (sigmoid) and g (tanh): c = f c + i g, h = o tanh(c). Answers (n, time, h), (n, h), (n, h).

    With `lengths (n)` the steps behind a sequence's end are never read: their h is 0, their gradient is 0, and the
    last state is that at each sequence's own end (a length of 0 leaves it as it was). `recompute_every` k keeps the
    state every k steps only and computes the rest again in backward: less memory for twice the forward work.

    Raises:
        ShapeError: they do not fit.
        DtypeError: they are not of one floating dtype.
        IndexOutOfRange: a length is below 0 or above time.
        ArgumentError: `recompute_every` is below 1.
    """
    need_same_dtype("lstm", x=x, h0=h0, c0=c0, w_x=w_x, w_h=w_h, b=b)
    _check_lstm(x, (h0, c0), weights=(w_x, w_h, b))
    backend = backend_of(x, h0, c0, w_x, w_h, b)
    weights = LstmWeights(w_x.data, w_h.data, b.data)

    keeps = will_record((x, h0, c0, w_x, w_h, b))

    def forward(part: Array, state: State) -> Recurrence:
        return backend.lstm(part, (state[0], state[1]), weights, keeps=keeps)

    def cell_vjp(saved: Recurrence, d_steps: Array | None, d_last: tuple[Array | None, ...]) -> CellGradients:
        found = backend.lstm_vjp(saved, weights, (d_steps, d_last[0], d_last[1]), needs_x=x.requires_grad)
        return CellGradients(found.x, (found.h0, found.c0), (found.w_x, found.w_h, found.b))

    cell = Cell(forward, _results, cell_vjp)
    sequence, h, c = _run("lstm", (x, h0, c0, w_x, w_h, b), cell=cell, lengths=lengths, recompute_every=recompute_every)
    return sequence, h, c


def gru(  # noqa: PLR0917 - state before weights, as every library orders them
    x: Tensor,
    h0: Tensor,
    w_x: Tensor,
    w_h: Tensor,
    b_x: Tensor,
    b_h: Tensor,
    *,
    lengths: Lengths | None = None,
    recompute_every: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Gated recurrent unit over a sequence: all h, the last h (Cho 2014).

    `x (n, time, features)`, `h0 (n, h)`, `w_x (features, 3h)`, `w_h (h, 3h)`, `b_x` and `b_h (3h)`; columns are the
    gates r, z (sigmoid) and n: n = tanh(x w + b_x + r (h w + b_h)), h = (1 - z) n + z h. Answers (n, time, h), (n, h).
    `lengths` and `recompute_every` as for `lstm`.

    Raises:
        ShapeError: they do not fit.
        DtypeError: they are not of one floating dtype.
        IndexOutOfRange: a length is below 0 or above time.
        ArgumentError: `recompute_every` is below 1.
    """
    need_same_dtype("gru", x=x, h0=h0, w_x=w_x, w_h=w_h, b_x=b_x, b_h=b_h)
    _check_gru(x, h0, weights=(w_x, w_h, b_x, b_h))
    backend = backend_of(x, h0, w_x, w_h, b_x, b_h)
    weights = GruWeights(w_x.data, w_h.data, b_x.data, b_h.data)

    keeps = will_record((x, h0, w_x, w_h, b_x, b_h))

    def forward(part: Array, state: State) -> Recurrence:
        return backend.gru(part, state[0], weights, keeps=keeps)

    def cell_vjp(saved: Recurrence, d_steps: Array | None, d_last: tuple[Array | None, ...]) -> CellGradients:
        found = backend.gru_vjp(saved, weights, (d_steps, d_last[0]), needs_x=x.requires_grad)
        return CellGradients(found.x, (found.h0,), (found.w_x, found.w_h, found.b_x, found.b_h))

    cell = Cell(forward, _results, cell_vjp)
    sequence, h = _run("gru", (x, h0, w_x, w_h, b_x, b_h), cell=cell, lengths=lengths, recompute_every=recompute_every)
    return sequence, h


def _results(saved: Recurrence) -> tuple[Array, State]:
    return saved.states, saved.last


def _run(
    op: str, parents: tuple[Tensor, ...], *, cell: Cell, lengths: Lengths | None, recompute_every: int | None
) -> list[Tensor]:
    """Record all h and the last state; `parents` are x, the first state and the weights."""
    x, count = parents[0], _STATE_COUNT[op]
    state = tuple(part.data for part in parents[1 : 1 + count])
    if lengths is None and recompute_every is None:
        return _run_whole(op, parents, cell=cell, state=state)
    weights = tuple(w.data for w in parents[1 + count :])
    counts = check_lengths(op, x, lengths=lengths)
    plan = plan_segments(op, counts, time=x.shape[1], recompute_every=recompute_every)
    if plan is None:
        return _run_whole(op, parents, cell=cell, state=state)
    xp = backend_of(x).xp
    sequence, last, kept = run_segments(xp, x.data, state=state, cell=cell, plan=plan)

    def vjp(gradients: Gradients) -> Gradients:
        d_last = tuple(xp.zeros_like(part) if d is None else d for part, d in zip(state, gradients[1:], strict=True))
        found = segments_vjp(
            xp,
            x.data,
            weights=weights,
            cell=cell,
            plan=plan,
            kept=kept,
            gradients=(gradients[0], d_last),
            needs_x=x.requires_grad,
        )
        return (found.x, *found.state, *found.weights)

    return record_many((sequence, *last), parents, vjp, name=op)


def _run_whole(op: str, parents: tuple[Tensor, ...], *, cell: Cell, state: State) -> list[Tensor]:
    """All of the batch in one block, kept for backward: nothing is copied."""
    saved = cell.forward(parents[0].data, state)
    sequence, last = cell.results(saved)

    def vjp(gradients: Gradients) -> Gradients:
        found = cell.vjp(saved, gradients[0], tuple(gradients[1:]))
        return (found.x, *found.state, *found.weights)

    return record_many((sequence, *last), parents, vjp, name=op)


_STATE_COUNT = {"lstm": 2, "gru": 1}


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
