"""LSTM over whole sequences: each part of the work takes some samples through all of time.

rows    (time + 1, n, width)   [h, x, 1] of each step, so that one product is all of a step before its activations
gates   (time, n, 4h)          i, f, o, g after their activations
cells   (time + 1, n, h)       c before each step, and after the last

No part waits for another within a sequence, because samples have nothing to do with each other. Backward goes some
steps back at a time: `lstm_back` leaves their gradients before the activations, from which `recurrent.add_products`
makes those of the weights while they are in cache. All strides are in bytes.
"""

from __future__ import annotations

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.cells import GATES, Cell, cell_rows, sums_of
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gates import gate_sigmoid, gate_tanh
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import LANES, Vector, row
from azuraforge_core.kernels.cpu.compiler.steps import (
    BLOCK,
    CHUNK,
    copy_four,
    cut,
    multiply_turned,
    pieces,
    put_inputs,
    put_rows,
)

_WIDTH = 4
_VECTOR = LANES * _WIDTH


def _activate(*values: Vector) -> tuple[Vector, ...]:
    zi, zf, zo, zg, before = values
    i, f, o, g = gate_sigmoid(zi), gate_sigmoid(zf), gate_sigmoid(zo), gate_tanh(zg)
    return i, f, o, g, f * before + i * g


def _answer(*values: Vector) -> tuple[Vector, ...]:
    i, f, o, g, cell = values
    return i, f, o, g, cell, o * gate_tanh(cell)


_CELL = Cell(((0, 1, 2, 3),), _activate, _answer)
_finish, _carry_on = cell_rows(_CELL), cell_rows(sums_of(_CELL))


@kernel
def lstm_pack(arguments: int, part: int, parts: int) -> None:
    """`features, hidden, w_x, w_h, b, panels`: for each block of k and of units, the four gates of each step of k."""
    features, hidden = word(arguments, 0), word(arguments, 1)
    w_x, w_h, b, panels = word(arguments, 2), word(arguments, 3), word(arguments, 4), word(arguments, 5)
    gate = hidden * _WIDTH
    k, units = hidden + features + 1, pieces(hidden, LANES)
    blocks = pieces(k, BLOCK)
    start, stop = share(units, part, parts, 1)
    for block in range(blocks):
        first, last = cut(k, block, blocks), cut(k, block + 1, blocks)
        for unit in range(start, stop):
            place = panels + (first * units + unit * (last - first)) * GATES * _VECTOR
            count = min(LANES, hidden - unit * LANES)
            for step in range(first, last):
                i = b if step == k - 1 else w_h + step * GATES * gate
                if hidden <= step < k - 1:
                    i = w_x + (step - hidden) * GATES * gate
                i += unit * _VECTOR
                reads = (i, i + gate, i + 2 * gate, i + 3 * gate)
                copy_four(count, reads, (place, place + _VECTOR, place + 2 * _VECTOR, place + 3 * _VECTOR), ())
                place += GATES * _VECTOR


@kernel
def lstm_run(arguments: int, part: int, parts: int) -> None:
    """All steps of each part's samples.

    `n, time, features, hidden, panels, x, x_sample, x_step, h0, c0, rows, width, gates, gates_step, cells,
    cells_step`; the steps of gates and cells are 0 where backward will not ask for them: they are written over then.
    """
    n, time, features, hidden = word(arguments, 0), word(arguments, 1), word(arguments, 2), word(arguments, 3)
    x, x_sample, x_step = word(arguments, 5), word(arguments, 6), word(arguments, 7)
    width, gates_step, cells_step = word(arguments, 11), word(arguments, 13), word(arguments, 15)
    gate = hidden * _WIDTH
    start, stop = share(n, part, parts, 1)
    chunks = pieces(stop - start, CHUNK)
    for chunk in range(chunks):
        first = start + cut(stop - start, chunk, chunks)
        m = start + cut(stop - start, chunk + 1, chunks) - first
        rows, z = word(arguments, 10) + first * width, word(arguments, 12) + first * gate * GATES
        cell = word(arguments, 14) + first * gate
        put_rows(m, hidden, word(arguments, 8) + first * gate, gate, rows, width)
        put_rows(m, hidden, word(arguments, 9) + first * gate, gate, cell, gate)
        for step in range(time):
            put_inputs(m, features, x + first * x_sample + step * x_step, x_sample, rows + gate, width)
            after = (rows + n * width, cell + cells_step)
            _step(m, (features, hidden), word(arguments, 4), (rows, cell), after, width, z)
            rows, cell = after
            z += gates_step


