"""check_layer must fail where a layer cannot train: each planted fault is one that has happened somewhere."""

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner import MSE, SGD, ArrayDataset, DataLoader, Learner
from azuraforge_learner.errors import LayerCheckFailed
from azuraforge_learner.layers import Layer, Linear, Parameter, Sequential
from azuraforge_learner.testing import check_layer

X = Generator(1).normal((4, 3))


class Planted(Layer):
    """A sound layer; subclasses break one thing."""

    def __init__(self) -> None:
        self.weight = Parameter(Generator(0).normal((3, 2)))
        self.bias = Parameter(np.zeros(2, dtype=np.float32))

    def forward(self, x: Tensor) -> Tensor:
        return ops.linear(x, self.weight, self.bias)


class TakesRequiresGradFromItsInput(Planted):
    """The fault of an earlier AzuraForge: nothing ever trained, and no test noticed."""

    def forward(self, x: Tensor) -> Tensor:
        answer = super().forward(x)
        return answer if x.requires_grad else Tensor(answer.data, requires_grad=x.requires_grad)


class ForgetsItsBias(Planted):
    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


class MultipliesByNothing(Planted):
    def forward(self, x: Tensor) -> Tensor:
        return x @ (self.weight * 0.0) + self.bias


class LosesASecondUse(Planted):
    uses = 0

    def forward(self, x: Tensor) -> Tensor:
        self.uses += 1
        return super().forward(x) if self.uses != 3 else super().forward(x).detach()


class ExplodesBackward(Planted):
    def forward(self, x: Tensor) -> Tensor:
        return x @ (self.weight * float("inf")) + self.bias


def test_a_sound_layer_passes() -> None:
    check_layer(Planted(), X)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (TakesRequiresGradFromItsInput(), "not on the tape"),
        (ForgetsItsBias(), "bias: no gradient arrived"),
        (MultipliesByNothing(), "weight: its gradient is zero"),
        (LosesASecondUse(), "used twice before backward"),
        (ExplodesBackward(), "gradient is not finite"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Layer) else "",
)
def test_planted_faults_are_found(layer: Layer, words: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(LayerCheckFailed, match=words):
        check_layer(layer, X)


def moved_parameters(model: Sequential) -> set[str]:
    """Names of the parameters that three batches of training change."""
    before = {name: array.copy() for name, array in model.arrays().items()}
    learner = Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=0.1))
    x = Generator(2).normal((12, 3))
    learner.fit(DataLoader(ArrayDataset(x, x[:, :1] * 2), batch_size=4), epochs=1)
    return {name for name, array in model.arrays().items() if not np.array_equal(array, before[name])}


def test_whole_training_moves_every_parameter_and_notices_the_planted_layer() -> None:
    g = Generator(3)
    sound = Sequential(Planted(), Linear(2, 1, generator=g))
    assert moved_parameters(sound) == set(sound.parameters())
    planted = Sequential(TakesRequiresGradFromItsInput(), Linear(2, 1, generator=g))
    assert moved_parameters(planted) == {"1.weight", "1.bias"}
