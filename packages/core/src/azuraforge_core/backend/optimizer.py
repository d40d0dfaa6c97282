"""Updates of parameters in plain array code: a handful of passes over pieces that fit the cache, in place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import AdamSettings, LionSettings, RmspropSettings, SgdSettings

CHUNK = 32_768
"""Elements updated at a time: the handful of rows that an update reads then stay in the second-level cache."""


def chunks(values: Array) -> Iterator[slice]:
    """A row in pieces that fit the cache; whole on a GPU: no such cache, and a dozen launches to each piece."""
    size = chunk_of(values)
    for first in range(0, values.size, size):
        yield slice(first, min(first + size, values.size))


def chunk_of(values: Array) -> int:
    """How many elements a piece has."""
    return CHUNK if isinstance(values, np.ndarray) else max(1, values.size)


def scratch(xp: ArrayModule, values: Array) -> tuple[Array, Array]:
    """Two rows as long as a piece."""
    size = min(chunk_of(values), values.size)
    return xp.empty(size, dtype=values.dtype), xp.empty(size, dtype=values.dtype)


def adam(
    xp: ArrayModule, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings
) -> None:
    """Step every value by `rate * first / (√second + epsilon)`, after both moments have taken the gradient in."""
    a, b = scratch(xp, values)
    for place in chunks(values):
        value, gradient = values[place], gradients[place]
        first, second = moments[0][place], moments[1][place]
        used, decayed = a[: value.size], b[: value.size]
        if settings.keep != 1.0:
            value *= settings.keep
        if settings.shrink:
            xp.multiply(value, settings.shrink, out=decayed)
            gradient = xp.add(decayed, gradient, out=decayed)
        xp.subtract(gradient, first, out=used)
        used *= 1.0 - settings.beta1
        first += used
        xp.multiply(gradient, gradient, out=used)
        used *= 1.0 - settings.beta2
        second *= settings.beta2
        second += used
        xp.sqrt(second, out=used)
        used += settings.epsilon
        xp.divide(first, used, out=used)
        used *= settings.rate
        value -= used


def sgd(xp: ArrayModule, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
    """Velocity = momentum * velocity + gradient; value -= rate * velocity, or further along it (Nesterov)."""
    a, b = scratch(xp, values)
    for place in chunks(values):
        value, gradient, speed = values[place], gradients[place], velocity[place]
        used, decayed = a[: value.size], b[: value.size]
        if settings.shrink:
            xp.multiply(value, settings.shrink, out=decayed)
            gradient = xp.add(decayed, gradient, out=decayed)
        speed *= settings.momentum
        speed += gradient
        if settings.is_nesterov:
            xp.multiply(speed, settings.momentum, out=used)
            used += gradient
            used *= settings.rate
        else:
            xp.multiply(speed, settings.rate, out=used)
        value -= used


def rmsprop(
    xp: ArrayModule, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: RmspropSettings
) -> None:
    """Velocity = momentum * velocity + gradient / (√square + epsilon); value -= rate * velocity."""
    a, b = scratch(xp, values)
    for place in chunks(values):
        value, gradient = values[place], gradients[place]
        square, velocity = moments[0][place], moments[1][place]
        used, decayed = a[: value.size], b[: value.size]
        if settings.shrink:
            xp.multiply(value, settings.shrink, out=decayed)
            gradient = xp.add(decayed, gradient, out=decayed)
        xp.multiply(gradient, gradient, out=used)
        used *= 1.0 - settings.smoothing
        square *= settings.smoothing
        square += used
        xp.sqrt(square, out=used)
        used += settings.epsilon
        xp.divide(gradient, used, out=used)
        velocity *= settings.momentum
        velocity += used
        xp.multiply(velocity, settings.rate, out=used)
        value -= used


def lion(xp: ArrayModule, values: Array, gradients: Array, *, first: Array, settings: LionSettings) -> None:
    """Value -= rate * sign(β₁ first + (1 - β₁) gradient), then first = β₂ first + (1 - β₂) gradient."""
    a, b = scratch(xp, values)
    for place in chunks(values):
        value, gradient, moment = values[place], gradients[place], first[place]
        used, other = a[: value.size], b[: value.size]
        if settings.keep != 1.0:
            value *= settings.keep
        xp.multiply(moment, settings.beta1, out=used)
        xp.multiply(gradient, 1.0 - settings.beta1, out=other)
        used += other
        xp.sign(used, out=used)
        used *= settings.rate
        value -= used
        moment *= settings.beta2
        xp.multiply(gradient, 1.0 - settings.beta2, out=other)
        moment += other
