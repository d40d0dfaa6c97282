"""Proof of gradients: finite differences, comparison with another implementation, and the proof of the proof.

Public: the tests of layers and apps use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from azuraforge_core.dtypes import Array, float64, is_float
from azuraforge_core.errors import ArgumentError, GradientMismatch
from azuraforge_core.random import Generator
from azuraforge_core.tape import backward, no_grad
from azuraforge_core.tensor import Gradients, Node, Tensor
from azuraforge_core.transfer import to_host


def gradcheck(
    function: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Sequence[Tensor],
    *,
    step: float = 1e-6,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> None:
    """Compare the gradients of `function(*inputs)` with central differences, in float64.

    Every result is weighed with random numbers into one scalar, so that every element of every result counts. Every
    input that requires a gradient is checked in every element. A difference of `tolerance`, relative to the larger of
    1 and the gradient's largest element, is refused.

    Raises:
        GradientMismatch: names the input, the element and both numbers.
        ArgumentError: an input is not float64, or none requires a gradient.
    """
    wanted = [(k, x) for k, x in enumerate(inputs) if x.requires_grad]
    if not wanted or any(x.dtype != float64 for x in inputs if is_float(x.dtype)):
        raise ArgumentError("gradcheck: at least one input must require a gradient, and every floating one be float64")
    for _, x in wanted:
        x.grad = None
    results = _results(function, inputs)
    generator = Generator(seed)
    weights = [generator.normal(y.shape, dtype=float64) for y in results]
    analytic = _analytic(results, weights, wanted=[x for _, x in wanted])

    def weigh() -> float:
        with no_grad():
            ys = _results(function, inputs)
        return float(sum(float((y.data * w).sum()) for y, w in zip(ys, weights, strict=True)))

    for (position, x), ours in zip(wanted, analytic, strict=True):
        theirs = _finite_differences(weigh, x, step=step)
        _compare(ours, theirs, name=f"input {position}", tolerance=tolerance)


def assert_close(ours: Array | Tensor, theirs: Array | Tensor, *, tolerance: float, what: str = "value") -> None:
    """Refuse two arrays that differ in shape, or by `tolerance` relative to the larger of 1 and their largest element.

    Raises:
        GradientMismatch: says where they differ most.
    """
    _compare(_plain(ours), _plain(theirs), name=what, tolerance=tolerance)


def plant_sign_error(
    function: Callable[..., Tensor | Sequence[Tensor]], leaf: Tensor
) -> Callable[..., Tensor | Sequence[Tensor]]:
    """`function` with a fault: every op that reads `leaf` turns the sign of the gradient that it sends there.

    A gradient test is worth something when it fails on this: `gradcheck(plant_sign_error(function, x), [x, ...])` must
    raise `GradientMismatch`. Values stay as they were.
    """

    def planted(*inputs: Tensor) -> Tensor | Sequence[Tensor]:
        result = function(*inputs)
        for node in _nodes_of([result] if isinstance(result, Tensor) else result):
            places = {k for k, parent in enumerate(node.parents) if parent is leaf}
            if places and node.vjp is not None:
                node.vjp = _turned(node.vjp, places)
        return result

    return planted


def random_tensor(
    shape: tuple[int, ...], *, seed: int = 0, requires_grad: bool = True, scale: float = 1.0, shift: float = 0.0
) -> Tensor:
    """A float64 tensor of normal numbers, for `gradcheck`."""
    values = Generator(seed).normal(shape, mean=shift, std=scale, dtype=float64)
    return Tensor(values, requires_grad=requires_grad)


def _nodes_of(results: Sequence[Tensor]) -> list[Node]:
    """Every op that the results were made by, each once."""
    found: dict[int, Node] = {}
    open_nodes = [y.node for y in results if y.node is not None]
    while open_nodes:
        node = open_nodes.pop()
        if node.order not in found:
            found[node.order] = node
            open_nodes += [parent.node for parent in node.parents if parent.node is not None]
    return list(found.values())


def _turned(vjp: Callable[[Any], Gradients], places: set[int]) -> Callable[[Any], Gradients]:
    def turned(g: Any) -> Gradients:
        gradients = vjp(g)
        return [-d if k in places and d is not None else d for k, d in enumerate(gradients)]

    return turned


def _results(function: Callable[..., Tensor | Sequence[Tensor]], inputs: Sequence[Tensor]) -> list[Tensor]:
    result = function(*inputs)
    return [result] if isinstance(result, Tensor) else list(result)


def _analytic(results: Sequence[Tensor], weights: Sequence[Array], *, wanted: Sequence[Tensor]) -> list[Array]:
    for y, w in zip(results, weights, strict=True):
        if y.requires_grad:
            backward(y, gradient=w, retain_tape=True)
    return [np.zeros(x.shape) if x.grad is None else x.grad for x in wanted]


def _finite_differences(weigh: Callable[[], float], x: Tensor, *, step: float) -> Array:
    slopes = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        kept = float(x.data[index])
        x.data[index] = kept + step
        above = weigh()
        x.data[index] = kept - step
        below = weigh()
        x.data[index] = kept
        slopes[index] = (above - below) / (2 * step)
    return slopes


def _compare(ours: Array, theirs: Array, *, name: str, tolerance: float) -> None:
    if ours.shape != theirs.shape:
        raise GradientMismatch(f"{name}: shape {ours.shape} against {theirs.shape}")
    if not ours.size:
        return
    differences = np.abs(np.asarray(ours, dtype=float64) - np.asarray(theirs, dtype=float64))
    limit = tolerance * max(1.0, float(np.abs(theirs).max()))
    at = np.unravel_index(int(np.nanargmax(np.where(np.isnan(differences), np.inf, differences))), differences.shape)
    if not differences[at] <= limit:
        raise GradientMismatch(
            f"{name} at {tuple(int(k) for k in at)}: {ours[at]!r} against {theirs[at]!r}, "
            f"a difference of {differences[at]:.3g} where {limit:.3g} is allowed"
        )


def _plain(value: Array | Tensor) -> Array:
    return value.numpy() if isinstance(value, Tensor) else np.asarray(to_host(value))
