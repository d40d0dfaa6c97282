"""The backend in plain array code: oracle of every kernel, fallback where there is none."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.backend import (
    activation,
    attention,
    batch_norm,
    convolution,
    cross_entropy,
    gru,
    linear,
    loss,
    lstm,
    normalization,
    optimizer,
    pooling,
)
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
    GruSaved,
    GruWeights,
    LinearGradients,
    LinearOperands,
    LionSettings,
    LstmGradients,
    LstmSaved,
    LstmWeights,
    NormalizedGroups,
    NormalizedRows,
    PooledOperands,
    Recurrence,
    RmspropSettings,
    SgdSettings,
    Window,
)


@dataclass(frozen=True)
class ReferenceBackend:
    """Every fused op over the array functions of `xp` (NumPy or CuPy); `protocol.Backend` says what each does."""

    xp: ArrayModule

    def matmul(self, a: Array, b: Array) -> Array:
        """Product of matrices, by NumPy's rules."""
        return self.xp.matmul(a, b)

    def linear(self, x: Array, w: Array, b: Array | None, *, is_rectified: bool) -> Array:
        """See `linear.linear`."""
        return linear.linear(self.xp, x, w, b, is_rectified=is_rectified)

    def linear_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `linear.linear_vjp`."""
        return linear.linear_vjp(self.xp, g, operands, needs=needs, memory=memory)

    def squared_error(self, prediction: Array, target: Array) -> tuple[Array, Array]:
        """See `loss.squared_error`."""
        return loss.squared_error(self.xp, prediction, target)

    def squared_error_vjp(self, difference: Array, *, factor: Array) -> Array:
        """`difference` times one number."""
        return difference * factor

    def cross_entropy(self, logits: Array, labels: Array, *, smoothing: float) -> CrossEntropy:
        """See `cross_entropy.cross_entropy`."""
        return cross_entropy.cross_entropy(self.xp, logits, labels, smoothing=smoothing)

    def cross_entropy_vjp(
        self, probabilities: Array, labels: Array, *, smoothing: float, share: Array | float
    ) -> Array:
        """See `cross_entropy.cross_entropy_vjp`."""
        return cross_entropy.cross_entropy_vjp(self.xp, probabilities, labels, smoothing=smoothing, share=share)

    def lstm(
        self,
        x: Array,
        state: tuple[Array, Array],
        weights: LstmWeights,
        *,
        keeps: bool = True,  # noqa: ARG002 - it keeps everything
    ) -> Recurrence:
        """See `lstm.lstm`."""
        return lstm.lstm(self.xp, x, state=state, weights=weights)

    def lstm_vjp(
        self,
        saved: Recurrence,
        weights: LstmWeights,
        gradients: tuple[Array | None, Array | None, Array | None],
        *,
        needs_x: bool,
    ) -> LstmGradients:
        """See `lstm.lstm_vjp`."""
        if not isinstance(saved, LstmSaved):
            raise TypeError(f"an LSTM that another backend ran: {type(saved).__name__}")
        return lstm.lstm_vjp(self.xp, saved, weights=weights, gradients=gradients, needs_x=needs_x)

    def gru(
        self,
        x: Array,
        h0: Array,
        weights: GruWeights,
        *,
        keeps: bool = True,  # noqa: ARG002 - it keeps everything
    ) -> Recurrence:
        """See `gru.gru`."""
        return gru.gru(self.xp, x, h0, weights=weights)

    def gru_vjp(
        self, saved: Recurrence, weights: GruWeights, gradients: tuple[Array | None, Array | None], *, needs_x: bool
    ) -> GruGradients:
        """See `gru.gru_vjp`."""
        if not isinstance(saved, GruSaved):
            raise TypeError(f"a GRU that another backend ran: {type(saved).__name__}")
        return gru.gru_vjp(self.xp, saved, weights=weights, gradients=gradients, needs_x=needs_x)

    def convolve(
        self, x: Array, w: Array, b: Array | None = None, *, window: Window, is_rectified: bool = False
    ) -> Array:
        """See `convolution.convolve`."""
        return convolution.convolve(self.xp, x, w, b, window=window, is_rectified=is_rectified)

    def convolve_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        window: Window,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `convolution.convolve_vjp`."""
        return convolution.convolve_vjp(self.xp, g, operands, window=window, needs=needs, memory=memory)

    def convolve_pool(
        self, x: Array, w: Array, b: Array | None, *, window: Window, pool: Window
    ) -> tuple[Array, Array]:
        """See `convolution.convolve_pool`."""
        return convolution.convolve_pool(self.xp, x, w, b, window=window, pool=pool)

    def convolve_pool_vjp(
        self,
        g: Array,
        operands: PooledOperands,
        *,
        windows: tuple[Window, Window],
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `convolution.convolve_pool_vjp`."""
        return convolution.convolve_pool_vjp(self.xp, g, operands, windows=windows, needs=needs, memory=memory)

    def convolve_input_vjp(self, g: Array, w: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """See `convolution.convolve_input_vjp`."""
        return convolution.convolve_input_vjp(self.xp, g, w, window=window, space=space)

    def convolve_weight_vjp(self, x: Array, g: Array, *, window: Window) -> Array:
        """See `convolution.convolve_weight_vjp`."""
        return convolution.convolve_weight_vjp(self.xp, x, g, window=window)

    def max_pool(self, x: Array, *, window: Window) -> tuple[Array, Array]:
        """See `pooling.max_pool`."""
        return pooling.max_pool(self.xp, x, window=window)

    def max_pool_vjp(self, g: Array, chosen: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """See `pooling.max_pool_vjp`."""
        return pooling.max_pool_vjp(self.xp, g, chosen, window=window, space=space)

    def average_pool(self, x: Array, *, window: Window) -> Array:
        """See `pooling.average_pool`."""
        return pooling.average_pool(self.xp, x, window=window)

    def average_pool_vjp(self, g: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """See `pooling.average_pool_vjp`."""
        return pooling.average_pool_vjp(self.xp, g, window=window, space=space)

    def channel_moments(self, x: Array, *, epsilon: float) -> ChannelMoments:
        """See `batch_norm.channel_moments`."""
        return batch_norm.channel_moments(self.xp, x, epsilon=epsilon)

    def normalize_channels(
        self,
        x: Array,
        affine: tuple[Array, Array],
        moments: ChannelMoments,
        *,
        more: Array | None,
        is_rectified: bool,
    ) -> Array:
        """See `batch_norm.normalize_channels`."""
        return batch_norm.normalize_channels(self.xp, x, affine, moments, more=more, is_rectified=is_rectified)

    def normalize_channels_vjp(
        self, g: Array, operands: ChannelOperands, *, is_fixed: bool, needs_more: bool
    ) -> ChannelGradients:
        """See `batch_norm.normalize_channels_vjp`."""
        return batch_norm.normalize_channels_vjp(self.xp, g, operands, is_fixed=is_fixed, needs_more=needs_more)

    def add(self, a: Array, b: Array) -> Array:
        """The sum, by NumPy's rules."""
        return self.xp.add(a, b)

    def activate(self, kind: Activation, x: Array, *, setting: float) -> Array:
        """See `activation.activate`."""
        return activation.activate(self.xp, kind, x, setting=setting)

    def activate_vjp(self, kind: Activation, g: Array, saved: Array, *, setting: float) -> Array:
        """See `activation.activate_vjp`."""
        return activation.activate_vjp(self.xp, kind, g, saved=saved, setting=setting)

    def normalize_rows(
        self, x: Array, w: Array, b: Array | None, *, epsilon: float, is_centred: bool, other: Array | None = None
    ) -> NormalizedRows:
        """See `normalization.normalize_rows`."""
        return normalization.normalize_rows(self.xp, x, w, b=b, epsilon=epsilon, is_centred=is_centred, other=other)

    def normalize_rows_vjp(
        self, g: Array, saved: NormalizedRows, w: Array, *, is_centred: bool, beside: Array | None = None
    ) -> tuple[Array, Array, Array]:
        """See `normalization.normalize_rows_vjp`."""
        return normalization.normalize_rows_vjp(self.xp, g, saved, w=w, is_centred=is_centred, beside=beside)

    def normalize_groups(self, x: Array, w: Array, b: Array, *, groups: int, epsilon: float) -> NormalizedGroups:
        """See `normalization.normalize_groups`."""
        return normalization.normalize_groups(self.xp, x, w, b=b, groups=groups, epsilon=epsilon)

    def normalize_groups_vjp(
        self, g: Array, saved: NormalizedGroups, w: Array, *, groups: int
    ) -> tuple[Array, Array, Array]:
        """See `normalization.normalize_groups_vjp`."""
        return normalization.normalize_groups_vjp(self.xp, g, saved, w=w, groups=groups)

    def attend(self, q: Array, k: Array, v: Array, *, rule: AttentionRule, out: Array | None = None) -> Attended:
        """See `attention.attend`."""
        return attention.attend(self.xp, q, k, v, rule=rule, out=out)

    def attend_vjp(
        self,
        g: Array,
        attended: Attended,
        operands: tuple[Array, Array, Array],
        *,
        rule: AttentionRule,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Array, Array, Array]:
        """See `attention.attend_vjp`."""
        return attention.attend_vjp(self.xp, g, attended, operands=operands, rule=rule, out=out)

    def adam(self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings) -> None:
        """See `optimizer.adam`."""
        optimizer.adam(self.xp, values, gradients, moments=moments, settings=settings)

    def sgd(self, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
        """See `optimizer.sgd`."""
        optimizer.sgd(self.xp, values, gradients, velocity=velocity, settings=settings)

    def rmsprop(
        self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: RmspropSettings
    ) -> None:
        """See `optimizer.rmsprop`."""
        optimizer.rmsprop(self.xp, values, gradients, moments=moments, settings=settings)

    def lion(self, values: Array, gradients: Array, *, first: Array, settings: LionSettings) -> None:
        """See `optimizer.lion`."""
        optimizer.lion(self.xp, values, gradients, first=first, settings=settings)
