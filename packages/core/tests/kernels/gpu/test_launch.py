"""The CUDA text: NVIDIA's compiler takes all of it, and it is launched as it must be."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from azuraforge_core.device_double import CupyDouble
from azuraforge_core.kernels.gpu.launch import C_NAMES, SOURCES, THREADS, launch, source_text

NVCC = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")


def test_every_source_is_named() -> None:
    folder = Path(__file__).parents[3] / "src" / "azuraforge_core" / "kernels" / "gpu" / "source"
    assert {path.stem for path in folder.glob("*.cu")} == set(SOURCES)


@pytest.mark.parametrize("real", C_NAMES.values())
@pytest.mark.parametrize("source", SOURCES)
def test_nvidias_compiler_takes_the_text(tmp_path: Path, source: str, real: str) -> None:
    if NVCC is None:
        pytest.skip("no nvcc: NVIDIA's compiler is not installed")
    text, answer = tmp_path / f"{source}.cu", tmp_path / "out.ptx"
    text.write_text(source_text(source), encoding="utf-8")
    command = [NVCC, "-ptx", "-std=c++17", "-Werror", "all-warnings", f"-DREAL={real}", str(text), "-o", str(answer)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ".visible .entry" in answer.read_text(encoding="utf-8")


def test_a_launch_covers_every_number_and_no_other(compiled_double: CupyDouble) -> None:
    for size in (1, THREADS - 1, THREADS, THREADS + 1):
        rows = [compiled_double.asarray(np.ones(size + 8, np.float32)) for _ in range(3)]
        numbers = (np.float32(0), np.float32(0), np.int32(0), np.float32(0.25))
        launch(compiled_double, "optimizer", kernel="sgd", size=size, arguments=(*rows, *numbers))  # type: ignore[arg-type]
        assert rows[0].get().tolist() == [0.75] * size + [1.0] * 8


def test_nothing_is_launched_for_no_numbers(compiled_double: CupyDouble) -> None:
    launch(compiled_double, "a source that is not there", kernel="none", size=0, arguments=())  # type: ignore[arg-type]
