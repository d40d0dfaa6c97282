"""What fused ops take and answer with: windows, weights, what forward keeps for backward, gradients, settings.

Plain values that ops, backends and kernels share; none of them computes anything.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from azuraforge_core.dtypes import Array


@dataclass(frozen=True)
class Window:
    """What a convolution or a pooling sees at once, one number per spatial axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]  # zeros on both sides
    dilation: tuple[int, ...]  # distance between the positions that it reads
    groups: int = 1

    def places(self, space: tuple[int, ...]) -> tuple[int, ...]:
        """How often it fits along every axis; 0 or less where it does not."""
        sides = zip(space, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        return tuple((s + 2 * p - d * (k - 1) - 1) // step + 1 for s, k, step, p, d in sides)

    def slices(self, places: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
        """For every kernel position, in row order, the part of the padded input that it reads."""
        for position in itertools.product(*(range(k) for k in self.kernel)):
            sides = zip(position, self.dilation, self.stride, places, strict=True)
            yield tuple(slice(k * d, k * d + step * (count - 1) + 1, step) for k, d, step, count in sides)


class LinearOperands(NamedTuple):
    """What backward of `linear` needs: its rows, its weights, and its answer if that was rectified."""

    x: Array
    w: Array
    y: Array | None


class LinearGradients(NamedTuple):
    """Gradients of the parents of `linear`, each only where it was asked for."""

    x: Array | None
    w: Array | None
    b: Array | None


class CrossEntropy(NamedTuple):
    """The loss of every row of logits, and the probabilities that it was made of."""

    losses: Array  # (n)
    probabilities: Array  # (n, classes)


class PooledOperands(NamedTuple):
    """What backward of `convolve_pool` needs: its input, its weights, and where the largest numbers were."""

    x: Array
    w: Array
    chosen: Array


class Recurrence(Protocol):
    """What a recurrent forward answers; the rest is the backend's own, for its backward."""

    @property
    def states(self) -> Array:
        """Every h after the initial one, `(n, time, h)`."""

    @property
    def last(self) -> tuple[Array, ...]:
        """The state after the last step: (h, c) of an LSTM, (h,) of a GRU, each (n, h)."""


class LstmWeights(NamedTuple):
    """`w_x (features, 4h)`, `w_h (h, 4h)`, `b (4h)`; columns are the gates i, f, o, g."""

    w_x: Array
    w_h: Array
    b: Array


class LstmSaved(NamedTuple):
    """A plain LSTM's `Recurrence`; steps come first, a step is one block of memory."""

    rows: Array  # (time + 1, h + features + 1, n): [h, x, 1] that each step reads; the last holds h alone
    gates: Array  # (time, 4h, n), after their activations
    cells: Array  # (time + 1, h, n): c before each step, and after the last

    @property
    def states(self) -> Array:
        """Every h after the initial one, `(n, time, h)`."""
        return self.rows[1:, : self.cells.shape[1]].transpose(2, 0, 1)

    @property
    def last(self) -> tuple[Array, ...]:
        """The h and c after the last step, each (n, h)."""
        return self.rows[-1, : self.cells.shape[1]].T, self.cells[-1].T


class LstmGradients(NamedTuple):
    """Gradients of an LSTM's parents; `x` only where it was asked for."""

    x: Array | None
    h0: Array
    c0: Array
    w_x: Array
    w_h: Array
    b: Array


class GruWeights(NamedTuple):
    """`w_x (features, 3h)`, `w_h (h, 3h)`, `b_x` and `b_h (3h)`; columns are the gates r, z, n."""

    w_x: Array
    w_h: Array
    b_x: Array
    b_h: Array


class GruSaved(NamedTuple):
    """A plain GRU's `Recurrence`; a step is one block of memory, feature-major."""

    inputs: Array  # (time, features + 1, n): [x, 1] of each step
    gates: Array  # (time, 3h, n): r, z, n after their activations
    memories: Array  # (time, h, n): what r multiplies, h · w_h + b_h of the n gate
    rows: Array  # (time + 1, h + 1, n): [h, 1] before each step, and after the last

    @property
    def states(self) -> Array:
        """Every h after the initial one, `(n, time, h)`."""
        return self.rows[1:, :-1].transpose(2, 0, 1)

    @property
    def last(self) -> tuple[Array, ...]:
        """The h after the last step, (n, h)."""
        return (self.rows[-1, :-1].T,)


class GruGradients(NamedTuple):
    """Gradients of a GRU's parents; `x` only where it was asked for."""

    x: Array | None
    h0: Array
    w_x: Array
    w_h: Array
    b_x: Array
    b_h: Array


class Activation(StrEnum):
    """The activations that are one function of one number."""

    RELU = "relu"
    LEAKY_RELU = "leaky_relu"
    ELU = "elu"
    TANH = "tanh"
    SIGMOID = "sigmoid"
    SILU = "silu"
    SOFTPLUS = "softplus"
    GELU = "gelu"
    GELU_TANH = "gelu_tanh"


FROM_ANSWER = frozenset({Activation.RELU, Activation.TANH, Activation.SIGMOID})
"""Activations whose gradient is taken from the answer; that of the others is taken from the input."""


class NormalizedRows(NamedTuple):
    """Rows of one scale and weighted, and what backward needs of them."""

    y: Array
    x: Array  # what was normalised: the sum, where two were added
    levels: Array  # (rows, 2): what was subtracted from each row, and what it was multiplied with


class NormalizedGroups(NamedTuple):
    """Groups of channels of one scale and weighted, and what backward needs of them."""

    y: Array
    x: Array
    levels: Array  # (samples, 2, channels): the mean of each channel's group, and what was multiplied with


class AttentionRule(NamedTuple):
    """Which keys a query may look at, and the factor of all scores."""

    mask: Array | None  # broadcasts to (..., queries, keys), True where a query may look
    is_causal: bool  # query i looks at keys up to i
    scale: float


class ChannelMoments(NamedTuple):
    """Of every channel: mean, variance, and what it is multiplied with, 1 / sqrt(variance + epsilon)."""

    mean: Array
    variance: Array
    scale: Array


class ChannelOperands(NamedTuple):
    """What backward of `normalize_channels` needs; `y` is its answer if that was rectified."""

    x: Array
    w: Array
    moments: ChannelMoments
    y: Array | None


class ChannelGradients(NamedTuple):
    """Gradients of the parents of `normalize_channels`; `more` only where it was asked for."""

    x: Array
    w: Array
    b: Array
    more: Array | None


class Attended(NamedTuple):
    """The answer of attention and the weights that made it, as its own backend keeps them."""

    y: Array
    probabilities: Array | None  # None where they are computed again


class AdamSettings(NamedTuple):
    """What one step of Adam multiplies with; bias corrections are already in `epsilon` and `rate`."""

    keep: float  # of the value, before the step: 1, or less where weight decay shrinks the value itself
    shrink: float  # how much of the value is added to the gradient
    beta1: float
    beta2: float
    epsilon: float
    rate: float


class SgdSettings(NamedTuple):
    """What one step of SGD multiplies with."""

    shrink: float  # how much of the value is added to the gradient
    momentum: float
    is_nesterov: bool
    rate: float


class RmspropSettings(NamedTuple):
    """What one step of RMSprop multiplies with."""

    shrink: float  # how much of the value is added to the gradient
    smoothing: float
    epsilon: float
    momentum: float
    rate: float


class LionSettings(NamedTuple):
    """What one step of Lion multiplies with."""

    keep: float  # of the value, before the step: 1, or less where weight decay shrinks it
    beta1: float
    beta2: float
    rate: float