@inline
def _step(
    m: int, sizes: tuple[int, int], panels: int, before: tuple[int, int], after: tuple[int, int], width: int, z: int
) -> None:
    """One step of m samples; `before` and `after` are addresses of rows and cells."""
    features, hidden = sizes
    k, gate = hidden + features + 1, hidden * _WIDTH
    line = gate * GATES
    raw = (z, line, z + gate, line, z + 2 * gate, line, z + 3 * gate, line)
    done = (z, line, z + gate, line, z + 2 * gate, line, z + 3 * gate, line, after[1], gate, after[0], width)
    blocks = pieces(k, BLOCK)
    panel = panels
    for block in range(blocks):
        first, last = cut(k, block, blocks), cut(k, block + 1, blocks)
        left = (last - first, before[0] + first * _WIDTH, width)
        sums = (z, line, gate, block)
        for unit in range(0, hidden, LANES):
            if block == blocks - 1:
                _finish(m, unit, hidden - unit, left, (panel,), sums, (before[1], gate), done)
            else:
                _carry_on(m, unit, hidden - unit, left, (panel,), sums, (), raw)
            panel += (last - first) * GATES * _VECTOR


def _cell_vjp(*values: Vector) -> tuple[Vector, ...]:
    i, f, o, g, before, cell, dh, dc = values
    squashed = gate_tanh(cell)
    dc = dc + dh * o * (1.0 - squashed * squashed)
    di, df, dg = dc * g * (i - i * i), dc * before * (f - f * f), dc * i * (1.0 - g * g)
    do = dh * squashed * (o - o * o)
    return di, df, do, dg, dc * f


def _cell_vjp_of_sequence(*values: Vector) -> tuple[Vector, ...]:
    *others, dh, dc, more = values
    return _cell_vjp(*others, dh + more, dc)


_cell_back, _cell_back_of_sequence = row(_cell_vjp), row(_cell_vjp_of_sequence)


@kernel
def lstm_back(arguments: int, part: int, parts: int) -> None:
    """Some steps back through time.

    `n, from, to, features, hidden, turned_h, turned_x, gates, cells, d_sequence, d_sample, d_step, dh, dc, dz, dz_row,
    dx, dx_sample, dx_step`: `dh` and `dc` are read and written; `d_sequence` and `dx` may be 0.
    """
    n, begin, end, features = word(arguments, 0), word(arguments, 1), word(arguments, 2), word(arguments, 3)
    hidden, d_sequence, d_sample = word(arguments, 4), word(arguments, 9), word(arguments, 10)
    dz_row, dx, dx_sample = word(arguments, 15), word(arguments, 16), word(arguments, 17)
    gate = hidden * _WIDTH
    start, stop = share(n, part, parts, 1)
    chunks = pieces(stop - start, CHUNK)
    for chunk in range(chunks):
        first = start + cut(stop - start, chunk, chunks)
        m = start + cut(stop - start, chunk + 1, chunks) - first
        dh, dc = word(arguments, 12) + first * gate, word(arguments, 13) + first * gate
        for step in range(end - 1, begin - 1, -1):
            dz = word(arguments, 14) + ((step - begin) * n + first) * dz_row
            place = step * n + first
            cells = word(arguments, 8) + place * gate
            more = 0 if d_sequence == 0 else d_sequence + first * d_sample + step * word(arguments, 11)
            saved = (word(arguments, 7) + place * gate * GATES, cells, cells + n * gate)
            _cells_back(m, hidden, saved, (more, d_sample), (dh, dc), (dz, dz_row))
            multiply_turned(m, hidden, GATES * hidden, dz, dz_row, word(arguments, 5), dh, gate, 0)
            if dx != 0:
                d_inputs = dx + first * dx_sample + step * word(arguments, 18)
                multiply_turned(m, features, GATES * hidden, dz, dz_row, word(arguments, 6), d_inputs, dx_sample, 0)


@inline
def _cells_back(
    m: int,
    hidden: int,
    saved: tuple[int, int, int],
    more: tuple[int, int],
    state: tuple[int, int],
    answer: tuple[int, int],
) -> None:
    """From gradients of h and c to those before the activations, and of c before the step."""
    gate = hidden * _WIDTH
    for sample in range(m):
        i, at, di = saved[0] + sample * gate * GATES, sample * gate, answer[0] + sample * answer[1]
        f, o, g = i + gate, i + 2 * gate, i + 3 * gate
        writes = (di, di + gate, di + 2 * gate, di + 3 * gate, state[1] + at)
        if more[0] == 0:
            reads = (i, f, o, g, saved[1] + at, saved[2] + at, state[0] + at, state[1] + at)
            _cell_back(hidden, reads, writes, ())
        else:
            extra = more[0] + sample * more[1]
            with_more = (i, f, o, g, saved[1] + at, saved[2] + at, state[0] + at, state[1] + at, extra)
            _cell_back_of_sequence(hidden, with_more, writes, ())
