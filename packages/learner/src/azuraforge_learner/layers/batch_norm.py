"""BatchNorm: one scale per channel, from the batch in training and from running averages in use."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from azuraforge_core import Array, Tensor, ops
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.normalization import EPSILON, keep_width
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, SettingSpec, one_per_number, size_setting


class BatchNorm(Layer):
    """Mean 0 and variance 1 per channel, then `weight` times that plus `bias` (Ioffe and Szegedy 2015).

    `x (n, ..., channels)`, any number of axes between. In training mean and variance are the batch's, and the buffers
    `running_mean` and `running_variance (channels,)` move towards them by the share `momentum`; in use the buffers
    take their place. The running variance is that of a sample (divided by count - 1), as PyTorch keeps it.
    """

    spec: ClassVar = LayerSpec(
        type="BatchNorm",
        version=1,
        title={"tr": "Yığın normalleştirme", "en": "Batch normalisation"},
        description={
            "tr": "Her kanalı yığının ortalamasıyla ve yayılımıyla ölçekler; kullanımda eğitimin ortalamalarıyla.",
            "en": "Scales each channel by the batch's mean and spread; in use by the averages of training.",
        },
        parameters=(
            size_setting("channels"),
            SettingSpec("momentum", SettingKind.NUMBER, minimum=1e-4, maximum=1.0, default=0.1),
            EPSILON,
        ),
        shape_of=lambda settings, shape: keep_width("BatchNorm", settings, shape, setting="channels"),
        parameters_of=lambda settings: 2 * int(settings["channels"]),
        flops_of=one_per_number,
        onnx_op="BatchNormalization",
    )
    buffer_names: ClassVar = ("running_mean", "running_variance")

    def __init__(self, channels: int, *, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        self.channels, self.momentum, self.epsilon = channels, momentum, epsilon
        self.spec.resolve(self.settings())
        self.weight = Parameter(np.ones(channels, dtype=np.float32))
        self.bias = Parameter(np.zeros(channels, dtype=np.float32))
        self.running_mean: Array = np.zeros(channels, dtype=np.float32)
        self.running_variance: Array = np.ones(channels, dtype=np.float32)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`.

        Raises:
            ShapeError: other channels, or in training fewer than two values per channel.
        """
        return self._normalize(x, more=None, is_rectified=False)

    def forward_rectified(self, x: Tensor) -> Tensor:
        """The same and its ReLU, in one op."""
        return self._normalize(x, more=None, is_rectified=True)

    def forward_added(self, x: Tensor, more: Tensor, *, is_rectified: bool) -> Tensor:
        """The answer and `more` added up, and the ReLU of that if asked for, in one op."""
        return self._normalize(x, more=more, is_rectified=is_rectified)

    def _normalize(self, x: Tensor, *, more: Tensor | None, is_rectified: bool) -> Tensor:
        w, b, epsilon = self.weight, self.bias, self.epsilon
        if not self.is_training:
            mean, variance = self.running_mean, self.running_variance
            return ops.batch_norm_fixed(
                x, w, b, mean=mean, variance=variance, epsilon=epsilon, more=more, is_rectified=is_rectified
            )
        y, mean, variance = ops.batch_norm(x, w, b, epsilon=epsilon, more=more, is_rectified=is_rectified)
        count = math.prod(x.shape[:-1])
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_variance += self.momentum * (variance * (count / (count - 1)) - self.running_variance)
        return y
