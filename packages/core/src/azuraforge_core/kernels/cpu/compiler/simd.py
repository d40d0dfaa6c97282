"""Vectors of float32 for kernels: ordinary Python formulas become LLVM vector instructions.

    memory   | x0 x1 x2 x3 x4 x5 x6 x7 | x8 x9 ... x15 | x16 x17 x18 .. .. .. .. .. |
               one vector, `lanes` wide   the next        a masked tail of 3 elements

`Vector` overloads the operators; `row` turns a formula over vectors into a loop over a row of memory, `fold` one that
sums (or takes the maximum of) something over a row. Both are Numba intrinsics: compiled code calls them with raw
addresses and a length, so nothing depends on whether LLVM would have vectorised a scalar loop (it often would not).
Together with `tiles` this is the only file that writes LLVM instructions. It is imported while kernels are compiled,
never while they run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import FLOAT, NOTHING, instruction
from azuraforge_core.kernels.cpu.host import host_target

TARGET = host_target()
LANES = TARGET.lanes

F32, I1, I32, I64 = ir.FloatType(), ir.IntType(1), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(F32, LANES)
ROW_BYTES = 4
UNROLL = 4
"""Independent sums in a fold: a chain of one would wait for every addition."""

Operand: TypeAlias = "Vector | float"


class Vector:
    """`LANES` numbers in the function that is being built."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder = builder
        self.value = value

    def like(self, number: Operand) -> Vector:
        """The number in every lane, or the vector itself."""
        return number if isinstance(number, Vector) else Vector(self.builder, splat_constant(number))

    def __add__(self, other: Operand) -> Vector:
        return Vector(self.builder, self.builder.fadd(self.value, self.like(other).value))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> Vector:
        return Vector(self.builder, self.builder.fsub(self.value, self.like(other).value))

    def __rsub__(self, other: Operand) -> Vector:
        return self.like(other) - self

    def __mul__(self, other: Operand) -> Vector:
        return Vector(self.builder, self.builder.fmul(self.value, self.like(other).value))

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> Vector:
        return Vector(self.builder, self.builder.fdiv(self.value, self.like(other).value))

    def __rtruediv__(self, other: Operand) -> Vector:
        return self.like(other) / self

    def __neg__(self) -> Vector:
        return Vector(self.builder, self.builder.fneg(self.value))

    def __gt__(self, other: Operand) -> Mask:
        return Mask(self.builder, self.builder.fcmp_ordered(">", self.value, self.like(other).value))

    def __ge__(self, other: Operand) -> Mask:
        return Mask(self.builder, self.builder.fcmp_ordered(">=", self.value, self.like(other).value))


