"""Scalers: fitted once, stored as data, inverted exactly."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from azuraforge_learner.transforms import (
    MinMaxScaler,
    RobustScaler,
    Scaler,
    StandardScaler,
    scaler_from_dict,
)

KINDS = [StandardScaler, MinMaxScaler, RobustScaler]
TABLES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.floats(-1e9, 1e9))


def test_standard_scaler_is_the_plain_formula() -> None:
    values = np.random.default_rng(1).normal(5.0, 3.0, size=(200, 2))
    scaled = StandardScaler.fit(values).apply(values)
    np.testing.assert_allclose(scaled, (values - values.mean(axis=0)) / values.std(axis=0))


def test_min_max_scaler_maps_onto_zero_to_one() -> None:
    scaled = MinMaxScaler.fit(np.array([[2.0], [4.0], [10.0]])).apply(np.array([[2.0], [4.0], [10.0], [18.0]]))
    np.testing.assert_allclose(scaled[:, 0], [0.0, 0.25, 1.0, 2.0])


def test_robust_scaler_is_not_moved_by_a_wild_value() -> None:
    calm = np.arange(101.0)[:, None]
    wild = calm.copy()
    wild[-1] = 1e12
    assert RobustScaler.fit(wild).center == RobustScaler.fit(calm).center
    assert RobustScaler.fit(wild).scale == RobustScaler.fit(calm).scale


@pytest.mark.parametrize("kind", KINDS)
@given(values=TABLES)
def test_inverse_gives_the_values_back(kind: type[Scaler], values: np.ndarray) -> None:
    scaler = kind.fit(values)
    restored = scaler.invert(scaler.apply(values))
    np.testing.assert_allclose(restored, values, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scaler_survives_json_exactly(kind: type[Scaler]) -> None:
    scaler = kind.fit(np.random.default_rng(2).normal(size=(50, 3)))
    assert scaler_from_dict(json.loads(json.dumps(scaler.to_dict()))) == scaler


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_column_becomes_zero_and_comes_back(kind: type[Scaler]) -> None:
    values = np.full((30, 1), 0.1)
    scaler = kind.fit(values)
    np.testing.assert_allclose(scaler.apply(values), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaler.invert(scaler.apply(values)), values)


@pytest.mark.parametrize("values", [np.empty((0, 2)), np.ones(3), np.array([[np.nan]]), np.array([[np.inf]])])
def test_nothing_to_measure_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="scaler"):
        StandardScaler.fit(values)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"min_max, robust, standard"):
        scaler_from_dict({"kind": "magic"})
