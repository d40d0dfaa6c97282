"""Sequential: layers in a row."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Tensor
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.activations import ReLU
from azuraforge_learner.layers.convolution import Conv2D
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.pooling import MaxPool2D
from azuraforge_learner.layers.spec import LayerSpec, no_flops, no_parameters, same_shape


class Sequential(Layer):
    """Gives each layer's answer to the next one; paths are `0.weight`, `1.bias` and so on.

    In a graph it is a document of its own, so its spec has no parameters: see `azuraforge_learner.layers.graph`.
    """

    spec: ClassVar = LayerSpec(
        type="Sequential",
        version=1,
        title={"tr": "Sıralı", "en": "Sequential"},
        description={"tr": "Katmanları art arda çalıştırır.", "en": "Runs layers one after the other."},
        parameters=(),
        shape_of=same_shape,
        parameters_of=no_parameters,
        flops_of=no_flops,
    )

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            raise LayerInvalid("Sequential needs at least one layer")
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """Whatever the last layer answers."""
        return run_layers(x, self.layers)


def run_layers(x: Tensor, layers: tuple[Layer, ...]) -> Tensor:
    """The layers in a row; those that can be computed together are asked together."""
    position = 0
    while position < len(layers):
        x, taken = _answer(x, layers[position : position + 3])
        position += taken
    return x


def _answer(x: Tensor, layers: tuple[Layer, ...]) -> tuple[Tensor, int]:
    """What the first layers answer, and how many those were: with its ReLU, and a convolution with its pooling."""
    first, *others = layers
    if not others or type(others[0]) is not ReLU:
        return first(x), 1
    pool = others[1] if len(others) > 1 else None
    if type(first) is Conv2D and type(pool) is MaxPool2D and pool.is_side_by_side:
        return first.forward_pooled(x, kernel=pool.kernel), 3
    return first.forward_rectified(x), 2