class Mask:
    """One truth value per lane."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder = builder
        self.value = value


def select(mask: Mask, yes: Operand, no: Operand) -> Vector:
    """`yes` where the mask is true, `no` elsewhere."""
    values = [each.value if isinstance(each, Vector) else splat_constant(each) for each in (yes, no)]
    return Vector(mask.builder, mask.builder.select(mask.value, *values))


def fma(a: Vector, b: Operand, c: Operand) -> Vector:
    """`a * b + c`, rounded once."""
    return _call("llvm.fma", a, a.like(b), a.like(c))


def sqrt(x: Vector) -> Vector:
    """Square root, exactly rounded."""
    return _call("llvm.sqrt", x)


def absolute(x: Vector) -> Vector:
    """The number without its sign."""
    return _call("llvm.fabs", x)


def nearest(x: Vector) -> Vector:
    """The nearest whole number, halves to even."""
    return _call("llvm.rint", x)


def maximum(a: Vector, b: Operand) -> Vector:
    """The larger one; NaN in either gives NaN, as NumPy has it."""
    other = a.like(b)
    larger = a.builder.select(a.builder.fcmp_ordered(">", a.value, other.value), a.value, other.value)
    return Vector(a.builder, a.builder.select(a.builder.fcmp_unordered("uno", a.value, a.value), a.value, larger))


def minimum(a: Vector, b: Operand) -> Vector:
    """The smaller one; NaN in either gives NaN."""
    return -maximum(-a, -a.like(b))


def clip(x: Vector, low: float, high: float) -> Vector:
    """`x` within [low, high]; NaN becomes `low` (callers that must keep it put it back with `keep_nan`)."""
    above = select(x > low, x, low)
    return select(above > high, high, above)


def keep_nan(x: Vector, y: Vector) -> Vector:
    """`y`, but NaN where `x` is NaN: a kernel must not turn a fault into a number."""
    return Vector(x.builder, x.builder.select(x.builder.fcmp_unordered("uno", x.value, x.value), x.value, y.value))


_LN2_HIGH, _LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6  # their sum is ln 2; the first has 12 zero bits


def expm1(x: Vector) -> Vector:
    """`exp(x) - 1` to about 2 units in the last place, for any x; it ends at 2^127 and at -1.

    x = k ln 2 + r with |r| <= ln 2 / 2, so exp(x) - 1 = 2^k (exp(r) - 1) + (2^k - 1), and exp(r) - 1 is its Taylor
    series up to r^7: the rest is below 2e-8 of it.
    """
    power, tail = _split(x)
    return keep_nan(x, fma(tail, power, power - 1.0))


def exp(x: Vector) -> Vector:
    """`exp(x)` to about 2 units in the last place; 0 below -87.3, where float32 would be subnormal."""
    power, tail = _split(x)
    y = fma(tail, power, power)
    return keep_nan(x, select(x > -87.33654, y, 0.0))


def _split(x: Vector) -> tuple[Vector, Vector]:
    """`2^k` and `exp(r) - 1` with x = k ln 2 + r."""
    held = clip(x, -87.33654, 88.0)
    k = nearest(held * math.log2(math.e))
    r = fma(k, -_LN2_LOW, fma(k, -_LN2_HIGH, held))
    series = r.like(1 / 5040)
    for factorial in (720, 120, 24, 6, 2):
        series = fma(series, r, 1 / factorial)
    return _power_of_two(k), fma(series * r, r, r)


def _power_of_two(k: Vector) -> Vector:
    whole = k.builder.fptosi(k.value, ir.VectorType(I32, LANES))
    bits = k.builder.shl(k.builder.add(whole, _integers(127)), _integers(23))
    return Vector(k.builder, k.builder.bitcast(bits, VECTOR))


def sigmoid(x: Vector) -> Vector:
    """`1 / (1 + exp(-x))`."""
    return 1.0 / (exp(-x) + 1.0)


def tanh(x: Vector) -> Vector:
    """Hyperbolic tangent by `expm1(2x) / (expm1(2x) + 2)`, which keeps small x exact; ±1 beyond ±9.02."""
    e = expm1(clip(x, -9.02, 9.02) * 2.0)
    return keep_nan(x, e / (e + 2.0))


def row(formula: Callable[..., Vector | Sequence[Vector]]) -> Any:
    """A loop that applies a formula to every element of some rows.

    `formula(*reads, *scalars)` answers with one vector per row to write. Kernels call it as
    `f(n, reads, writes, scalars)`: the number of elements, two tuples of addresses and a tuple of float32, any of them
    `()`. A row may be read and written.
    """

    @instruction(NOTHING)
    def apply(builder: ir.IRBuilder, n: ir.Value, reads: ir.Value, writes: ir.Value, scalars: ir.Value) -> None:
        sources, targets = members(builder, reads), members(builder, writes)
        fixed = [Vector(builder, splat(builder, number)) for number in members(builder, scalars)]

        def step(offset: ir.Value, mask: ir.Value | None, _lane: int) -> None:
            values = [Vector(builder, load_vector(builder, _at(builder, base, offset), mask)) for base in sources]
            answer = formula(*values, *fixed)
            for base, value in zip(targets, [answer] if isinstance(answer, Vector) else answer, strict=True):
                store_vector(builder, value.value, _at(builder, base, offset), mask)

        _walk(builder, n, step)

    return apply


def fold(formula: Callable[..., Vector], *, kind: str = "sum") -> Any:
    """A loop that sums `formula(*reads, *scalars)` over a row, or takes its maximum (`kind="max"`).

    Kernels call it as `f(n, reads, scalars)`; it answers with one float32, the maximum of nothing with -inf. The order
    of additions depends on n and the vector width alone.
    """
    start = 0.0 if kind == "sum" else -math.inf
    join: Callable[[Vector, Vector], Vector] = (lambda a, b: a + b) if kind == "sum" else maximum

    @instruction(FLOAT)
    def apply(builder: ir.IRBuilder, n: ir.Value, reads: ir.Value, scalars: ir.Value) -> ir.Value:
        sources = members(builder, reads)
        fixed = [Vector(builder, splat(builder, number)) for number in members(builder, scalars)]
        totals = [cgutils.alloca_once(builder, VECTOR) for _ in range(UNROLL)]
        for total in totals:
            builder.store(splat_constant(start), total)

        def step(offset: ir.Value, mask: ir.Value | None, lane: int) -> None:
            values = [Vector(builder, load_vector(builder, _at(builder, base, offset), mask)) for base in sources]
            term = formula(*values, *fixed)
            if mask is not None:
                term = select(Mask(builder, mask), term, start)
            builder.store(join(Vector(builder, builder.load(totals[lane])), term).value, totals[lane])

        _walk(builder, n, step, unroll=UNROLL)
        answer = Vector(builder, builder.load(totals[0]))
        for total in totals[1:]:
            answer = join(answer, Vector(builder, builder.load(total)))
        return _across(answer, join)

    return apply


def splat_constant(number: float) -> ir.Constant:
    """The same number in every lane."""
    return ir.Constant(VECTOR, [ir.Constant(F32, float(number))] * LANES)


def splat(builder: ir.IRBuilder, number: ir.Value) -> ir.Value:
    """A scalar in every lane."""
    first = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), number, I32(0))
    return builder.shuffle_vector(first, ir.Constant(VECTOR, ir.Undefined), _integers(0))


def tail_mask(builder: ir.IRBuilder, count: ir.Value) -> ir.Value:
    """True in the first `count` lanes (i64)."""
    lanes = ir.Constant(ir.VectorType(I32, LANES), list(range(LANES)))
    bound = builder.trunc(count, I32)
    wide = builder.insert_element(ir.Constant(lanes.type, ir.Undefined), bound, I32(0))
    wide = builder.shuffle_vector(wide, ir.Constant(lanes.type, ir.Undefined), _integers(0))
    return builder.icmp_signed("<", lanes, wide)


def load_vector(builder: ir.IRBuilder, address: ir.Value, mask: ir.Value | None = None) -> ir.Value:
    """`LANES` numbers from an address (i64), zeros where the mask is false."""
    pointer = builder.inttoptr(address, VECTOR.as_pointer())
    if mask is None:
        return builder.load(pointer, align=ROW_BYTES)
    kind = ir.FunctionType(VECTOR, [VECTOR.as_pointer(), I32, mask.type, VECTOR])
    function = _declare(builder, f"llvm.masked.load.v{LANES}f32.p0", kind)
    return builder.call(function, [pointer, I32(ROW_BYTES), mask, splat_constant(0.0)])


def store_vector(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, mask: ir.Value | None = None) -> None:
    """Write the lanes where the mask is true."""
    pointer = builder.inttoptr(address, VECTOR.as_pointer())
    if mask is None:
        builder.store(value, pointer, align=ROW_BYTES)
        return
    kind = ir.FunctionType(ir.VoidType(), [VECTOR, VECTOR.as_pointer(), I32, mask.type])
    function = _declare(builder, f"llvm.masked.store.v{LANES}f32.p0", kind)
    builder.call(function, [value, pointer, I32(ROW_BYTES), mask])


def members(builder: ir.IRBuilder, values: ir.Value) -> list[ir.Value]:
    """The items of a tuple argument, which LLVM has as an array or a struct."""
    return [builder.extract_value(values, k) for k in range(len(values.type))]


def _walk(builder: ir.IRBuilder, length: ir.Value, step: Callable[..., None], *, unroll: int = 1) -> None:
    """Whole vectors (several at a time, then singly), then one masked step over what is left."""
    width, block = I64(LANES), I64(LANES * unroll)
    done = I64(0)
    if unroll > 1:
        blocks = builder.sdiv(length, block)
        with cgutils.for_range(builder, blocks) as loop:
            for lane in range(unroll):
                step(builder.add(builder.mul(loop.index, block), I64(LANES * lane)), None, lane)
        done = builder.mul(blocks, block)
    vectors = builder.sdiv(builder.sub(length, done), width)
    with cgutils.for_range(builder, vectors) as loop:
        step(builder.add(done, builder.mul(loop.index, width)), None, 0)
    whole = builder.add(done, builder.mul(vectors, width))
    rest = builder.sub(length, whole)
    with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
        step(whole, tail_mask(builder, rest), 0)


def _at(builder: ir.IRBuilder, base: ir.Value, offset: ir.Value) -> ir.Value:
    return builder.add(base, builder.mul(offset, I64(ROW_BYTES)))


def _across(total: Vector, join: Callable[[Vector, Vector], Vector]) -> ir.Value:
    """Fold the lanes of one vector in halves."""
    builder, width = total.builder, LANES
    while width > 1:
        width //= 2
        order = ir.Constant(ir.VectorType(I32, LANES), [(lane + width) % LANES for lane in range(LANES)])
        moved = builder.shuffle_vector(total.value, ir.Constant(VECTOR, ir.Undefined), order)
        total = join(total, Vector(builder, moved))
    return builder.extract_element(total.value, I32(0))


def _call(name: str, *vectors: Vector) -> Vector:
    builder = vectors[0].builder
    function = _declare(builder, f"{name}.v{LANES}f32", ir.FunctionType(VECTOR, [VECTOR] * len(vectors)))
    return Vector(builder, builder.call(function, [vector.value for vector in vectors]))


def _declare(builder: ir.IRBuilder, name: str, kind: ir.FunctionType) -> ir.Function:
    return cgutils.get_or_insert_function(builder.module, kind, name)


def _integers(number: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(I32, LANES), [number] * LANES)
