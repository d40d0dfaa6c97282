"""Blocks that add to what `Sequential` can do: a path around layers, and several branches from one input.

In a graph each holds documents of its own: see `azuraforge_learner.layers.graph`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from azuraforge_core import Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.batch_norm import BatchNorm
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.sequential import Sequential, run_layers
from azuraforge_learner.layers.spec import ONE_TO_ONE, LayerSpec, Ports, Shape, no_flops, no_parameters, same_shape

MAX_BRANCHES: Final = 64


def _spec(
    name: str, *, title: dict[str, str], description: dict[str, str], onnx_op: str, ports: Ports = ONE_TO_ONE
) -> LayerSpec:
    return LayerSpec(
        type=name,
        version=1,
        title=title,
        description=description,
        parameters=(),
        shape_of=same_shape,
        parameters_of=no_parameters,
        flops_of=no_flops,  # those of the layers within are counted where the document is: `flops.count_flops`
        onnx_op=onnx_op,
        ports=ports,
    )


class Residual(Layer):
    """`x + layers(x)`, the layers in a row (He 2016): gradients have a path around them.

    Parameters are those of its child `body`, a `Sequential`.
    """

    spec: ClassVar = _spec(
        "Residual",
        title={"tr": "Artık bağlantı", "en": "Residual"},
        description={
            "tr": "Katmanların cevabını girişe ekler; gradyan yanlarından da geçer.",
            "en": "Adds the layers' answer to the input, so that gradients also pass around them.",
        },
        onnx_op="Add",
    )

    def __init__(self, *layers: Layer) -> None:
        self.body = Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`.

        Raises:
            LayerInvalid: the layers answer in another shape; nothing is broadcast.
        """
        return self._add(x, is_rectified=False)

    def forward_rectified(self, x: Tensor) -> Tensor:
        """The same and its ReLU; after a BatchNorm in one op with it."""
        return self._add(x, is_rectified=True)

    def _add(self, x: Tensor, *, is_rectified: bool) -> Tensor:
        *others, last = self.body.layers
        if type(last) is BatchNorm:
            inner = run_layers(x, tuple(others))
            residual_shape(x.shape, inner.shape)
            return last.forward_added(inner, x, is_rectified=is_rectified)
        answer = self.body(x)
        residual_shape(x.shape, answer.shape)
        return ops.relu(x + answer) if is_rectified else x + answer


class Branches(Layer):
    """Gives one input to several branches and joins their answers. A branch that is no `Sequential` becomes one."""

    def __init__(self, *branches: Layer) -> None:
        if not 2 <= len(branches) <= MAX_BRANCHES:
            raise LayerInvalid(f"{type(self).__name__} needs 2 to {MAX_BRANCHES} branches, not {len(branches)}")
        # The type itself: a Sequential of its own kind may do more than run its layers, and must stay one layer.
        self.branches = tuple(branch if type(branch) is Sequential else Sequential(branch) for branch in branches)

    @staticmethod
    @abstractmethod
    def join_shapes(shapes: Sequence[Shape]) -> Shape:
        """Shape of the answer from those of the branches; raises `LayerInvalid` where they do not fit."""

    @staticmethod
    @abstractmethod
    def join(answers: Sequence[Tensor]) -> Tensor:
        """The answer from those of the branches."""

    @staticmethod
    @abstractmethod
    def join_flops(shapes: Sequence[Shape]) -> int:
        """What joining costs, beside the branches."""

    def forward(self, x: Tensor) -> Tensor:
        """Every branch reads `x`; their answers are joined.

        Raises:
            LayerInvalid: the branches' answers do not fit each other.
        """
        answers = [branch(x) for branch in self.branches]
        self.join_shapes([answer.shape for answer in answers])
        return self.join(answers)


class Add(Branches):
    """Sum of what its branches answer, all of one shape; parameters are `0.0.weight`, `1.0.weight` and so on."""

    spec: ClassVar = _spec(
        "Add",
        title={"tr": "Topla", "en": "Add"},
        description={"tr": "Dalların cevaplarını toplar.", "en": "Adds up what its branches answer."},
        onnx_op="Add",
        ports=Ports(inputs=(), is_row=True),
    )

    @staticmethod
    def join_shapes(shapes: Sequence[Shape]) -> Shape:
        """The one shape of all."""
        if len(set(shapes)) > 1:
            raise LayerInvalid(f"Add needs answers of one shape, not {_listed(shapes)}; nothing is broadcast")
        return shapes[0]

    @staticmethod
    def join(answers: Sequence[Tensor]) -> Tensor:
        """From left to right."""
        total = answers[0]
        for answer in answers[1:]:
            total = total + answer
        return total

    @staticmethod
    def join_flops(shapes: Sequence[Shape]) -> int:
        """One addition per number and further answer."""
        return math.prod(shapes[0]) * (len(shapes) - 1)


class Concat(Branches):
    """What its branches answer side by side on the last axis; parameters are `0.0.weight` and so on."""

    spec: ClassVar = _spec(
        "Concat",
        title={"tr": "Birleştir", "en": "Concat"},
        description={
            "tr": "Dalların cevaplarını son eksende yan yana koyar.",
            "en": "Puts what its branches answer side by side on the last axis.",
        },
        onnx_op="Concat",
        ports=Ports(inputs=(), is_row=True),
    )

    @staticmethod
    def join_shapes(shapes: Sequence[Shape]) -> Shape:
        """The widths added up."""
        if not all(shapes) or len({shape[:-1] for shape in shapes}) > 1:
            raise LayerInvalid(f"Concat needs answers that differ on the last axis only, not {_listed(shapes)}")
        is_open = any(shape[-1] == -1 for shape in shapes)
        return (*shapes[0][:-1], -1 if is_open else sum(shape[-1] for shape in shapes))

    @staticmethod
    def join(answers: Sequence[Tensor]) -> Tensor:
        """In the order of the branches."""
        return ops.concat(answers, axis=-1)

    @staticmethod
    def join_flops(shapes: Sequence[Shape]) -> int:
        """None: numbers are only moved."""
        del shapes
        return 0


def residual_shape(given: Shape, answered: Shape) -> Shape:
    """The shape, which must not have changed on the way through the layers.

    Raises:
        LayerInvalid: it has.
    """
    if given != answered:
        raise LayerInvalid(f"Residual adds the answer {answered} to its input {given}: both must be of one shape")
    return given


def _listed(shapes: Sequence[Shape]) -> str:
    return ", ".join(str(tuple(shape)) for shape in shapes)
