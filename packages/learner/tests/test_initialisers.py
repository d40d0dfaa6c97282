"""First values: of the right size, from the generator alone."""

import math

import numpy as np

from azuraforge_core import Generator
from azuraforge_learner.initialisers import fan_in_uniform, glorot_uniform, he_normal, orthogonal, zeros


def test_fan_in_uniform_fills_its_range() -> None:
    values = fan_in_uniform((100, 400), fan_in=100, generator=Generator(0))
    assert values.dtype == np.float32
    assert -0.1 <= values.min() < -0.099
    assert 0.099 < values.max() <= 0.1


def test_deviations_follow_the_formulas() -> None:
    glorot = glorot_uniform((300, 100), generator=Generator(0))
    he = he_normal((200, 400), generator=Generator(0))
    assert abs(glorot.std() / math.sqrt(2 / 400) - 1) < 0.02
    assert abs(he.std() / math.sqrt(2 / 200) - 1) < 0.02
    assert he.dtype == glorot.dtype == np.float32


def test_orthogonal_keeps_lengths() -> None:
    for shape in ((4, 7), (7, 4), (5, 5)):
        q = orthogonal(shape, generator=Generator(1)).astype(np.float64)
        product = q @ q.T if shape[0] <= shape[1] else q.T @ q
        np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-6)


def test_same_generator_same_values() -> None:
    for make in (he_normal, orthogonal, glorot_uniform):
        assert np.array_equal(make((3, 4), generator=Generator(5)), make((3, 4), generator=Generator(5)))
    assert not zeros((2, 2)).any()
