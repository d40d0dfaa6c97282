"""The processor that this process runs on, asked of LLVM."""

from __future__ import annotations

import os
from functools import cache

from azuraforge_core.kernels.cpu.target import Target, choose_target


@cache
def host_target() -> Target:
    """Name, features and vector width of this machine's processor."""
    from llvmlite import binding  # noqa: PLC0415 - 0.1 s that a process without kernels does not pay

    return choose_target(binding.get_host_cpu_name(), dict(binding.get_host_cpu_features()), environ=os.environ)
