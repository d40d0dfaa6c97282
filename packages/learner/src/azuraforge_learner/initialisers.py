"""First values of parameters, always from an explicit generator.

The defaults of the layers are `fan_in_uniform` (as PyTorch starts Linear and LSTM weights) and `zeros`.
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core import Array, Generator


def fan_in_uniform(shape: tuple[int, ...], *, fan_in: int, generator: Generator) -> Array:
    """Uniform within ±1/√fan_in (LeCun 1998 up to a factor)."""
    limit = 1.0 / math.sqrt(fan_in)
    return generator.uniform(shape, low=-limit, high=limit)


def glorot_uniform(shape: tuple[int, int], *, generator: Generator) -> Array:
    """Uniform within ±√(6/(fan_in + fan_out)), for tanh and sigmoid (Glorot 2010). `shape (fan_in, fan_out)`."""
    limit = math.sqrt(6.0 / sum(shape))
    return generator.uniform(shape, low=-limit, high=limit)


def he_normal(shape: tuple[int, int], *, generator: Generator) -> Array:
    """Normal with deviation √(2/fan_in), for ReLU (He 2015). `shape (fan_in, fan_out)`."""
    return generator.normal(shape) * np.float32(math.sqrt(2.0 / shape[0]))


def orthogonal(shape: tuple[int, int], *, generator: Generator) -> Array:
    """Orthonormal rows or columns, whichever are fewer (Saxe 2014): keeps the length of a recurrent state."""
    rows, columns = max(shape), min(shape)
    q, r = np.linalg.qr(generator.normal((rows, columns)).astype(np.float64))
    q = q * np.sign(np.diag(r))  # without it q is not uniform over the orthogonal matrices
    return np.ascontiguousarray(q if shape[0] == rows else q.T, dtype=np.float32)


def zeros(shape: tuple[int, ...]) -> Array:
    """All zero."""
    return np.zeros(shape, dtype=np.float32)
