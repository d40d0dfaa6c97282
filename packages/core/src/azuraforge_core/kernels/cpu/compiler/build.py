"""From a family of kernel sources to one object file.

    source/recurrent.py ── Numba ──> LLVM module per kernel ─┐
                                     + a plain C entry each ─┴── link ── optimise ──> object bytes, kernel names

Numba is needed here and nowhere else: a process that only runs kernels loads the object file. The object refers to
nothing outside but a few functions of the C library; that is checked, because an unknown symbol would end the
process that loads it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llvmlite import binding, ir

from azuraforge_core.errors import KernelBuildFailed
from azuraforge_core.kernels.cpu.compiler.decorators import KERNELS, SIGNATURE
from azuraforge_core.kernels.cpu.host import host_target

SOURCES = "azuraforge_core.kernels.cpu.source"
KNOWN_SYMBOLS = frozenset(
    {"syscall", "memcpy", "memset", "memmove", "log", "logf", "exp", "expf", "pow", "powf", "fmod", "bcmp"}
)
"""What the C library gives to any process."""


def compile_family(family: str) -> bytes:
    """The object code of `source/<family>.py`; its entries are called `azf_<kernel>`.

    Raises:
        KernelBuildFailed: a kernel refers to something that would not be there when it runs.
    """
    kernels: Mapping[str, Any] = getattr(importlib.import_module(f"{SOURCES}.{family}"), KERNELS)
    machine = _target_machine()
    linked = binding.parse_assembly(f'target triple = "{machine.triple}"')
    for name, compiled in sorted(kernels.items()):
        compiled.compile(SIGNATURE)
        result = compiled.overloads[SIGNATURE.args]
        linked.link_in(binding.parse_assembly(_entry(name, result.fndesc.llvm_func_name)))
        linked.link_in(_module_of(result.library))  # after its entry: LLVM drops what nothing refers to yet
    _strip(linked, entries={entry_name(name) for name in kernels})
    _optimise(linked, machine)
    unknown = sorted(
        function.name
        for function in linked.functions
        if function.is_declaration and not function.name.startswith("llvm.") and function.name not in KNOWN_SYMBOLS
    )
    if unknown:
        raise KernelBuildFailed(f"kernels of {family} refer to {', '.join(unknown)}, which no process offers them")
    return bytes(machine.emit_object(linked))


def entry_name(kernel: str) -> str:
    """The symbol of a kernel."""
    return f"azf_{kernel}"


def _target_machine() -> Any:
    target = host_target()
    options = {"cpu": target.cpu, "features": target.features, "opt": 3, "reloc": "default", "codemodel": "jitdefault"}
    return binding.Target.from_default_triple().create_target_machine(**options, jit=True)


def _module_of(library: Any) -> Any:
    return library._get_module_for_linking().clone()  # noqa: SLF001 - Numba links its own libraries the same way


def _entry(name: str, compiled: str) -> str:
    """`void azf_name(i64, i64, i64)` around Numba's function, which also takes two places for results and errors."""
    module = ir.Module(name=f"entry_{name}")
    word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
    inner_type = ir.FunctionType(ir.IntType(32), [pointer, pointer, word, word, word])
    inner = ir.Function(module, inner_type, name=compiled)
    outer = ir.Function(module, ir.FunctionType(ir.VoidType(), [word, word, word]), name=entry_name(name))
    builder = ir.IRBuilder(outer.append_basic_block())
    places = [builder.alloca(pointer), builder.alloca(pointer)]
    builder.call(inner, [*(builder.bitcast(place, pointer) for place in places), *outer.args])
    builder.ret_void()
    return str(module)


def _strip(module: Any, *, entries: set[str]) -> None:
    """Make everything but the entries private, so that what only the interpreter would call disappears."""
    for function in module.functions:
        if not function.is_declaration and function.name not in entries:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"


def _optimise(module: Any, machine: Any) -> None:
    options = binding.create_pipeline_tuning_options(speed_level=3)
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    module.verify()


def main() -> None:
    """`python -m azuraforge_core.kernels.cpu.compiler.build FAMILY FILE`: write the object code of a family."""
    family, path = sys.argv[1:3]
    Path(path).write_bytes(compile_family(family))


if __name__ == "__main__":
    main()
