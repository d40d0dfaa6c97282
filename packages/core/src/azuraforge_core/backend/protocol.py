"""What a device must offer: the array functions that small ops are written in, and the fused ops.

`ArrayModule` is the part of NumPy's interface that ops may use; `Backend` adds the ops that a device may do better than
one array function after the other. Ops call both and never ask which device it is.
"""

from __future__ import annotations

from typing import Protocol

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import (
    Activation,
    AdamSettings,
    Attended,
    AttentionRule,
    ChannelGradients,
    ChannelMoments,
    ChannelOperands,
    CrossEntropy,
    GruGradients,
    GruWeights,
    LinearGradients,
    LinearOperands,
    LionSettings,
    LstmGradients,
    LstmWeights,
    NormalizedGroups,
    NormalizedRows,
    PooledOperands,
    Recurrence,
    RmspropSettings,
    SgdSettings,
    Window,
)


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

    def rmsprop(
        self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: RmspropSettings
    ) -> None:
        """One step of RMSprop over contiguous rows, in place; `moments` are the mean of squares and the velocity."""

    def lion(self, values: Array, gradients: Array, *, first: Array, settings: LionSettings) -> None:
        """One step of Lion over contiguous rows, in place."""
