"""Convolutions over an image, channels last, and their gradients, without laying windows out.

    block      rows of the image with their padding, in scratch memory that fits the second-level cache; where nothing
               pads it, the image itself
    forward    every pixel of the answer is a row of a product whose A is the block: see `compiler.windows`
    of input   the same with the gradient as the image and the weights turned; a stride cuts it into one such product
               for every remainder of the position (`convolution_plans`)
    of weights the elements of the kernel are the rows, the pixels the steps; images are cut into a fixed number of
               slices, whose sums are added up in order

A ReLU after a convolution is applied as a tile is written, a max-pooling after that while the rows are in cache; then
the convolution's own answer is never in memory. Backward brings the gradient to the pixels again as it fills a block:

    kind 0     plain
    kind 1     where the answer was positive
    kind 2     where the pooling's byte names the pixel

The numbers of a plan are those of `convolution_plans.Plan`, in its order.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.choices import choose_row, spread_row
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gemm import copy_row, pack, share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, row, select
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS
from azuraforge_core.kernels.cpu.compiler.windows import multiply_windows, sum_columns

MASKED, POOLED = 1, 2
_LINE = 16

HEIGHT, WIDTH, CHANNELS = 0, 1, 2
GROUPS, GROUP_BYTES, GROUP_COLUMNS, PANELS = 3, 4, 5, 6
ROWS, COUNT, STEP, FIRST_ROW, FIRST_COLUMN, REACH, BLOCK_WIDTH = 7, 8, 9, 10, 11, 12, 13
LINES, STEPS, A_STEP, LINE_TABLE, ROW_TABLE = 14, 15, 16, 17, 18
IMAGE_BYTES, ROW_BYTES, FIRST_BYTES = 19, 20, 21
IS_DIRECT, IS_OWN, BLOCK_BYTES, PANEL_BYTES = 22, 23, 24, 25
TAPS, TAP_TABLE, TAP_STEPS, B_STEP, B_COLUMN, B_GROUP = 26, 27, 28, 29, 30, 31
POOLS, POOL_ROWS, POOL_COLUMNS, POOLED_ROWS, POOLED_COLUMNS, POOL_TABLE, TARGET_CHANNELS = 32, 33, 34, 35, 36, 37, 38
LIVE_ROWS, LINE_ROWS, SPANS, SPAN_TABLE = 39, 40, 41, 42


def _masked(gradient: Vector, y: Vector) -> Vector:
    return select(y > 0.0, gradient, 0.0)


def _same(number: Vector) -> Vector:
    return number


def _sum(a: Vector, b: Vector) -> Vector:
    return a + b


mask_row, fill_row, add_row = row(_masked), row(_same), row(_sum)


@inline
def zero(n: int, target: int) -> None:
    """Write n zeros."""
    fill_row(n, (), (target,), (np.float32(0.0),))


@kernel
def pack_weights(arguments: int, part: int, parts: int) -> None:
    """`plan, w, panels`: a part packs some panels."""
    plan = word(arguments, 0)
    first, last = share(word(plan, GROUPS) * word(plan, PANELS), part, parts, 1)
    pack_panels(plan, word(arguments, 1), word(arguments, 2), first, last)


@inline
def pack_panels(plan: int, w: int, panels: int, first: int, last: int) -> None:
    """Lay the weights of some panels out in the order in which a pixel's window is read."""
    steps, b_step, b_column = word(plan, TAP_STEPS), word(plan, B_STEP), word(plan, B_COLUMN)
    each, columns = word(plan, PANELS), word(plan, GROUP_COLUMNS)
    for index in range(first, last):
        group, column = index // each, index % each * COLUMNS
        source = w + group * word(plan, B_GROUP) + column * b_column
        target = panels + index * word(plan, PANEL_BYTES)
        for tap in range(word(plan, TAPS)):
            place = source + word(word(plan, TAP_TABLE), tap)
            pack(steps, min(COLUMNS, columns - column), place, b_step, b_column, target + tap * steps * COLUMNS * 4)


@inline
def pad_bias(plan: int, bias: int, target: int) -> None:
    """A row of `COLUMNS` numbers per panel: the bias, zeros where there is none."""
    each, columns = word(plan, PANELS), word(plan, GROUP_COLUMNS)
    zero(word(plan, GROUPS) * each * COLUMNS, target)
    if bias:
        for index in range(word(plan, GROUPS) * each):
            group, column = index // each, index % each * COLUMNS
            count = min(COLUMNS, columns - column)
            copy_row(count, (bias + (group * columns + column) * 4,), (target + index * COLUMNS * 4,), ())


