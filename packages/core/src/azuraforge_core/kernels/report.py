"""What a person should know about the kernels of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from azuraforge_core.kernels.choice import choose_kernels


@dataclass(frozen=True)
class KernelReport:
    """One sentence, and whether the engine computes without kernels although nobody asked it to."""

    text: str
    is_fallback: bool


def describe_kernels(environ: Mapping[str, str]) -> KernelReport:
    """Which kernels `environ` asks for, for which processor they are, and whether they are compiled.

    Raises:
        KernelError: a setting is wrong, or kernels are required and cannot be had.
    """
    choice = choose_kernels(environ)
    if not choice.is_native:
        return KernelReport(f"plain NumPy: {choice.reason}", choice.is_fallback)
    # The compiler is there, and only then may these be imported.
    from azuraforge_core.kernels.cpu import families, host, objects, threads  # noqa: PLC0415

    known = families.list_families()
    ready = sum(objects.is_compiled(family) for family in known)
    count = threads.choose_thread_count(environ, cores=threads.usable_cores())
    where = f"{ready} of {len(known)} families compiled in {objects.cache_folder()}"
    return KernelReport(
        f"compiled kernels for {host.host_target().description}, {count} threads; {where}", is_fallback=False
    )
