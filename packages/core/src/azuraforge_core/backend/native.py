"""The CPU backend of compiled kernels: float32 goes to `kernels.cpu`, everything else to the plain version.

float64 is for checks, where speed does not count; an op or a shape that has no kernel is computed plainly. Both give
the same numbers to 1e-5. Kernels are loaded when an op first needs one; if that fails and nobody insisted on them, the
rest of the process computes plainly, and that is said once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

from azuraforge_core.backend import activation
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.dtypes import Array, float32
from azuraforge_core.errors import KernelError, KernelsMissing
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
from azuraforge_core.kernels.cpu import (
    attention,
    batch_norm,
    convolution,
    cross_entropy,
    elementwise,
    gru,
    linear,
    loss,
    lstm,
    normalization,
    optimizer,
    pooling,
)
from azuraforge_core.kernels.cpu.launch import is_listened, load_pool

_log = logging.getLogger(__name__)

FEW = 1 << 5
"""Below so many numbers a launch costs more than an activation in plain array code."""

SOME = 1 << 12
"""From so many numbers on a kernel takes less time than its launch."""

MANY = 1 << 17
"""From so many numbers on a kernel adds faster than NumPy."""


@dataclass(frozen=True)
class NativeBackend(ReferenceBackend):
    """Fused ops by kernels where there is one for the operands; `protocol.Backend` says what each op does."""

    is_required: bool = False

    def matmul(self, a: Array, b: Array) -> Array:
        """See `kernels.cpu.linear`."""
        if a.ndim == 2 and b.ndim == 2 and self.takes(a, b) and a.size and b.size:
            return linear.matmul(a, b)
        return super().matmul(a, b)

    def linear(self, x: Array, w: Array, b: Array | None, *, is_rectified: bool) -> Array:
        """See `kernels.cpu.linear`."""
        if self.takes(x) and x.size and w.size:
            return linear.linear(x, w, b, is_rectified=is_rectified)
        return super().linear(x, w, b, is_rectified=is_rectified)

    def linear_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `kernels.cpu.linear`."""
        if self.takes(g) and g.size and operands.w.size:
            return linear.linear_vjp(g, operands, needs=needs, memory=memory)
        return super().linear_vjp(g, operands, needs=needs, memory=memory)

    def squared_error(self, prediction: Array, target: Array) -> tuple[Array, Array]:
        """See `kernels.cpu.loss`."""
        if prediction.size >= SOME and self.takes(prediction, target):
            return loss.squared_error(prediction, target)
        return super().squared_error(prediction, target)

    def squared_error_vjp(self, difference: Array, *, factor: Array) -> Array:
        """See `kernels.cpu.loss`."""
        if difference.size >= SOME and difference.flags.c_contiguous and self.takes(difference):
            return loss.scaled(difference, float(factor))
        return super().squared_error_vjp(difference, factor=factor)

    def cross_entropy(self, logits: Array, labels: Array, *, smoothing: float) -> CrossEntropy:
        """See `kernels.cpu.cross_entropy`."""
        compute = cross_entropy.cross_entropy if self.takes(logits) else super().cross_entropy
        return compute(logits, labels, smoothing=smoothing)

    def cross_entropy_vjp(
        self, probabilities: Array, labels: Array, *, smoothing: float, share: Array | float
    ) -> Array:
        """See `kernels.cpu.cross_entropy`."""
        compute = cross_entropy.cross_entropy_vjp if self.takes(probabilities) else super().cross_entropy_vjp
        return compute(probabilities, labels, smoothing=smoothing, share=share)

    def adam(self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: AdamSettings) -> None:
        """See `kernels.cpu.optimizer`."""
        update = optimizer.adam if self.takes(values) else super().adam
        update(values, gradients, moments=moments, settings=settings)

    def sgd(self, values: Array, gradients: Array, *, velocity: Array, settings: SgdSettings) -> None:
        """See `kernels.cpu.optimizer`."""
        update = optimizer.sgd if self.takes(values) else super().sgd
        update(values, gradients, velocity=velocity, settings=settings)

    def rmsprop(
        self, values: Array, gradients: Array, *, moments: tuple[Array, Array], settings: RmspropSettings
    ) -> None:
        """See `kernels.cpu.optimizer`."""
        update = optimizer.rmsprop if self.takes(values) else super().rmsprop
        update(values, gradients, moments=moments, settings=settings)

    def lion(self, values: Array, gradients: Array, *, first: Array, settings: LionSettings) -> None:
        """See `kernels.cpu.optimizer`."""
        update = optimizer.lion if self.takes(values) else super().lion
        update(values, gradients, first=first, settings=settings)

    def convolve(
        self, x: Array, w: Array, b: Array | None = None, *, window: Window, is_rectified: bool = False
    ) -> Array:
        """See `kernels.cpu.convolution`."""
        if self._convolves(x, w, window=window):
            return convolution.convolve(x, w, b, window=window, is_rectified=is_rectified)
        return super().convolve(x, w, b, window=window, is_rectified=is_rectified)

    def convolve_vjp(
        self,
        g: Array,
        operands: LinearOperands,
        *,
        window: Window,
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `kernels.cpu.convolution`."""
        if self._convolves(operands.x, operands.w, window=window):
            return convolution.convolve_vjp(g, operands, window=window, needs=needs, memory=memory)
        return super().convolve_vjp(g, operands, window=window, needs=needs, memory=memory)

    def convolve_pool(
        self, x: Array, w: Array, b: Array | None, *, window: Window, pool: Window
    ) -> tuple[Array, Array]:
        """See `kernels.cpu.convolution`."""
        if self._convolves(x, w, window=window) and convolution.takes_pool(pool):
            return convolution.convolve_pool(x, w, b, window=window, pool=pool)
        return super().convolve_pool(x, w, b, window=window, pool=pool)

    def convolve_pool_vjp(
        self,
        g: Array,
        operands: PooledOperands,
        *,
        windows: tuple[Window, Window],
        needs: tuple[bool, bool, bool],
        memory: tuple[Array | None, Array | None],
    ) -> LinearGradients:
        """See `kernels.cpu.convolution`."""
        if self._convolves(operands.x, operands.w, window=windows[0]) and convolution.takes_pool(windows[1]):
            return convolution.convolve_pool_vjp(g, operands, windows=windows, needs=needs, memory=memory)
        return super().convolve_pool_vjp(g, operands, windows=windows, needs=needs, memory=memory)

    def convolve_input_vjp(self, g: Array, w: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """See `kernels.cpu.convolution`."""
        if self._convolves(g, w, window=window) and 0 not in space:
            return convolution.convolve_input_vjp(convolution.Incoming(g), w, window=window, space=space)
        return super().convolve_input_vjp(g, w, window=window, space=space)

    def convolve_weight_vjp(self, x: Array, g: Array, *, window: Window) -> Array:
        """See `kernels.cpu.convolution`."""
        if self._convolves(x, g, window=window):
            return convolution.convolve_weight_vjp(x, convolution.Incoming(g), window=window)[0]
        return super().convolve_weight_vjp(x, g, window=window)

    def max_pool(self, x: Array, *, window: Window) -> tuple[Array, Array]:
        """See `kernels.cpu.pooling`."""
        if self._pools(x, window) and pooling.numbers_places(window):
            return pooling.max_pool(x, window=window)
        return super().max_pool(x, window=window)

    def max_pool_vjp(self, g: Array, chosen: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """See `kernels.cpu.pooling`."""
        if self._pools(g, window) and pooling.numbers_places(window):
            return pooling.max_pool_vjp(g, chosen, window=window, space=space)
        return super().max_pool_vjp(g, chosen, window=window, space=space)

    def average_pool(self, x: Array, *, window: Window) -> Array:
        """See `kernels.cpu.pooling`."""
        if self._pools(x, window):
            return pooling.average_pool(x, window=window)
        return super().average_pool(x, window=window)

    def average_pool_vjp(self, g: Array, *, window: Window, space: tuple[int, ...]) -> Array:
        """See `kernels.cpu.pooling`."""
        if self._pools(g, window):
            return pooling.average_pool_vjp(g, window=window, space=space)
        return super().average_pool_vjp(g, window=window, space=space)

    def _pools(self, x: Array, window: Window) -> bool:
        return self.takes(x) and bool(x.size) and pooling.takes_pooling(window)

    def channel_moments(self, x: Array, *, epsilon: float) -> ChannelMoments:
        """See `kernels.cpu.batch_norm`."""
        if self.takes(x) and x.size:
            return batch_norm.channel_moments(x, epsilon=epsilon)
        return super().channel_moments(x, epsilon=epsilon)

    def normalize_channels(
        self,
        x: Array,
        affine: tuple[Array, Array],
        moments: ChannelMoments,
        *,
        more: Array | None,
        is_rectified: bool,
    ) -> Array:
        """See `kernels.cpu.batch_norm`."""
        if self.takes(x) and x.size:
            return batch_norm.normalize_channels(x, affine, moments, more=more, is_rectified=is_rectified)
        return super().normalize_channels(x, affine, moments, more=more, is_rectified=is_rectified)

    def normalize_channels_vjp(
        self, g: Array, operands: ChannelOperands, *, is_fixed: bool, needs_more: bool
    ) -> ChannelGradients:
        """See `kernels.cpu.batch_norm`."""
        if self.takes(g) and g.size:
            return batch_norm.normalize_channels_vjp(g, operands, is_fixed=is_fixed, needs_more=needs_more)
        return super().normalize_channels_vjp(g, operands, is_fixed=is_fixed, needs_more=needs_more)

    def _convolves(self, x: Array, w: Array, *, window: Window) -> bool:
        return self.takes(x) and bool(x.size and w.size) and convolution.takes_window(window)

    def add(self, a: Array, b: Array) -> Array:
        """See `kernels.cpu.elementwise`. NumPy has a small sum before a kernel starts; a replay needs a launch."""
        is_alike = a.size == b.size and a.shape[a.ndim - b.ndim :] == b.shape
        if is_alike and (a.size >= MANY or is_listened()) and self.takes(a, b):
            return elementwise.add(a, b)
        return super().add(a, b)

    def activate(self, kind: Activation, x: Array, *, setting: float) -> Array:
        """See `kernels.cpu.elementwise`."""
        if x.size < FEW or not self.takes(x):
            return activation.activate(self.xp, kind, x, setting=setting)
        return elementwise.activate(kind, x, setting=setting)

    def activate_vjp(self, kind: Activation, g: Array, saved: Array, *, setting: float) -> Array:
        """See `kernels.cpu.elementwise`."""
        if g.size < FEW or not self.takes(g):
            return activation.activate_vjp(self.xp, kind, g, saved=saved, setting=setting)
        return elementwise.activate_vjp(kind, g, saved, setting=setting)

    def normalize_rows(
        self, x: Array, w: Array, b: Array | None, *, epsilon: float, is_centred: bool, other: Array | None = None
    ) -> NormalizedRows:
        """See `kernels.cpu.normalization`."""
        apply = normalization.normalize_rows if self.takes(x) else super().normalize_rows
        return apply(x, w, b, epsilon=epsilon, is_centred=is_centred, other=other)

    def normalize_rows_vjp(
        self, g: Array, saved: NormalizedRows, w: Array, *, is_centred: bool, beside: Array | None = None
    ) -> tuple[Array, Array, Array]:
        """See `kernels.cpu.normalization`."""
        apply = normalization.normalize_rows_vjp if self.takes(g) else super().normalize_rows_vjp
        return apply(g, saved, w, is_centred=is_centred, beside=beside)

    def normalize_groups(self, x: Array, w: Array, b: Array, *, groups: int, epsilon: float) -> NormalizedGroups:
        """See `kernels.cpu.normalization`."""
        apply = normalization.normalize_groups if self.takes(x) else super().normalize_groups
        return apply(x, w, b, groups=groups, epsilon=epsilon)

    def normalize_groups_vjp(
        self, g: Array, saved: NormalizedGroups, w: Array, *, groups: int
    ) -> tuple[Array, Array, Array]:
        """See `kernels.cpu.normalization`."""
        apply = normalization.normalize_groups_vjp if self.takes(g) else super().normalize_groups_vjp
        return apply(g, saved, w, groups=groups)

    def attend(self, q: Array, k: Array, v: Array, *, rule: AttentionRule, out: Array | None = None) -> Attended:
        """See `kernels.cpu.attention`."""
        if attention.fits(q, k, v) and self.takes(q, k, v):
            return attention.attend(q, k, v, rule=rule, out=out)
        return super().attend(q, k, v, rule=rule, out=out)

    def attend_vjp(
        self,
        g: Array,
        attended: Attended,
        operands: tuple[Array, Array, Array],
        *,
        rule: AttentionRule,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Array, Array, Array]:
        """See `kernels.cpu.attention`."""
        if attention.fits(*operands) and self.takes(g, *operands):
            return attention.attend_vjp(g, attended, operands, rule=rule, out=out)
        return super().attend_vjp(g, attended, operands, rule=rule, out=out)

    def lstm(self, x: Array, state: tuple[Array, Array], weights: LstmWeights, *, keeps: bool = True) -> Recurrence:
        """See `kernels.cpu.lstm`."""
        if self.takes(x) and x.size and state[0].size:
            return lstm.lstm(x, state, weights, keeps=keeps)
        return super().lstm(x, state, weights, keeps=keeps)

    def lstm_vjp(
        self,
        saved: Recurrence,
        weights: LstmWeights,
        gradients: tuple[Array | None, Array | None, Array | None],
        *,
        needs_x: bool,
    ) -> LstmGradients:
        """See `kernels.cpu.lstm`."""
        if isinstance(saved, lstm.LstmRun):
            return lstm.lstm_vjp(saved, weights, gradients, needs_x=needs_x)
        return super().lstm_vjp(saved, weights, gradients, needs_x=needs_x)

    def gru(self, x: Array, h0: Array, weights: GruWeights, *, keeps: bool = True) -> Recurrence:
        """See `kernels.cpu.gru`."""
        if self.takes(x) and x.size and h0.size:
            return gru.gru(x, h0, weights, keeps=keeps)
        return super().gru(x, h0, weights, keeps=keeps)

    def gru_vjp(
        self, saved: Recurrence, weights: GruWeights, gradients: tuple[Array | None, Array | None], *, needs_x: bool
    ) -> GruGradients:
        """See `kernels.cpu.gru`."""
        if isinstance(saved, gru.GruRun):
            return gru.gru_vjp(saved, weights, gradients, needs_x=needs_x)
        return super().gru_vjp(saved, weights, gradients, needs_x=needs_x)

    def takes(self, *arrays: Array) -> bool:
        """Whether kernels are there and made for these arrays' dtype."""
        for array in arrays:
            if array.dtype != float32:
                return False
        return _can_load(is_required=self.is_required)


@cache
def _can_load(*, is_required: bool) -> bool:
    try:
        load_pool()
    except (KernelError, ImportError, OSError) as error:  # a wheel of the compiler may be there and not fit the machine
        if is_required:
            raise KernelsMissing(f"compiled kernels are required and cannot be had: {error}") from error
        _log.warning("computing in plain NumPy, several times slower: %s", error)
        return False
    return True
