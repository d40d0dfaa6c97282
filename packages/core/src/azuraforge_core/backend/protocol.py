"""What a device must offer: the array functions that small ops are written in, and the fused ops.

`ArrayModule` is the part of NumPy's interface that ops may use; CuPy offers the same names. `Backend` adds the ops
that a device may do better than one array function after the other. Ops call both and never ask which device it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeAlias

from azuraforge_core.dtypes import Array

# The argument lists are NumPy's own; repeating its overloads here would only be a second, worse copy of its stubs.
ArrayFunction: TypeAlias = Callable[..., Array]


class Ufunc(Protocol):
    """An elementwise function that can also scatter: `add.at(array, index, values)`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Array:
        """Apply it to every element."""

    def at(self, array: Array, index: Any, values: Any, /) -> None:
        """Apply it in place at `index`, once per occurrence."""


class ArrayModule(Protocol):
    """The part of NumPy that ops may use."""

    absolute: ArrayFunction
    add: Ufunc
    arange: ArrayFunction
    asarray: ArrayFunction
    ascontiguousarray: ArrayFunction
    broadcast_to: ArrayFunction
    clip: ArrayFunction
    concatenate: ArrayFunction
    copysign: ArrayFunction
    cos: ArrayFunction
    divide: ArrayFunction
    einsum: ArrayFunction
    empty: ArrayFunction
    empty_like: ArrayFunction
    equal: ArrayFunction
    exp: ArrayFunction
    expm1: ArrayFunction
    flip: ArrayFunction
    full: ArrayFunction
    greater: ArrayFunction
    greater_equal: ArrayFunction
    isfinite: ArrayFunction
    less: ArrayFunction
    less_equal: ArrayFunction
    log1p: ArrayFunction
    log: ArrayFunction
    logaddexp: ArrayFunction
    matmul: ArrayFunction
    maximum: ArrayFunction
    minimum: ArrayFunction
    moveaxis: ArrayFunction
    multiply: ArrayFunction
    not_equal: ArrayFunction
    ones: ArrayFunction
    ones_like: ArrayFunction
    pad: ArrayFunction
    power: ArrayFunction
    put_along_axis: Callable[..., None]
    sign: ArrayFunction
    sin: ArrayFunction
    split: Callable[..., list[Array]]
    sqrt: ArrayFunction
    square: ArrayFunction
    squeeze: ArrayFunction
    stack: ArrayFunction
    subtract: ArrayFunction
    sum: ArrayFunction
    take_along_axis: ArrayFunction
    tanh: ArrayFunction
    tril: ArrayFunction
    where: ArrayFunction
    zeros: ArrayFunction
    zeros_like: ArrayFunction


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