@kernel
def correlate(arguments: int, part: int, parts: int) -> None:
    """`plan, n, rows, (kind, x, mark), (b, b_step, b_panel), w, bias, target, rectify, chosen, scratch, scratch_part`.

    A unit of work is so many rows of an answer; `w` is 0 where the panels at `b` are ready to be read. With a pooling
    in the plan, `target` and `chosen` are the pooling's.
    """
    plan, n, rows = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    kind, x, mark = word(arguments, 3), word(arguments, 4), word(arguments, 5)
    b, b_step, b_panel, w = word(arguments, 6), word(arguments, 7), word(arguments, 8), word(arguments, 9)
    target, rectify, chosen = word(arguments, 11), word(arguments, 12), word(arguments, 13)
    bias = word(arguments, 14) + part * word(arguments, 15)
    panels = word(plan, GROUPS) * word(plan, PANELS)
    block = bias + panels * COLUMNS * 4
    pad_bias(plan, word(arguments, 10), bias)
    if w:
        b = block
        block += panels * word(plan, PANEL_BYTES)
        pack_panels(plan, w, b, 0, panels)
    answer = block + (0 if word(plan, IS_DIRECT) and kind == 0 else word(plan, BLOCK_BYTES))
    chunks = (word(plan, ROWS) + rows - 1) // rows
    first, last = share(n * chunks, part, parts, 1)
    for unit in range(first, last):
        image, top = unit // chunks, unit % chunks * rows
        count = min(rows, word(plan, ROWS) - top)
        place = find_block(plan, kind, x, mark, image, top, count, block)
        if word(plan, POOLS):
            multiply(plan, place, (top, count), (b, b_step, b_panel), bias, answer, 0)
            pool(plan, image, top, count, answer, target, chosen)
        else:
            start = target + image * word(plan, IMAGE_BYTES) + top * word(plan, ROW_BYTES) + word(plan, FIRST_BYTES)
            multiply(plan, place, (top, count), (b, b_step, b_panel), bias, start, rectify)


@inline
def multiply(
    plan: int, block: int, span: tuple[int, int], weights: tuple[int, int, int], bias: int, target: int, rectify: int
) -> None:
    """Rows `span` (first, count) of the answer from the block that holds their windows.

    Rows whose windows reach the same lines of the source go together: lines beyond it hold zeros and are left out.
    """
    first, rows = span
    done = 0
    while done < rows:
        low, high = reached(plan, first + done)
        end = done + 1
        while end < rows and reached(plan, first + end) == (low, high):
            end += 1
        for number in range(word(plan, SPANS)):
            multiply_span(plan, block, (done, end), (low, high), number, weights, bias, target, rectify)
        done = end


@inline
def reached(plan: int, row: int) -> tuple[int, int]:
    """The lines of the windows of a row that lie in the source: the first, and the one behind the last."""
    y, table = row * word(plan, STEP) + word(plan, FIRST_ROW), word(plan, LINE_ROWS)
    low, high = 0, word(plan, LINES)
    while low < high and y + word(table, low) < 0:
        low += 1
    while high > low and y + word(table, high - 1) >= word(plan, LIVE_ROWS):
        high -= 1
    return low, high


@inline
def multiply_span(
    plan: int,
    block: int,
    rows: tuple[int, int],
    lines: tuple[int, int],
    number: int,
    weights: tuple[int, int, int],
    bias: int,
    target: int,
    rectify: int,
) -> None:
    """Some rows of those columns whose windows reach the same steps of a line; the table says which these are."""
    b, b_step, b_panel = weights
    entry = word(plan, SPAN_TABLE) + number * 32
    places, width, skipped, steps = word(entry, 0), word(entry, 1), word(entry, 2), word(entry, 3)
    columns, each, is_own = word(plan, GROUP_COLUMNS), word(plan, PANELS), word(plan, IS_OWN)
    line = word(plan, STEPS) * b_step
    for index in range(word(plan, GROUPS) * each):
        group, column = index // each, index % each * COLUMNS
        start = block + group * word(plan, GROUP_BYTES) + (column * 4 if is_own else 0)
        multiply_windows(
            (rows[1] - rows[0]) * width,
            (lines[1] - lines[0], steps),
            (
                start + skipped * word(plan, A_STEP),
                word(plan, A_STEP),
                word(plan, ROW_TABLE) + (places + rows[0] * width) * 16,
                word(plan, LINE_TABLE) + lines[0] * 8,
            ),
            (b + index * b_panel + lines[0] * line + skipped * b_step, b_step, line),
            (target + (group * columns + column) * 4, bias + index * COLUMNS * 4, 0, rectify),
            min(COLUMNS, columns - column),
            is_own,
        )


