"""GRU over whole sequences; laid out and run like the LSTM (see `lstm.py`).

rows    (time + 1, n, width)   [h, 1, x, 1] of each step
gates   (time, n, 4h)          r, z, n after their activations, and what r multiplies: h w_h + b_h of the n gate

The first segment of a row, [h, 1], adds to r, z and the last; the second, [x, 1], to r, z and n.
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
    copy_three,
    cut,
    multiply_turned,
    pieces,
    put_inputs,
    put_rows,
)

_WIDTH = 4
_VECTOR = LANES * _WIDTH
_TRAINED = 3
"""Gates with weights of their own; the fourth is a part of the third."""


def _activate(*values: Vector) -> tuple[Vector, ...]:
    zr, zz, from_x, memory, before = values
    return gate_sigmoid(zr), gate_sigmoid(zz), from_x, memory, before


def _answer(*values: Vector) -> tuple[Vector, ...]:
    r, z, from_x, memory, before = values
    candidate = gate_tanh(from_x + r * memory)
    return r, z, candidate, memory, (before - candidate) * z + candidate


_CELL = Cell(((0, 1, 3), (0, 1, 2)), _activate, _answer)
_finish, _carry_on = cell_rows(_CELL), cell_rows(sums_of(_CELL))


@kernel
def gru_pack(arguments: int, part: int, parts: int) -> None:
    """`features, hidden, w_x, w_h, b_x, b_h, panels`: for each block of k and of units, the gates of each step of k."""
    features, hidden = word(arguments, 0), word(arguments, 1)
    gate = hidden * _WIDTH
    line = _TRAINED * gate
    k, units = hidden + features + 2, pieces(hidden, LANES)
    blocks = pieces(k, BLOCK)
    start, stop = share(units, part, parts, 1)
    for block in range(blocks):
        first, last = cut(k, block, blocks), cut(k, block + 1, blocks)
        for unit in range(start, stop):
            place = word(arguments, 6) + (first * units + unit * (last - first)) * _TRAINED * _VECTOR
            count = min(LANES, hidden - unit * LANES)
            for step in range(first, last):
                if step <= hidden:
                    r = word(arguments, 5) if step == hidden else word(arguments, 3) + step * line
                else:
                    r = word(arguments, 4) if step == k - 1 else word(arguments, 2) + (step - hidden - 1) * line
                r += unit * _VECTOR
                copy_three(count, (r, r + gate, r + 2 * gate), (place, place + _VECTOR, place + 2 * _VECTOR), ())
                place += _TRAINED * _VECTOR


@kernel
def gru_run(arguments: int, part: int, parts: int) -> None:
    """All steps of each part's samples.

    `n, time, features, hidden, panels, x, x_sample, x_step, h0, rows, width, gates, gates_step`; the step of gates is
    0 where backward will not ask for them.
    """
    n, time, features, hidden = word(arguments, 0), word(arguments, 1), word(arguments, 2), word(arguments, 3)
    x, x_sample, x_step, width = word(arguments, 5), word(arguments, 6), word(arguments, 7), word(arguments, 10)
    gate = hidden * _WIDTH
    start, stop = share(n, part, parts, 1)
    chunks = pieces(stop - start, CHUNK)
    for chunk in range(chunks):
        first = start + cut(stop - start, chunk, chunks)
        m = start + cut(stop - start, chunk + 1, chunks) - first
        rows, z = word(arguments, 9) + first * width, word(arguments, 11) + first * gate * GATES
        put_rows(m, hidden, word(arguments, 8) + first * gate, gate, rows, width)
        for step in range(time):
            put_inputs(m, 0, rows, 0, rows + gate, width)
            put_inputs(m, features, x + first * x_sample + step * x_step, x_sample, rows + gate + _WIDTH, width)
            _step(m, (features, hidden), word(arguments, 4), rows, rows + n * width, width, z)
            rows += n * width
            z += word(arguments, 12)


@inline
def _step(m: int, sizes: tuple[int, int], panels: int, before: int, after: int, width: int, z: int) -> None:
    """One step of m samples; `before` and `after` are addresses of rows."""
    features, hidden = sizes
    k, gate = hidden + features + 2, hidden * _WIDTH
    line = gate * GATES
    raw = (z, line, z + gate, line, z + 2 * gate, line, z + 3 * gate, line)
    done = (z, line, z + gate, line, z + 2 * gate, line, z + 3 * gate, line, after, width)
    blocks = pieces(k, BLOCK)
    panel = panels
    for block in range(blocks):
        first, last = cut(k, block, blocks), cut(k, block + 1, blocks)
        middle = max(first, min(last, hidden + 1))
        lefts = (middle - first, before + first * _WIDTH, width, last - middle, before + middle * _WIDTH, width)
        sums = (z, line, gate, block)
        for unit in range(0, hidden, LANES):
            both = (panel, panel + (middle - first) * _TRAINED * _VECTOR)
            if block == blocks - 1:
                _finish(m, unit, hidden - unit, lefts, both, sums, (before, width), done)
            else:
                _carry_on(m, unit, hidden - unit, lefts, both, sums, (), raw)
            panel += (last - first) * _TRAINED * _VECTOR


def _cell_vjp(*values: Vector) -> tuple[Vector, ...]:
    r, z, candidate, memory, before, dh = values
    dn = dh * (1.0 - z) * (1.0 - candidate * candidate)
    dr, dz = dn * memory * (r - r * r), dh * (before - candidate) * (z - z * z)
    return dr, dz, dn, dn * r, dh * z


def _cell_vjp_of_sequence(*values: Vector) -> tuple[Vector, ...]:
    *others, dh, more = values
    return _cell_vjp(*others, dh + more)


_cell_back, _cell_back_of_sequence = row(_cell_vjp), row(_cell_vjp_of_sequence)


@kernel
def gru_back(arguments: int, part: int, parts: int) -> None:
    """Some steps back through time.

    `n, from, to, features, hidden, turned_rz, turned_n, turned_x, gates, rows, width, d_sequence, d_sample, d_step, dh,
    dz, dz_row, dx, dx_sample, dx_step`: `dh` is read and written; `d_sequence` and `dx` may be 0. `dz` are gradients
    of r, z and n before their activations and of what r multiplied.
    """
    n, begin, end, features = word(arguments, 0), word(arguments, 1), word(arguments, 2), word(arguments, 3)
    hidden, width = word(arguments, 4), word(arguments, 10)
    d_sequence, d_sample, dz_row = word(arguments, 11), word(arguments, 12), word(arguments, 16)
    dx, dx_sample = word(arguments, 17), word(arguments, 18)
    gate = hidden * _WIDTH
    start, stop = share(n, part, parts, 1)
    chunks = pieces(stop - start, CHUNK)
    for chunk in range(chunks):
        first = start + cut(stop - start, chunk, chunks)
        m = start + cut(stop - start, chunk + 1, chunks) - first
        dh = word(arguments, 14) + first * gate
        for step in range(end - 1, begin - 1, -1):
            dz = word(arguments, 15) + ((step - begin) * n + first) * dz_row
            place = step * n + first
            more = 0 if d_sequence == 0 else d_sequence + first * d_sample + step * word(arguments, 13)
            saved = (word(arguments, 8) + place * gate * GATES, word(arguments, 9) + place * width, width)
            _cells_back(m, hidden, saved, (more, d_sample), dh, (dz, dz_row))
            multiply_turned(m, hidden, 2 * hidden, dz, dz_row, word(arguments, 5), dh, gate, 1)
            multiply_turned(m, hidden, hidden, dz + 3 * gate, dz_row, word(arguments, 6), dh, gate, 1)
            if dx != 0:
                d_inputs = dx + first * dx_sample + step * word(arguments, 19)
                multiply_turned(m, features, _TRAINED * hidden, dz, dz_row, word(arguments, 7), d_inputs, dx_sample, 0)


@inline
def _cells_back(
    m: int, hidden: int, saved: tuple[int, int, int], more: tuple[int, int], state: int, answer: tuple[int, int]
) -> None:
    """From the gradient of h to those before the activations, and to its share that goes straight to the h before."""
    gate = hidden * _WIDTH
    for sample in range(m):
        r, before, at = saved[0] + sample * gate * GATES, saved[1] + sample * saved[2], state + sample * gate
        z, candidate, memory = r + gate, r + 2 * gate, r + 3 * gate
        dr = answer[0] + sample * answer[1]
        writes = (dr, dr + gate, dr + 2 * gate, dr + 3 * gate, at)
        if more[0] == 0:
            _cell_back(hidden, (r, z, candidate, memory, before, at), writes, ())
        else:
            extra = more[0] + sample * more[1]
            _cell_back_of_sequence(hidden, (r, z, candidate, memory, before, at, extra), writes, ())
