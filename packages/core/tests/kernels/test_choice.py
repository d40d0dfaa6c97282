"""`AZURAFORGE_KERNELS`: what is asked for, what is there, and what is said when they differ."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from azuraforge_core.errors import KernelSettingInvalid, KernelsMissing
from azuraforge_core.kernels.choice import choose_kernels


def nothing(_: str) -> bool:
    return False


def everything(_: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("environ", "is_required"),
    [({}, False), ({"AZURAFORGE_KERNELS": "auto"}, False), ({"AZURAFORGE_KERNELS": " Native "}, True)],
)
def test_kernels_are_used_where_their_compiler_is(environ: dict[str, str], is_required: bool) -> None:
    choice = choose_kernels(environ, has_module=everything)

    assert (choice.is_native, choice.is_required, choice.is_fallback) == (True, is_required, False)


def test_numpy_is_not_a_fallback_when_it_was_asked_for() -> None:
    choice = choose_kernels({"AZURAFORGE_KERNELS": "numpy"}, has_module=everything)

    assert (choice.is_native, choice.is_fallback, choice.reason) == (False, False, "AZURAFORGE_KERNELS is numpy")


def test_auto_without_the_compiler_falls_back_and_says_what_to_install() -> None:
    choice = choose_kernels({}, has_module=nothing)

    assert (choice.is_native, choice.is_fallback) == (False, True)
    assert choice.reason == "numba and llvmlite cannot be imported: pip install numba for compiled kernels"


def test_native_without_the_compiler_is_refused() -> None:
    with pytest.raises(KernelsMissing, match=r"AZURAFORGE_KERNELS is native and llvmlite cannot be imported"):
        choose_kernels({"AZURAFORGE_KERNELS": "native"}, has_module=lambda name: name == "numba")


def test_another_word_is_refused() -> None:
    with pytest.raises(KernelSettingInvalid, match=r"'fast', it must be auto, native or numpy"):
        choose_kernels({"AZURAFORGE_KERNELS": "fast"})


@pytest.mark.parametrize(("setting", "status"), [("auto", 0), ("native", 1)])
def test_kernels_that_cannot_be_compiled_end_a_training_only_if_they_are_required(setting: str, status: int) -> None:
    program = """
import sys
sys.modules["llvmlite"] = None  # installed, and broken
from azuraforge_core import Tensor, ops
import numpy as np
x = Tensor(np.ones((2, 2), np.float32), requires_grad=True)
print((x @ x).data.sum())
"""
    environ = {**os.environ, "AZURAFORGE_KERNELS": setting}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == status
    assert ("8.0" in done.stdout) == (status == 0)
    assert ("plain NumPy" in done.stderr) == (status == 0)
