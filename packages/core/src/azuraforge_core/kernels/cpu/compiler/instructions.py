"""Numba intrinsics without Numba's ceremony: a function that writes LLVM instructions becomes callable in kernels."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

NOTHING, WORD, BYTE, REAL, FLOAT = types.void, types.int64, types.uint8, types.float64, types.float32


def instruction(result: Any, arguments: Sequence[Any] | None = None) -> Callable[[Callable[..., ir.Value | None]], Any]:
    """Make `emit(builder, *values)` callable from kernels, with arguments of these types (None: of any)."""

    def decorate(emit: Callable[..., ir.Value | None]) -> Any:
        def typed(_typing: Any, *given: Any) -> tuple[Any, Callable[..., ir.Value]]:
            def build(context: Any, builder: ir.IRBuilder, _signature: Any, values: Sequence[ir.Value]) -> ir.Value:
                answer = emit(builder, *values)
                return context.get_dummy_value() if answer is None else answer

            return result(*(given if arguments is None else arguments)), build

        count = len(inspect.signature(emit).parameters) - 1 if arguments is None else len(arguments)
        names = ["typing", *(f"value{k}" for k in range(count))]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        typed.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
        typed.__name__, typed.__doc__ = emit.__name__, emit.__doc__
        return intrinsic(typed)

    return decorate