class Backend(Protocol):
    """One device."""

    @property
    def xp(self) -> ArrayModule:
        """The array functions."""

    def matmul(self, a: Array, b: Array) -> Array:
        """Product of matrices; leading axes broadcast."""

    def linear(self, x: Array, w: Array, b: Array | None, *, is_rectified: bool) -> Array:
        """`x (m, k) @ w (k, n) + b (n)`; with `is_rectified` its positive part."""

    def linear_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """Backward of `linear`: which of x, w and b need one, and where those of w and b may be written."""

    def squared_error(self, prediction: Array, target: Array) -> tuple[Array, Array]:
        """Sum of the squared differences of two arrays of one shape, and the differences."""

    def squared_error_vjp(self, difference: Array, *, factor: Array) -> Array:
        """`difference` times one number."""

    def cross_entropy(self, logits: Array, labels: Array, *, smoothing: float) -> CrossEntropy:
        """Losses of `logits (n, classes)` for `labels (n)`, which are whole numbers below the number of classes."""

    def cross_entropy_vjp(
        self, probabilities: Array, labels: Array, *, smoothing: float, share: Array | float
    ) -> Array:
        """Gradient of the logits when every row's loss counts with `share`."""

    def lstm(self, x: Array, state: tuple[Array, Array], weights: LstmWeights, *, keeps: bool = True) -> Recurrence:
        """Run an LSTM over `x (n, time, features)` from `state` (h, c), each (n, h).

        What backward needs may be left out unless it `keeps` it.
        """

    def lstm_vjp(
        self,
        saved: Recurrence,
        weights: LstmWeights,
        gradients: tuple[Array | None, Array | None, Array | None],
        *,
        needs_x: bool,
    ) -> LstmGradients:
        """Backward of `lstm`; `gradients` are those of the sequence (n, time, h), of the last h and of the last c."""

    def gru(self, x: Array, h0: Array, weights: GruWeights, *, keeps: bool = True) -> Recurrence:
        """Run a GRU over `x (n, time, features)` from `h0 (n, h)`; `keeps` as for `lstm`."""

    def gru_vjp(
        self, saved: Recurrence, weights: GruWeights, gradients: tuple[Array | None, Array | None], *, needs_x: bool
    ) -> GruGradients:
        """Backward of `gru`; `gradients` are those of the sequence (n, time, h) and of the last h."""

    def convolve(
        self, x: Array, w: Array, b: Array | None = None, *, window: Window, is_rectified: bool = False
    ) -> Array:
        """Cross-correlation of `x (n, *space, c)` with `w (*kernel, c / groups, out)`, and `b (out)`.

        With `is_rectified` its positive part.
        """

    def convolve_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        window: Window,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """Backward of `convolve`, with operands and answer as `linear_vjp` has them."""

    def convolve_pool(
        self, x: Array, w: Array, b: Array | None, *, window: Window, pool: Window
    ) -> tuple[Array, Array]:
        """`max_pool` of what `convolve` rectifies, and what its backward needs to know of the choice.

        The windows of `pool` lie side by side over two axes: its stride is its kernel, without padding or dilation.
        """

    def convolve_pool_vjp(
        self,
        g: Array,
        operands: PooledOperands,
        *,
        windows: tuple[Window, Window],
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """Backward of `convolve_pool`; `windows` are those of the convolution and of the pooling."""

    def convolve_input_vjp(self, g: Array, w: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """Gradient of the input of `convolve`, and forward of a transposed convolution."""

    def convolve_weight_vjp(self, x: Array, g: Array, *, window: Window) -> Array:
        """Gradient of the weights of `convolve`."""

    def max_pool(self, x: Array, *, window: Window) -> tuple[Array, Array]:
        """Largest number of every window, and which kernel position held it first."""

    def max_pool_vjp(self, g: Array, chosen: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """Backward of `max_pool`."""

    def average_pool(self, x: Array, *, window: Window) -> Array:
        """Mean of every window."""

    def average_pool_vjp(self, g: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """Backward of `average_pool`."""

    def channel_moments(self, x: Array, *, epsilon: float) -> ChannelMoments:
        """Mean, variance and scale of every channel of `x (..., channels)`."""

    def normalize_channels(
        self,
        x: Array,
        affine: tuple[Array, Array],
        moments: ChannelMoments,
        *,
        more: Array | None,
        is_rectified: bool,
    ) -> Array:
        """`(x - mean) scale w + b + more`; with `is_rectified` its positive part."""

    def normalize_channels_vjp(
        self, g: Array, operands: ChannelOperands, *, is_fixed: bool, needs_more: bool
    ) -> ChannelGradients:
        """Backward of `normalize_channels`; unless `is_fixed`, mean and scale are those of `x` itself."""

    def add(self, a: Array, b: Array) -> Array:
        """The sum of two arrays that broadcast."""

    def activate(self, kind: Activation, x: Array, *, setting: float) -> Array:
        """Apply an activation; `setting` is the slope, alpha or beta of those that have one."""

    def activate_vjp(self, kind: Activation, g: Array, saved: Array, *, setting: float) -> Array:
        """Backward of `activate`; `saved` is the answer of those in `FROM_ANSWER`, else the input."""

    def normalize_rows(
        self, x: Array, w: Array, b: Array | None, *, epsilon: float, is_centred: bool, other: Array | None = None
    ) -> NormalizedRows:
        """Give each row of `x (rows, n)`, plus `other`, mean 0 (where centred) and mean square 1; times w, plus b."""

    def normalize_rows_vjp(
        self, g: Array, saved: NormalizedRows, w: Array, *, is_centred: bool, beside: Array | None = None
    ) -> tuple[Array, Array, Array]:
        """Gradients of the rows (plus `beside`, what reached the sum on another way), of w and of b."""

    def normalize_groups(self, x: Array, w: Array, b: Array, *, groups: int, epsilon: float) -> NormalizedGroups:
        """Give each group of channels, sample by sample, in `x (n, places, channels)` mean 0 and variance 1; w, b."""

    def normalize_groups_vjp(
        self, g: Array, saved: NormalizedGroups, w: Array, *, groups: int
    ) -> tuple[Array, Array, Array]:
        """Gradients of x, w and b."""

    def attend(self, q: Array, k: Array, v: Array, *, rule: AttentionRule, out: Array | None = None) -> Attended:
        """Scaled dot-product attention; the answer goes to `out`, whose last axis is contiguous, if it is given."""

    def attend_vjp(
        self,
        g: Array,
        attended: Attended,
        operands: tuple[Array, Array, Array],
        *,
        rule: AttentionRule,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Array, Array, Array]:
        """Backward of `attend`, in the broadcast shape of the answer; the gradients go to `out` if it is given."""

    def adam(self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings) -> None:
        """One step of Adam over contiguous rows, in place."""

    def sgd(self, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
        """One step of stochastic gradient descent over contiguous rows, in place."""
