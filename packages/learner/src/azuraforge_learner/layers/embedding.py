"""Embedding: a row of trained numbers for every whole number."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, SettingSpec, no_flops, size_setting

MAX_COUNT = 10_000_000
"""Most rows that a document may ask for."""


class Embedding(Layer):
    """`x (n, ...)` of whole numbers from 0 to count - 1 gives `(n, ..., width)`.

    `weight (count, width)`, normal at first.
    """

    spec: ClassVar = LayerSpec(
        type="Embedding",
        version=1,
        title={"tr": "Gömme", "en": "Embedding"},
        description={
            "tr": "Her tam sayıya (sözcük, ürün, kategori) öğrenilen bir sayı satırı verir.",
            "en": "Gives every whole number (a word, a product, a category) a learned row of numbers.",
        },
        parameters=(
            SettingSpec("count", SettingKind.INTEGER, minimum=1, maximum=MAX_COUNT),
            size_setting("width"),
        ),
        shape_of=lambda settings, shape: (*shape, int(settings["width"])),
        parameters_of=lambda settings: int(settings["count"]) * int(settings["width"]),
        flops_of=no_flops,
        onnx_op="Gather",
        is_drawn=True,
    )

    def __init__(self, count: int, width: int, *, generator: Generator) -> None:
        self.count, self.width = count, width
        self.spec.resolve(self.settings())
        self.weight = Parameter(generator.normal((count, width)))

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, ...)` whole numbers → `(n, ..., width)`.

        Raises:
            DtypeError: `x` holds no whole numbers.
            IndexOutOfRange: one is below 0 or not below `count`.
        """
        return ops.embedding(x, self.weight)
