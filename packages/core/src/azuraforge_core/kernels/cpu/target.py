"""Which processor the kernels are compiled for: its name and features, vector width and register tile.

Read by the compiler and part of the name of every cached object, so that a cache shared between machines never hands
one machine the code of another.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from azuraforge_core.errors import KernelSettingInvalid

LANES_SETTING = "AZURAFORGE_SIMD_LANES"
"""4, 8 or 16: narrower vectors than the processor has, to test and to compare; empty for the widest."""


@dataclass(frozen=True)
class Target:
    """A processor as the kernels see it. `lanes` is the number of float32 in a vector."""

    cpu: str
    features: str
    lanes: int

    @property
    def tile_rows(self) -> int:
        """Rows of C that a GEMM keeps in registers: 16 registers hold 6 x 2 sums, 32 registers 12 x 2."""
        return 12 if self.lanes == 16 or "+neon" in self.features else 6

    @property
    def description(self) -> str:
        """For `doctor` and benchmarks."""
        return f"{self.cpu}, {self.lanes * 32}-bit vectors"


def choose_target(cpu: str, features: Mapping[str, bool], *, environ: Mapping[str, str]) -> Target:
    """The target of a processor with these LLVM features, with fewer lanes if the setting says so.

    Raises:
        KernelSettingInvalid: the setting is no width that this processor has.
    """
    widest = 16 if features.get("avx512f") else 8 if features.get("avx2") and features.get("fma") else 4
    wish = environ.get(LANES_SETTING, "").strip()
    if wish and (wish not in {"4", "8", "16"} or int(wish) > widest):
        raise KernelSettingInvalid(
            f"{LANES_SETTING} is {wish!r}: this {platform.machine()} processor ({cpu}) has vectors of up to {widest} "
            f"float32; use one of {', '.join(str(w) for w in (4, 8, 16) if w <= widest)}, or leave it empty"
        )
    flags = ",".join(f"{'+' if is_there else '-'}{name}" for name, is_there in sorted(features.items()))
    return Target(cpu, flags, int(wish or widest))
