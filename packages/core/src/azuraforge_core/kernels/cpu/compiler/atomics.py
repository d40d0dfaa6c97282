"""What the thread pool needs of the processor: atomic words, a pause, a call through an address, sleep and wake.

Addresses are int64; every atomic word is 8 bytes wide, and nothing is moved by compiler or processor from one side of
it to the other. A futex looks at the lower 4 bytes of a word: the first ones, because the processors that have one here
are little-endian.
"""

from __future__ import annotations

import platform

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, WORD, instruction

I32, I64 = ir.IntType(32), ir.IntType(64)
_POINTER = I64.as_pointer()
_ORDER = "seq_cst"
_IS_X86 = platform.machine().lower() in {"x86_64", "amd64"}
_FLUSH = 0x8040
"""MXCSR: results that are subnormal become 0 (bit 15), and so do operands (bit 6)."""


@instruction(WORD, (WORD,))
def load_word(builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
    """`load_word(address)`."""
    return builder.load_atomic(builder.inttoptr(address, _POINTER), _ORDER, 8)


@instruction(NOTHING, (WORD, WORD))
def store_word(builder: ir.IRBuilder, address: ir.Value, value: ir.Value) -> None:
    """`store_word(address, value)`."""
    builder.store_atomic(value, builder.inttoptr(address, _POINTER), _ORDER, 8)


@instruction(WORD, (WORD, WORD))
def add_to_word(builder: ir.IRBuilder, address: ir.Value, value: ir.Value) -> ir.Value:
    """`add_to_word(address, value)`: answers with what the word was."""
    return builder.atomic_rmw("add", builder.inttoptr(address, _POINTER), value, _ORDER)


@instruction(WORD, (WORD, WORD, WORD))
def swap_word(builder: ir.IRBuilder, address: ir.Value, expected: ir.Value, value: ir.Value) -> ir.Value:
    """`swap_word(address, expected, value)`: write if the word is what is expected; 1 if it was written."""
    pair = builder.cmpxchg(builder.inttoptr(address, _POINTER), expected, value, _ORDER, _ORDER)
    return builder.zext(builder.extract_value(pair, 1), I64)


@instruction(NOTHING, ())
def pause(builder: ir.IRBuilder) -> None:
    """Tell the processor that this thread waits for another."""
    if _IS_X86:
        kind = ir.FunctionType(ir.VoidType(), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])


@instruction(NOTHING, (WORD, WORD, WORD, WORD))
def call_kernel(builder: ir.IRBuilder, kernel: ir.Value, *arguments: ir.Value) -> None:
    """`call_kernel(kernel, arguments, part, parts)`: call what lies at an address."""
    kind = ir.FunctionType(ir.VoidType(), [I64] * 3)
    builder.call(builder.inttoptr(kernel, kind.as_pointer()), arguments)


@instruction(WORD, (WORD, WORD, WORD, WORD))
def futex(builder: ir.IRBuilder, *values: ir.Value) -> ir.Value:
    """Sleep on a word or wake who does, by the system call of this number; then address, command, value."""
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(I64, [I64] * 7), "syscall")
    return builder.call(function, [*values, I64(0), I64(0), I64(0)])


@instruction(WORD, ())
def flush_subnormals(builder: ir.IRBuilder) -> ir.Value:
    """Take numbers below 1.2e-38 for 0 in this thread (they cost ten times as much); answers with the mode before."""
    if not _IS_X86:
        return I64(0)
    place = cgutils.alloca_once(builder, I32)
    _control(builder, "stmxcsr", place)
    before = builder.load(place)
    builder.store(builder.or_(before, I32(_FLUSH)), place)
    _control(builder, "ldmxcsr", place)
    return builder.zext(before, I64)


@instruction(NOTHING, (WORD,))
def restore_subnormals(builder: ir.IRBuilder, mode: ir.Value) -> None:
    """`restore_subnormals(mode)`: go back to what `flush_subnormals` answered with."""
    if _IS_X86:
        place = cgutils.alloca_once(builder, I32)
        builder.store(builder.trunc(mode, I32), place)
        _control(builder, "ldmxcsr", place)


def _control(builder: ir.IRBuilder, name: str, place: ir.Value) -> None:
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{name}")
    builder.call(function, [builder.bitcast(place, pointer)])
