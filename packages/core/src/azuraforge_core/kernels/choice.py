"""Which backend computes on the CPU: compiled kernels, or plain NumPy.

`AZURAFORGE_KERNELS` is `auto` (the default: kernels where they can be had, and a warning where not), `native` (kernels
or an error) or `numpy`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azuraforge_core.errors import KernelSettingInvalid, KernelsMissing

SETTING = "AZURAFORGE_KERNELS"
NEEDED = ("numba", "llvmlite")


@dataclass(frozen=True)
class KernelChoice:
    """Whether kernels are used, and one sentence that says why; `is_fallback` when `auto` looked for them in vain."""

    is_native: bool
    reason: str
    is_required: bool = False
    is_fallback: bool = False


def choose_kernels(environ: Mapping[str, str], *, has_module: Callable[[str], bool] | None = None) -> KernelChoice:
    """What `AZURAFORGE_KERNELS` asks for, as far as it is there. `has_module` tells of a package by name.

    Raises:
        KernelSettingInvalid: it is none of the three.
        KernelsMissing: `native`, and the compiler is not installed.
    """
    wish = environ.get(SETTING, "").strip().lower() or "auto"
    if wish not in {"auto", "native", "numpy"}:
        raise KernelSettingInvalid(f"{SETTING} is {environ[SETTING][:40]!r}, it must be auto, native or numpy")
    if wish == "numpy":
        return KernelChoice(is_native=False, reason=f"{SETTING} is numpy")
    missing = [name for name in NEEDED if not (has_module or _has_module)(name)]
    if not missing:
        reason = f"{SETTING} is {wish}" if environ.get(SETTING) else f"{SETTING} is not set"
        return KernelChoice(is_native=True, reason=reason, is_required=wish == "native")
    sentence = f"{' and '.join(missing)} cannot be imported: pip install numba for compiled kernels"
    if wish == "native":
        raise KernelsMissing(f"{SETTING} is native and {sentence}, or set it to numpy")
    return KernelChoice(is_native=False, reason=sentence, is_fallback=True)


def wants_plain(environ: Mapping[str, str]) -> bool:
    """Whether `AZURAFORGE_KERNELS` asks for plain array code, on whatever device."""
    return environ.get(SETTING, "").strip().lower() == "numpy"


def _has_module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
