"""Updates of parameters in plain array code: a handful of passes over pieces that fit the cache, in place."""

from __future__ import annotations

from collections.abc import Iterator

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import AdamSettings, SgdSettings

CHUNK = 32_768
"""Elements updated at a time: the handful of rows that an update reads then stay in the second-level cache."""


def chunks(start: int, stop: int) -> Iterator[slice]:
    """The range in pieces that fit the cache."""
    for first in range(start, stop, CHUNK):
        yield slice(first, min(first + CHUNK, stop))


def adam(
    xp: ArrayModule, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings
) -> None:
    """Step every value by `rate * first / (√second + epsilon)`, after both moments have taken the gradient in."""
    a, b = xp.empty(CHUNK, dtype=values.dtype), xp.empty(CHUNK, dtype=values.dtype)
    for place in chunks(0, values.size):
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
    a, b = xp.empty(CHUNK, dtype=values.dtype), xp.empty(CHUNK, dtype=values.dtype)
    for place in chunks(0, values.size):
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