@inline
def pool(plan: int, image: int, top: int, rows: int, answer: int, target: int, chosen: int) -> None:
    """Largest positive number of every window of the rows, and its place."""
    width, height, channels = word(plan, POOLED_COLUMNS), word(plan, POOLED_ROWS), word(plan, TARGET_CHANNELS)
    high, wide = word(plan, POOL_ROWS), word(plan, POOL_COLUMNS)
    for line in range(rows // high):
        place = ((image * height + top // high + line) * width) * channels
        source = answer + line * high * word(plan, COUNT) * channels * 4
        for column in range(width):
            at = place + column * channels
            choose_row(
                channels,
                source + column * wide * channels * 4,
                word(plan, POOL_TABLE),
                high * wide,
                target + at * 4,
                chosen + at,
                1,
            )


@inline
def find_block(plan: int, kind: int, x: int, mark: int, image: int, top: int, rows: int, block: int) -> int:
    """Where the windows of some rows of an answer can be read: in the image, or in a block that is filled now."""
    first = top * word(plan, STEP) + word(plan, FIRST_ROW)
    line = word(plan, WIDTH) * word(plan, CHANNELS)
    if word(plan, IS_DIRECT) and kind == 0:
        start: int = x + (image * word(plan, HEIGHT) + first) * line * 4
        return start
    count = (rows - 1) * word(plan, STEP) + word(plan, REACH)
    each = word(plan, BLOCK_WIDTH) * word(plan, CHANNELS)
    for index in range(count):
        fill_line(plan, kind, x, mark, image, first + index, block + index * each * 4)
    return block


@inline
def fill_line(plan: int, kind: int, x: int, mark: int, image: int, y: int, target: int) -> None:
    """One row of a block: zeros, a row of the image, zeros."""
    channels, width, first = word(plan, CHANNELS), word(plan, WIDTH), word(plan, FIRST_COLUMN)
    total = word(plan, BLOCK_WIDTH)
    left, begin = max(0, -first), max(0, first)
    count = min(width, first + total) - begin
    if y < 0 or y >= word(plan, HEIGHT) or count <= 0:
        zero(total * channels, target)
        return
    zero(left * channels, target)
    zero((total - left - count) * channels, target + (left + count) * channels * 4)
    place = target + left * channels * 4
    if kind == POOLED:
        unpool(plan, x, mark, image, y, (begin, count), (0, channels, channels), place)
        return
    at = ((image * word(plan, HEIGHT) + y) * width + begin) * channels * 4
    if kind == MASKED:
        mask_row(count * channels, (x + at, mark + at), (place,), ())
    else:
        copy_row(count * channels, (x + at,), (place,), ())


@inline
def unpool(
    plan: int, g: int, chosen: int, image: int, y: int, span: tuple[int, int], part: tuple[int, int, int], target: int
) -> None:
    """Gradients of one row before pooling: columns `span` (begin, count), channels `part` (first, count, apart)."""
    high, wide = word(plan, POOL_ROWS), word(plan, POOL_COLUMNS)
    channels, (begin, count), (offset, n, apart) = word(plan, CHANNELS), span, part
    line = y // high
    height, width = word(plan, POOLED_ROWS), word(plan, POOLED_COLUMNS)
    source = ((image * height + line) * width) * channels + offset
    for index in range(count):
        column = (begin + index) // wide
        place = target + index * apart * 4
        if line >= height or column >= width:
            zero(n, place)
        else:
            at = source + column * channels
            number = (y - line * high) * wide + begin + index - column * wide
            spread_row(n, g + at * 4, chosen + at, number, place, 0)


@kernel
def weights_vjp(arguments: int, part: int, parts: int) -> None:
    """`plan, outer, n, rows, slices, x, (kind, g, mark), sums, sum_bytes, scratch, scratch_part`.

    `plan` reads x, and `outer` is the plan whose image is the gradient. A unit of work is a panel of columns over one
    slice of the images; `sums` holds a matrix per slice whose last row is the bias's.
    """
    plan, slices = word(arguments, 0), word(arguments, 4)
    first, last = share(slices * word(plan, GROUPS) * word(plan, PANELS), part, parts, 1)
    for unit in range(first, last):
        sum_unit(arguments, unit, word(arguments, 11) + part * word(arguments, 12))


@inline
def sum_unit(arguments: int, unit: int, scratch: int) -> None:
    """One panel of columns over one slice."""
    plan, outer, n, rows = word(arguments, 0), word(arguments, 1), word(arguments, 2), word(arguments, 3)
    slices, x, kind, g, mark = (
        word(arguments, 4),
        word(arguments, 5),
        word(arguments, 6),
        word(arguments, 7),
        word(arguments, 8),
    )
    columns, each, is_own = word(plan, GROUP_COLUMNS), word(plan, PANELS), word(plan, IS_OWN)
    panels = word(plan, GROUPS) * each
    piece, index = unit // panels, unit % panels
    group, column = index // each, index % each * COLUMNS
    count, offset = min(COLUMNS, columns - column), group * columns + column
    sums = word(arguments, 9) + piece * word(arguments, 10) + offset * 4
    bottom = sums + word(plan, TAPS) * word(plan, TAP_STEPS) * word(plan, ROW_BYTES)
    total, dz = scratch + COLUMNS * 4, scratch + 2 * COLUMNS * 4
    block = dz + COLUMNS * rows * word(plan, COUNT) * 4
    zero((2 + rows * word(plan, COUNT)) * COLUMNS, scratch)  # the columns that a panel has too many stay zeros
    more = 0
    for image in range(n * piece // slices, n * (piece + 1) // slices):
        for top in range(0, word(plan, ROWS), rows):
            high = min(rows, word(plan, ROWS) - top)
            place = find_block(plan, 0, x, 0, image, top, high, block)
            b = find_gradient(plan, outer, kind, g, mark, image, top, high, offset, count, dz)
            start = place + group * word(plan, GROUP_BYTES) + (column * 4 if is_own else 0)
            multiply_windows(
                word(plan, TAPS) * word(plan, TAP_STEPS),
                (high, word(plan, COUNT)),
                (start, word(plan, A_STEP), word(plan, ROW_TABLE), word(plan, LINE_TABLE)),
                (b[0], b[1], word(plan, COUNT) * b[1]),
                (sums, scratch, more, 0),
                count,
                is_own,
            )
            sum_columns(high * word(plan, COUNT), b[0], b[1], total)
            more = 1
    copy_row(count, (total,), (bottom,), ())


@inline
def find_gradient(
    plan: int,
    outer: int,
    kind: int,
    g: int,
    mark: int,
    image: int,
    top: int,
    rows: int,
    offset: int,
    columns: int,
    panel: int,
) -> tuple[int, int]:
    """A panel of the gradient of some rows, as (address, bytes from one pixel to the next)."""
    width, channels = word(plan, COUNT), word(outer, CHANNELS)
    at = ((image * word(plan, ROWS) + top) * width * channels + offset) * 4
    if kind == 0 and columns == COLUMNS:
        return g + at, channels * 4
    for line in range(rows):
        place = panel + line * width * COLUMNS * 4
        if kind == POOLED:
            unpool(outer, g, mark, image, top + line, (0, width), (offset, columns, COLUMNS), place)
        else:
            for pixel in range(width):
                move, target = at + (line * width + pixel) * channels * 4, place + pixel * COLUMNS * 4
                if kind == MASKED:
                    mask_row(columns, (g + move, mark + move), (target,), ())
                else:
                    copy_row(columns, (g + move,), (target,), ())
    return panel, COLUMNS * 4


@kernel
def add_slices(arguments: int, part: int, parts: int) -> None:
    """`n, m, sums, sum_bytes, slices, dw, db`: add the slices up in order; db has the last m of n + m numbers."""
    n, m, sums = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    size, slices, dw, db = word(arguments, 3), word(arguments, 4), word(arguments, 5), word(arguments, 6)
    first, last = share(n, part, parts, _LINE)
    if dw:
        add_up(last - first, sums + first * 4, size, slices, dw + first * 4)
    if db and part == 0:
        add_up(m, sums + n * 4, size, slices, db)


@inline
def add_up(n: int, source: int, size: int, slices: int, target: int) -> None:
    """Sum n numbers of every slice."""
    copy_row(n, (source,), (target,), ())
    for piece in range(1, slices):
        add_row(n, (target, source + piece * size), (target,), ())
