"""What compiled kernels do with raw addresses: read their arguments, single numbers and bytes.

A kernel is a function of three integers: the address of its packed arguments, which part of the work it is to do, and
in how many parts the work is cut. `word` and `real` read the arguments; all of them are 8 bytes wide.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import BYTE, FLOAT, NOTHING, REAL, WORD, instruction


@instruction(NOTHING, (WORD,))
def prefetch(builder: ir.IRBuilder, address: ir.Value) -> None:
    """Ask for the cache line of an address, which will be read."""
    _ask_for(builder, address, is_written=0)


@instruction(NOTHING, (WORD,))
def prefetch_to_write(builder: ir.IRBuilder, address: ir.Value) -> None:
    """Ask for the cache line of an address, which will be written."""
    _ask_for(builder, address, is_written=1)


def _ask_for(builder: ir.IRBuilder, address: ir.Value, *, is_written: int) -> None:
    pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [builder.inttoptr(address, pointer), number(is_written), number(3), number(1)])


def _reader(kind: ir.Type, result: Any, *, size: int) -> Any:
    """`f(address, index)`: read the number at an index."""

    @instruction(result, (WORD, WORD))
    def read(builder: ir.IRBuilder, address: ir.Value, index: ir.Value) -> ir.Value:
        return builder.load(_place(builder, address, index, kind, size), align=min(size, 4))

    return read


def _writer(kind: ir.Type, value: Any, *, size: int) -> Any:
    """`f(address, index, value)`: write the number at an index."""

    @instruction(NOTHING, (WORD, WORD, value))
    def write(builder: ir.IRBuilder, address: ir.Value, index: ir.Value, number: ir.Value) -> None:
        builder.store(number, _place(builder, address, index, kind, size), align=min(size, 4))

    return write


def _place(builder: ir.IRBuilder, address: ir.Value, index: ir.Value, kind: ir.Type, size: int) -> ir.Value:
    offset = builder.mul(index, ir.Constant(index.type, size))
    return builder.inttoptr(builder.add(address, offset), kind.as_pointer())


word = _reader(ir.IntType(64), WORD, size=8)
"""`word(arguments, index)`: an argument that is an address or a whole number; also any int64 in memory."""

real = _reader(ir.DoubleType(), REAL, size=8)
"""`real(arguments, index)`: an argument that is a float64."""

peek = _reader(ir.FloatType(), FLOAT, size=4)
"""`peek(address, index)`: a float32 in memory."""

poke = _writer(ir.FloatType(), FLOAT, size=4)
"""`poke(address, index, value)`: write a float32."""

peek_byte = _reader(ir.IntType(8), BYTE, size=1)
"""`peek_byte(address, index)`."""

poke_byte = _writer(ir.IntType(8), BYTE, size=1)
"""`poke_byte(address, index, value)`."""
