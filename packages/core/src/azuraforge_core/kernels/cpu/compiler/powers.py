"""Single functions: `2^x` for x up to 0, with two thirds of the instructions of `simd.exp`; a square root."""

from __future__ import annotations

import math

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import FLOAT, instruction
from azuraforge_core.kernels.cpu.compiler.simd import F32, I32, LANES, VECTOR, Vector, fma, nearest, select

_LOWEST = -125.0
_TERMS = tuple(math.log(2) ** n / math.factorial(n) for n in range(7))


def power_below_one(x: Vector) -> Vector:
    """`2^x` for x <= 0 to about 3e-7 of it; 0 below -125, where float32 would soon be subnormal. x is no NaN.

    x = k + f with |f| <= 1/2: the series of 2^f up to f^6, and k added to its exponent as it stands in memory.
    """
    held = select(x > _LOWEST, x, _LOWEST)
    k = nearest(held)
    f = held - k
    series = f.like(_TERMS[-1])
    for term in reversed(_TERMS[:-1]):
        series = fma(series, f, term)
    builder, whole = x.builder, ir.VectorType(I32, LANES)
    exponent = builder.shl(builder.fptosi(k.value, whole), ir.Constant(whole, [23] * LANES))
    bits = builder.add(builder.bitcast(series.value, whole), exponent)
    return select(x > _LOWEST, Vector(builder, builder.bitcast(bits, VECTOR)), 0.0)


@instruction(FLOAT, (FLOAT,))
def root(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Square root of one float32, without the C library."""
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(F32, [F32]), "llvm.sqrt.f32")
    return builder.call(function, [x])
