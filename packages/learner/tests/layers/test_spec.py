"""Every LayerSpec answers any settings and shape, or raises LayerInvalid, and counts without allocating."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import LAYERS, Embedding, LayerSpec, SettingKind, SettingSpec

ANY = (
    st.integers(-2, 9)
    | st.integers(10**3, 10**12)
    | st.booleans()
    | st.floats()
    | st.sampled_from(["none", "tanh", "GRU", "LSTM", "gelu", "relu", ""])
    | st.lists(st.integers(-2, 5) | st.text(max_size=2), max_size=9)
    | st.none()
)
SMALL = st.integers(1, 6)


def fitting(setting: SettingSpec) -> st.SearchStrategy[object]:
    """Values of the right kind, most of them within the limits."""
    return {
        SettingKind.INTEGER: SMALL,
        SettingKind.NUMBER: st.floats(0.01, 0.9),
        SettingKind.BOOLEAN: st.booleans(),
        SettingKind.CHOICE: st.sampled_from(setting.choices or ("",)),
        SettingKind.INTEGERS: st.lists(SMALL | st.just(-1), min_size=1, max_size=4),
    }[setting.kind]


@pytest.mark.parametrize("name", list(LAYERS))
@given(data=st.data())
@settings(max_examples=15)
def test_any_settings_and_shape_are_answered_or_refused(name: str, data: st.DataObject) -> None:
    answer_or_refuse(name, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(LAYERS))
@given(data=st.data())
@settings(max_examples=200)
def test_hundreds_of_settings_and_shapes_are_answered_or_refused(name: str, data: st.DataObject) -> None:
    answer_or_refuse(name, data)


def answer_or_refuse(name: str, data: st.DataObject) -> None:
    spec: LayerSpec = LAYERS[name].spec
    given_settings = {
        setting.name: data.draw(st.one_of(fitting(setting), fitting(setting), fitting(setting), ANY))
        for setting in spec.parameters
    }
    shape = tuple(data.draw(st.lists(st.integers(-1, 6), max_size=4)))
    try:
        resolved = spec.resolve(given_settings)
        count = spec.parameters_of(resolved)
        answer = spec.shape_of(resolved, shape)
    except LayerInvalid:
        return
    assert isinstance(count, int)
    assert count >= 0
    assert all(isinstance(length, int) and length >= -1 for length in answer)


@pytest.mark.parametrize("name", list(LAYERS))
def test_every_spec_is_plain_json_and_its_defaults_obey_it(name: str) -> None:
    spec = LAYERS[name].spec
    schema = json.loads(json.dumps(spec.to_dict()))["parameters"]
    assert set(schema["properties"]) == {setting.name for setting in spec.parameters}
    for setting in spec.parameters:
        assert (setting.default is None) == (setting.name in schema["required"])
        if setting.default is not None:
            setting.check(setting.default)
        assert (setting.kind is SettingKind.CHOICE) == bool(setting.choices)


def test_counting_allocates_nothing() -> None:
    started = time.perf_counter()
    assert Embedding.spec.parameters_of({"count": 10_000_000, "width": 65_536}) == 655_360_000_000
    assert time.perf_counter() - started < 0.1
