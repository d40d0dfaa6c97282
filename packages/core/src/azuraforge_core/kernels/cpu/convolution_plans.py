"""Where a convolution finds its numbers: everything that depends on shapes alone, computed once and kept.

A plan is a row of int64 that the kernels of `source/convolution.py` read by position, with the tables that it points
to. All offsets are in bytes.

    source      the image whose windows are read: x, or the gradient when that of the input is wanted
    target      what is written: the answer, or the gradient of the input
    grid        the places of windows; the target's, or those of one remainder of a stride
    tap         a position of the kernel; taps that lie side by side in the source are read as one line
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Window
from azuraforge_core.kernels.cpu.host import host_target
from azuraforge_core.kernels.cpu.launch import address

BLOCK_BYTES = 96 * 1024
"""A block of rows and what is computed from it share half of a second-level cache."""

PIXELS = 256
"""Pixels of a step of the weights' gradient: a panel of so many rows of 16 numbers stays in the first-level cache."""

_WIDTH, _LINE, _KEPT = 4, 64, 256
_FIELDS = (
    *("height", "width", "channels"),
    *("groups", "group_bytes", "group_columns", "panels"),
    *("rows", "count", "step", "first_row", "first_column", "reach", "block_width"),
    *("lines", "steps", "a_step", "line_table", "row_table"),
    *("image_bytes", "row_bytes", "first_bytes"),
    *("is_direct", "is_own", "block_bytes", "panel_bytes"),
    *("taps", "tap_table", "tap_steps", "b_step", "b_column", "b_group"),
    *("pools", "pool_rows", "pool_columns", "pooled_rows", "pooled_columns", "pool_table", "target_channels"),
    *("live_rows", "line_rows", "spans", "span_table"),
)

Tap = tuple[tuple[int, int], int]
"""A place in a block (row, column), and where its weights begin."""


