"""Largest numbers and which of several they were: one byte per element tells where a gradient goes back to.

    forward    for every window and channel: the largest of its positions, and the number of the first that held it
    backward   the gradient where the byte is the position's number, 0 elsewhere

A byte that is no position's number sends the gradient nowhere: so does a ReLU whose answer was 0.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, WORD, instruction
from azuraforge_core.kernels.cpu.compiler.simd import (
    I32,
    I64,
    LANES,
    VECTOR,
    load_vector,
    splat,
    splat_constant,
    store_vector,
    tail_mask,
)

NOWHERE = 255
"""The byte of an answer that no position gets the gradient of."""

_BYTES, _NUMBERS = ir.VectorType(ir.IntType(8), LANES), ir.VectorType(ir.IntType(32), LANES)


@instruction(NOTHING, (WORD, WORD, WORD, WORD, WORD, WORD, WORD))
def choose_row(
    builder: ir.IRBuilder,
    n: ir.Value,
    x: ir.Value,
    table: ir.Value,
    count: ir.Value,
    y: ir.Value,
    chosen: ir.Value,
    rectify: ir.Value,
) -> None:
    """Largest of `count` positions for n channels; the table holds (offset from x in bytes, number) of each.

    NaN is larger than anything. With `rectify` 0 takes part, and its byte is `NOWHERE`; so is that of a NaN then.
    """
    is_rectified = builder.icmp_signed("!=", rectify, I64(0))
    low = splat(builder, builder.select(is_rectified, ir.FloatType()(0.0), ir.FloatType()(float("-inf"))))
    nowhere = _same_number(builder, I32(NOWHERE))
    none = builder.select(is_rectified, nowhere, _same_number(builder, I32(0)))
    best, best_place = cgutils.alloca_once(builder, VECTOR), cgutils.alloca_once(builder, _NUMBERS)

    def step(offset: ir.Value, mask: ir.Value | None) -> None:
        builder.store(low, best)
        builder.store(none, best_place)
        start = builder.add(x, builder.mul(offset, I64(4)))
        with cgutils.for_range(builder, count) as loop:
            entry = builder.add(table, builder.mul(loop.index, I64(16)))
            number = load_vector(builder, builder.add(start, _word(builder, entry)), mask)
            place = _same_number(builder, builder.trunc(_word(builder, builder.add(entry, I64(8))), I32))
            known = builder.load(best)
            is_larger = builder.fcmp_ordered(">", number, known)
            is_new = builder.and_(
                builder.fcmp_unordered("uno", number, number), builder.fcmp_ordered("ord", known, known)
            )
            takes = builder.or_(is_larger, is_new)
            builder.store(builder.select(takes, number, known), best)
            builder.store(builder.select(takes, place, builder.load(best_place)), best_place)
        answer, place = builder.load(best), builder.load(best_place)
        lost = builder.select(is_rectified, nowhere, place)
        store_vector(builder, answer, builder.add(y, builder.mul(offset, I64(4))), mask)
        place = builder.select(builder.fcmp_unordered("uno", answer, answer), lost, place)
        _store_bytes(builder, place, builder.add(chosen, offset), mask)

    _walk(builder, n, step)


@instruction(NOTHING, (WORD, WORD, WORD, WORD, WORD, WORD))
def spread_row(
    builder: ir.IRBuilder,
    n: ir.Value,
    g: ir.Value,
    chosen: ir.Value,
    number: ir.Value,
    target: ir.Value,
    more: ir.Value,
) -> None:
    """Write (with `more`: add) n gradients where the byte is `number`, and 0 elsewhere."""
    wanted = _same_number(builder, builder.trunc(number, I32))
    is_more = builder.icmp_signed("!=", more, I64(0))

    def step(offset: ir.Value, mask: ir.Value | None) -> None:
        places = _load_bytes(builder, builder.add(chosen, offset), mask)
        at = builder.mul(offset, I64(4))
        gradient = load_vector(builder, builder.add(g, at), mask)
        part = builder.select(builder.icmp_signed("==", places, wanted), gradient, splat_constant(0.0))
        address = builder.add(target, at)
        with builder.if_else(is_more) as (then, otherwise):
            with then:
                store_vector(builder, builder.fadd(load_vector(builder, address, mask), part), address, mask)
            with otherwise:
                store_vector(builder, part, address, mask)

    _walk(builder, n, step)


def _walk(builder: ir.IRBuilder, n: ir.Value, step: Callable[[ir.Value, ir.Value | None], None]) -> None:
    """Whole vectors, then one masked step."""
    vectors = builder.sdiv(n, I64(LANES))
    with cgutils.for_range(builder, vectors) as loop:
        step(builder.mul(loop.index, I64(LANES)), None)
    whole = builder.mul(vectors, I64(LANES))
    rest = builder.sub(n, whole)
    with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
        step(whole, tail_mask(builder, rest))


def _word(builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
    return builder.load(builder.inttoptr(address, ir.IntType(64).as_pointer()), align=8)


def _same_number(builder: ir.IRBuilder, number: ir.Value) -> ir.Value:
    """A whole number in every lane."""
    undefined = ir.Constant(_NUMBERS, ir.Undefined)
    first = builder.insert_element(undefined, number, I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(_NUMBERS, [0] * LANES))


def _load_bytes(builder: ir.IRBuilder, address: ir.Value, mask: ir.Value | None) -> ir.Value:
    """`LANES` bytes as whole numbers."""
    pointer = builder.inttoptr(address, _BYTES.as_pointer())
    if mask is None:
        return builder.zext(builder.load(pointer, align=1), _NUMBERS)
    kind = ir.FunctionType(_BYTES, [_BYTES.as_pointer(), I32, mask.type, _BYTES])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{LANES}i8.p0")
    nothing = ir.Constant(_BYTES, [0] * LANES)
    return builder.zext(builder.call(function, [pointer, I32(1), mask, nothing]), _NUMBERS)


def _store_bytes(builder: ir.IRBuilder, numbers: ir.Value, address: ir.Value, mask: ir.Value | None) -> None:
    pointer, narrow = builder.inttoptr(address, _BYTES.as_pointer()), builder.trunc(numbers, _BYTES)
    if mask is None:
        builder.store(narrow, pointer, align=1)
        return
    kind = ir.FunctionType(ir.VoidType(), [_BYTES, _BYTES.as_pointer(), I32, mask.type])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.v{LANES}i8.p0")
    builder.call(function, [narrow, pointer, I32(1), mask])
