"""Sequential: layers in a row."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Tensor
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.activations import ReLU
from azuraforge_learner.layers.layer import Layer
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
        """Whatever the last layer answers; a layer and the ReLU after it are asked for together."""
        position = 0
        while position < len(self.layers):
            layer = self.layers[position]
            is_rectified = position + 1 < len(self.layers) and type(self.layers[position + 1]) is ReLU
            x = layer.forward_rectified(x) if is_rectified else layer(x)
            position += 2 if is_rectified else 1
        return x
