"""Dropout: forgets a random part in training, so that no unit relies on one other."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner.errors import GeneratorMissing
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.spec import (
    LayerSpec,
    SettingKind,
    SettingSpec,
    no_parameters,
    one_per_number,
    same_shape,
)


class Dropout(Layer):
    """Sets each value to zero with probability `p` in training and scales the rest by 1/(1-p); nothing in use.

    Without a `generator` the Learner gives it one that is spawned from the training's seed.
    """

    spec: ClassVar = LayerSpec(
        type="Dropout",
        version=1,
        title={"tr": "Seyreltme", "en": "Dropout"},
        description={
            "tr": "Eğitimde değerlerin rastgele bir bölümünü sıfırlar; ezberlemeyi zorlaştırır.",
            "en": "Zeroes a random part of the values in training, which makes memorising harder.",
        },
        parameters=(SettingSpec("p", SettingKind.NUMBER, minimum=0.0, maximum=0.99),),
        shape_of=same_shape,
        parameters_of=no_parameters,
        flops_of=one_per_number,
        onnx_op="Dropout",
    )

    def __init__(self, p: float, *, generator: Generator | None = None) -> None:
        self.spec.resolve({"p": p})
        self.p = p
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`.

        Raises:
            GeneratorMissing: in training, when neither the caller nor a Learner gave a generator.
        """
        if not self.is_training or self.p == 0.0:
            return x
        if self.generator is None:
            raise GeneratorMissing("Dropout trains without a generator: pass generator=… or train through a Learner")
        return ops.dropout(x, p=self.p, generator=self.generator, is_training=True)
