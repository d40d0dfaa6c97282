"""NumPy's own matrix product: what the engine would have without a GEMM of its own."""

from __future__ import annotations

import numpy as np

from engine.kernels import KERNELS, Run, operands_of, sample


def make_kernel(subject: str, *, variant: str = "") -> tuple[Run, list[float]]:
    """The product and what it gave first."""
    del variant
    a, b = operands_of(KERNELS[subject])

    def run() -> list[np.ndarray]:
        return [a @ b]

    return run, sample(run())


def facts() -> dict[str, str]:
    """What computes here."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"numpy": np.__version__, "blas": f"{blas['name']} {blas['version']}"}