@dataclass(frozen=True)
class Geometry:
    """A convolution over two axes; `pool` is the max-pooling behind it, whose windows lie side by side."""

    window: Window
    space: tuple[int, int]
    channels: int
    outputs: int
    pool: tuple[int, int] | None = None

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of the answer, before pooling."""
        high, wide = self.window.places(self.space)
        return high, wide

    @property
    def pooled(self) -> tuple[int, int]:
        """Rows and columns after pooling."""
        (high, wide), pool = self.places, self.pool or (1, 1)
        return high // pool[0], wide // pool[1]

    @property
    def used(self) -> tuple[int, int]:
        """Rows and columns of the answer that a pooling window reads."""
        (high, wide), pool = self.pooled, self.pool or (1, 1)
        return high * pool[0], wide * pool[1]

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns from the first to the last that a window reads."""
        (high, wide), steps = self.window.kernel, self.window.dilation
        return steps[0] * (high - 1) + 1, steps[1] * (wide - 1) + 1

    @property
    def is_own(self) -> bool:
        """Whether every channel has a kernel of its own and nothing else."""
        return self.window.groups > 1 and self.window.groups == self.channels == self.outputs

    @property
    def split(self) -> tuple[int, int, int]:
        """Groups as the kernels see them, channels and outputs of each; kernels of their own are one group."""
        groups = self.window.groups
        return (1, 1, self.outputs) if self.is_own else (groups, self.channels // groups, self.outputs // groups)


@dataclass(frozen=True)
class Plan:
    """The numbers of a kernel call, and how many rows of the answer a unit of work may have at most."""

    numbers: Array  # with the tables behind them: who keeps these alive, keeps all that a kernel reads
    values: Mapping[str, int]
    most_rows: int

    @property
    def address(self) -> int:
        """Where the numbers lie; asked for at every launch, so that a replay keeps them."""
        return address(self.numbers)

    @property
    def panels(self) -> int:
        """Panels of packed weights."""
        return self.values["groups"] * self.values["panels"]

    @property
    def weight_bytes(self) -> int:
        """Memory of packed weights."""
        return self.panels * self.values["panel_bytes"]


@dataclass(frozen=True)
class _Walk:
    """Windows of a source, one per place of a grid."""

    source: tuple[int, int, int]
    target: tuple[int, int, int]
    grid: tuple[int, int]
    steps: tuple[int, int]  # in the source, from one place to the next
    first: tuple[int, int]  # where the first window begins in the source
    reach: tuple[int, int]
    block_width: int
    spread: tuple[int, int]  # in the target, from one place to the next
    origin: tuple[int, int]  # where the first place lies in the target
    taps: Sequence[Tap]
    pack: tuple[int, int, int]  # weights: from one step, column and group to the next
    is_direct: bool
    live: tuple[int, int]  # rows and columns of the source behind which all is zero

    @property
    def line(self) -> int:
        """Bytes of a row of a block."""
        return self.block_width * self.source[2] * _WIDTH


class _Span(NamedTuple):
    """Columns of a grid, and the steps of a line that their windows read: so many, behind those that are skipped."""

    first: int
    columns: int
    skipped: int
    steps: int


def panel_columns() -> int:
    """Columns that a tile has."""
    return 2 * host_target().lanes


@lru_cache(maxsize=_KEPT)
def forward_plan(geometry: Geometry) -> Plan:
    """The convolution itself."""
    window, outputs, reach, grid = geometry.window, geometry.outputs, geometry.reach, geometry.used
    sides = [[k * d for k in range(n)] for n, d in zip(window.kernel, window.dilation, strict=True)]
    inner = geometry.channels // window.groups * outputs * _WIDTH
    is_padded = any(window.padding)
    walk = _Walk(
        source=(*geometry.space, geometry.channels),
        target=(*(grid if geometry.pool else geometry.places), outputs),
        grid=grid,
        steps=_two(window.stride),
        first=(-window.padding[0], -window.padding[1]),
        reach=reach,
        block_width=(grid[1] - 1) * window.stride[1] + reach[1] if is_padded else geometry.space[1],
        spread=(1, 1),
        origin=(0, 0),
        taps=[((k, m), index * inner) for index, (k, m) in enumerate(itertools.product(*sides))],
        pack=(outputs * _WIDTH, _WIDTH, outputs // window.groups * _WIDTH),
        is_direct=not is_padded,
        live=geometry.space,
    )
    return _correlation(geometry, walk, is_pooled=geometry.pool is not None)


@lru_cache(maxsize=_KEPT)
def input_plans(geometry: Geometry) -> tuple[Plan, ...]:
    """The gradient of the input: a plan for every remainder that a position leaves when divided by the stride."""
    sides = zip(geometry.window.stride, geometry.space, strict=True)
    remainders = itertools.product(*(range(min(step, length)) for step, length in sides))
    return tuple(_input_plan(geometry, _two(remainder)) for remainder in remainders)


def _input_plan(geometry: Geometry, remainder: tuple[int, int]) -> Plan:
    """Positions `remainder + stride j`: tap k reads the answer's place `j + (remainder + padding - k) / stride`."""
    window, space, outputs = geometry.window, geometry.space, geometry.outputs
    sides = zip(remainder, window.padding, window.dilation, window.stride, window.kernel, strict=True)
    high, wide = (
        {k: (r + p - k * d) // step for k in range(n) if (r + p - k * d) % step == 0} for r, p, d, step, n in sides
    )
    first = min(high.values(), default=0), min(wide.values(), default=0)
    reach = max(high.values(), default=0) - first[0] + 1, max(wide.values(), default=0) - first[1] + 1
    grid = _two(-(-(n - r) // step) for n, r, step in zip(space, remainder, window.stride, strict=True))
    inner = geometry.channels // window.groups * outputs * _WIDTH
    walk = _Walk(
        source=(*geometry.places, outputs),
        target=(*space, geometry.channels),
        grid=grid,
        steps=(1, 1),
        first=first,
        reach=reach,
        block_width=grid[1] - 1 + reach[1],
        spread=_two(window.stride),
        origin=remainder,
        taps=sorted(
            ((high[k] - first[0], wide[m] - first[1]), (k * window.kernel[1] + m) * inner) for k in high for m in wide
        ),
        pack=(_WIDTH, outputs * _WIDTH, outputs // window.groups * _WIDTH),
        is_direct=False,
        live=geometry.used,
    )
    if geometry.is_own:  # the one channel of a group is a column, as in forward
        walk = replace(walk, pack=(outputs * _WIDTH, _WIDTH, 0))
    return _correlation(geometry, walk, is_pooled=False)


@lru_cache(maxsize=_KEPT)
def weights_plan(geometry: Geometry) -> Plan:
    """The gradient of the weights: elements of the kernel are rows, pixels of the answer steps."""
    window, channels, outputs = geometry.window, geometry.channels, geometry.outputs
    (rows, count), reach = geometry.used, geometry.reach
    groups, each, columns = geometry.split
    is_padded, pixel = any(window.padding), channels * _WIDTH
    wide = (count - 1) * window.stride[1] + reach[1] if is_padded else geometry.space[1]
    line = wide * pixel
    most = min(rows, PIXELS // count, BLOCK_BYTES // (line * window.stride[0]))
    most = _whole(most, geometry.pool[0] if geometry.pool else 1)
    positions = itertools.product(range(window.kernel[0]), range(window.kernel[1]), range(each))
    places = [k * window.dilation[0] * line + m * window.dilation[1] * pixel + c * _WIDTH for k, m, c in positions]
    values = {
        **_shape((*geometry.space, channels), split=(groups, each, columns), is_own=geometry.is_own),
        **_grid((rows, count), window.stride[0], (-window.padding[0], -window.padding[1]), reach[0], wide),
        "a_step": window.stride[1] * pixel,
        "row_bytes": outputs * _WIDTH,
        "is_direct": int(not is_padded),
        "block_bytes": _round_up(((most - 1) * window.stride[0] + reach[0]) * line),
        "taps": window.kernel[0] * window.kernel[1],
        "tap_steps": each,
    }
    row_table = [(place, index * outputs * _WIDTH) for index, place in enumerate(places)]
    tables = {"row_table": _table(row_table), "line_table": np.arange(most) * (window.stride[0] * line)}
    return _plan(values, tables, most)


def _correlation(geometry: Geometry, walk: _Walk, *, is_pooled: bool) -> Plan:
    """The plan of a walk; `is_pooled` if what it writes is pooled at once."""
    groups, pool = geometry.split[0], geometry.pool or (1, 1)
    each, columns = 1 if geometry.is_own else walk.source[2] // groups, walk.target[2] // groups
    lines = _lines([place for place, _ in walk.taps], is_whole=groups == 1 and not geometry.is_own)
    row_bytes = walk.target[1] * walk.target[2] * _WIDTH
    most = _whole(
        min(walk.grid[0], BLOCK_BYTES // max(walk.steps[0] * walk.line, walk.spread[0] * row_bytes)),
        pool[0] if is_pooled else 1,
    )
    steps = each * len(walk.taps) // max(1, len(lines))
    spans = _spans(walk, lines, steps)
    values = {
        **_shape(walk.source, split=(groups, each, columns), is_own=geometry.is_own),
        **_grid(walk.grid, walk.steps[0], walk.first, walk.reach[0], walk.block_width),
        **_pooling(geometry, is_pooled=is_pooled),
        "lines": len(lines),
        "steps": steps,
        "a_step": _WIDTH,
        "image_bytes": walk.target[0] * row_bytes,
        "row_bytes": walk.spread[0] * row_bytes,
        "first_bytes": walk.origin[0] * row_bytes + walk.origin[1] * walk.target[2] * _WIDTH,
        "target_channels": walk.target[2],
        "is_direct": int(walk.is_direct),
        "block_bytes": _round_up(((most - 1) * walk.steps[0] + walk.reach[0]) * walk.line),
        "panel_bytes": len(lines) * steps * panel_columns() * _WIDTH,
        "taps": len(walk.taps),
        "tap_steps": each,
        "b_step": walk.pack[0],
        "b_column": walk.pack[1],
        "b_group": walk.pack[2],
        "live_rows": walk.live[0],
        "spans": len(spans),
    }
    tables = {
        "line_table": _table([high * walk.line + wide * walk.source[2] * _WIDTH for high, wide in lines]),
        "tap_table": _table([offset for _, offset in walk.taps]),
        "row_table": np.concatenate([_row_table(walk, most, row_bytes, span=span).ravel() for span in spans]),
        "line_rows": _table([high for high, _ in lines]),
        "span_table": _table([(span.first * most, span.columns, span.skipped, span.steps) for span in spans]),
        "pool_table": _pool_table(pool, row_bytes, walk.target[2] * _WIDTH),
    }
    return _plan(values, tables, most)


def _shape(source: tuple[int, int, int], *, split: tuple[int, int, int], is_own: bool) -> dict[str, int]:
    groups, each, columns = split
    return {
        "height": source[0],
        "width": source[1],
        "channels": source[2],
        "groups": groups,
        "group_bytes": each * _WIDTH,
        "group_columns": columns,
        "panels": -(-columns // panel_columns()),
        "is_own": int(is_own),
    }


def _grid(grid: tuple[int, int], step: int, first: tuple[int, int], reach: int, block_width: int) -> dict[str, int]:
    return {
        "rows": grid[0],
        "count": grid[1],
        "step": step,
        "first_row": first[0],
        "first_column": first[1],
        "reach": reach,
        "block_width": block_width,
    }


def _pooling(geometry: Geometry, *, is_pooled: bool) -> dict[str, int]:
    high, wide = geometry.pool or (1, 1)
    return {
        "pools": int(is_pooled),
        "pool_rows": high,
        "pool_columns": wide,
        "pooled_rows": geometry.pooled[0],
        "pooled_columns": geometry.pooled[1],
    }


def _spans(walk: _Walk, lines: Sequence[tuple[int, int]], steps: int) -> list[_Span]:
    """Columns of the grid whose windows reach the same steps of a line: those at a border reach beyond the source.

    A line of one tap is read whole: it is zero in some columns, but a line is left out for whole rows only.
    """
    (_, count), channels = walk.grid, walk.source[2]
    if len(lines) == len(walk.taps) or not lines:
        return [_Span(0, count, 0, steps)]
    first, taps = walk.first[1] + lines[0][1], steps // channels
    spans: list[_Span] = []
    for column in range(count):
        begin = first + column * walk.steps[1]
        low, high = max(0, -begin), min(taps, walk.live[1] - begin)
        low, high = (low, high) if low < high else (0, 0)
        skipped, reached = low * channels, (high - low) * channels
        if spans and (spans[-1].skipped, spans[-1].steps) == (skipped, reached):
            spans[-1] = spans[-1]._replace(columns=spans[-1].columns + 1)
        else:
            spans.append(_Span(column, 1, skipped, reached))
    return spans


def _row_table(walk: _Walk, rows: int, row_bytes: int, *, span: _Span) -> Array:
    """Where the window of a place begins in the block, and where its answer goes."""
    high, wide = np.arange(rows)[:, None], np.arange(span.first, span.first + span.columns)[None, :]
    pixels = walk.source[2] * _WIDTH, walk.target[2] * _WIDTH
    begin = high * (walk.steps[0] * walk.line) + wide * (walk.steps[1] * pixels[0])
    answer = high * (walk.spread[0] * row_bytes) + wide * (walk.spread[1] * pixels[1])
    return np.stack([begin, answer], axis=-1)


def _pool_table(pool: tuple[int, int], row_bytes: int, pixel: int) -> Array:
    """Where the positions of a pooling window lie, and their numbers."""
    places = itertools.product(range(pool[0]), range(pool[1]))
    return _table([(high * row_bytes + wide * pixel, number) for number, (high, wide) in enumerate(places)])


def _lines(places: Sequence[tuple[int, int]], *, is_whole: bool) -> list[tuple[int, int]]:
    """Where lines begin: a row of taps without gaps is one line, if its channels are all read."""
    rows = sorted({high for high, _ in places})
    columns = sorted({wide for _, wide in places})
    if is_whole and columns and columns == list(range(columns[0], columns[-1] + 1)):
        return [(high, columns[0]) for high in rows]
    return list(places)


def _plan(values: dict[str, int], tables: Mapping[str, Array], most: int) -> Plan:
    start = len(_FIELDS)
    block = np.empty(start + sum(table.size for table in tables.values()), dtype=np.int64)
    known = dict(values)
    for name, table in tables.items():
        block[start : start + table.size] = table.reshape(-1)
        known[name] = address(block) + block.itemsize * start
        start += table.size
    block[: len(_FIELDS)] = [known.get(name, 0) for name in _FIELDS]
    return Plan(block, values, most)


def _table(entries: Sequence[int] | Sequence[tuple[int, ...]]) -> Array:
    return np.array(entries, dtype=np.int64)


def _whole(rows: int, multiple: int) -> int:
    """So many rows or fewer, a multiple and at least one."""
    return max(1, rows // multiple) * multiple


def _two(numbers: Iterable[int]) -> tuple[int, int]:
    first, second = numbers
    return first, second


def _round_up(size: int) -> int:
    return -(-size // _LINE) * _LINE
