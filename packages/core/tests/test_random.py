"""Streams that depend on seed and name alone, and continue where they stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest

from azuraforge_core import Generator
from azuraforge_core.errors import ArgumentError, StateInvalid


def test_one_seed_gives_one_stream() -> None:
    assert (Generator(7).normal((5,)) == Generator(7).normal((5,))).all()
    assert (Generator(7).normal((5,)) != Generator(8).normal((5,))).any()


def test_a_child_depends_on_seed_and_name_alone() -> None:
    early = Generator(7).spawn("dropout").uniform((4,))
    parent = Generator(7)
    parent.normal((100,))
    parent.spawn("other")
    assert (parent.spawn("dropout").uniform((4,)) == early).all()
    assert (Generator(7).spawn("data").uniform((4,)) != early).any()
    assert (Generator(7).spawn("a").spawn("b").uniform((4,)) != Generator(7).spawn("b").uniform((4,))).any()
    assert (Generator(7).spawn("a").spawn("b").uniform((4,)) != Generator(7).spawn("b").spawn("a").uniform((4,))).any()


def test_a_state_survives_json_and_continues_the_stream() -> None:
    generator = Generator(3).spawn("data")
    generator.uniform((3,))
    saved = json.dumps(generator.state())
    expected = [generator.normal((4,)), generator.permutation(9), generator.integers((5,), high=10)]
    other = Generator(0)
    other.load_state(json.loads(saved))
    found = [other.normal((4,)), other.permutation(9), other.integers((5,), high=10)]
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours == theirs).all()
    assert other.state()["path"] == ["data"]


@pytest.mark.parametrize(
    "change", [{"kind": "MT19937"}, {"state": "x"}, {"state": None}, {"has_spare": "no"}, {"state": str(-1)}]
)
def test_a_foreign_state_is_refused_and_changes_nothing(change: dict[str, object]) -> None:
    generator = Generator(3)
    before = generator.state()
    with pytest.raises(StateInvalid):
        generator.load_state({**before, **change})
    assert generator.state() == before
    with pytest.raises(StateInvalid):
        generator.load_state({})


def test_numbers_have_the_asked_dtype_and_range() -> None:
    generator = Generator(1)
    assert generator.normal((3,)).dtype == np.float32
    assert generator.normal((3,), dtype="float64", std=2.0).dtype == np.float64
    uniform = generator.uniform((1000,), low=-2.0, high=3.0)
    assert uniform.dtype == np.float32
    assert uniform.min() >= -2
    assert uniform.max() < 3
    assert sorted(generator.permutation(5).tolist()) == [0, 1, 2, 3, 4]


def test_normal_numbers_have_the_asked_mean_and_spread() -> None:
    values = Generator(1).normal((20_000,), mean=3.0, std=0.5)
    assert abs(values.mean() - 3) < 0.02
    assert abs(values.std() - 0.5) < 0.02


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ArgumentError, match="-1"):
        Generator(-1)
