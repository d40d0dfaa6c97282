"""Configs against the JSON Schema that pydantic writes."""

from typing import Any

import pytest
from gateway_fakes import Config, make_manifest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_api.pipelines.config_schema import ConfigSchema

SCHEMA = ConfigSchema(make_manifest())


def problems(config: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in SCHEMA.find_problems(SCHEMA.fill(config))]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"training": {"epochs": "5"}}, [("/training/epochs", "type")]),
        ({"training": {"epochs": 5.0}}, [("/training/epochs", "type")]),
        ({"training": {"epochs": True}}, [("/training/epochs", "type")]),
        ({"training": {"epochs": 0}}, [("/training/epochs", "minimum")]),
        ({"training": {"epochs": 10**9}}, [("/training/epochs", "maximum")]),
        ({"training": {"learning_rate": 0}}, [("/training/learning_rate", "exclusive_minimum")]),
        ({"training": []}, [("/training", "type")]),
        ({"transform": "cube"}, [("/transform", "enum")]),
        ({"wndow": 1, "a/b": 2}, [("/a~1b", "additional"), ("/wndow", "additional")]),
        ({"source": {"kind": "csv"}}, [("/source/csv", "required")]),
        ({"source": {"kind": "csv", "csv": ""}}, [("/source/csv", "min_length")]),
        ({"source": {"kind": "csv", "csv": "x", "colum": "y"}}, [("/source/colum", "additional")]),
        ({"source": {"kind": "ftp"}}, [("/source/kind", "enum")]),
        ({"source": {"kind": 5}}, [("/source/kind", "enum")]),
        ({"source": {}}, [("/source/kind", "required")]),
        ({"source": "sample"}, [("/source", "type")]),
        ({"note": 5}, [("/note", "type")]),
        ({"note": "n" * 21}, [("/note", "max_length")]),
        ({"features": ["a", 1]}, [("/features/1", "type")]),
        ({"features": list("abcd")}, [("/features", "max_items")]),
        (
            {"training": {"epochs": 0, "seed": -1}, "transform": 1},
            [("/training/epochs", "minimum"), ("/training/seed", "minimum"), ("/transform", "enum")],
        ),
    ],
)
def test_each_wrong_field_is_named_once(config: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert problems(config) == expected


def test_a_problem_carries_the_numbers_and_choices_of_its_rule() -> None:
    found = SCHEMA.find_problems({"training": {"epochs": 0}, "transform": "cube", "source": {"kind": "ftp"}})
    assert [one.params for one in found] == [
        {"choices": ["csv", "sample"]},
        {"limit": 1},
        {"choices": ["log", "none"]},
    ]
    assert found[1].message == "Must be at least 1."


def test_what_was_sent_is_not_echoed() -> None:
    found = SCHEMA.find_problems(
        {"training": {"epochs": "s3cret"}, "transform": "s3cret", "note": {"s3cret": "s3cret"}}
    )
    assert len(found) == 3
    assert "s3cret" not in str(found)


def test_an_empty_config_becomes_the_defaults() -> None:
    assert SCHEMA.fill({}) == Config().model_dump(mode="json")


def test_defaults_fill_the_chosen_branch_and_leave_what_is_given() -> None:
    given_config = {"source": {"kind": "csv", "csv": "a"}, "training": {"epochs": 9}}
    filled = SCHEMA.fill(given_config)
    assert filled["source"] == {"kind": "csv", "csv": "a", "column": "close"}
    assert filled["training"] == {"epochs": 9, "learning_rate": 0.01, "seed": 7}
    assert given_config == {"source": {"kind": "csv", "csv": "a"}, "training": {"epochs": 9}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(["source", "training", "transform", "note", "features", "kind", "epochs", "csv", "other"])


@given(st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON, max_size=3), max_size=5))
def test_the_schema_check_agrees_with_the_pipelines_own_model(config: dict[str, Any]) -> None:
    filled = SCHEMA.fill(config)
    try:
        Config.model_validate(config, strict=True)
    except ValueError:
        assert SCHEMA.find_problems(filled)
    else:
        assert SCHEMA.find_problems(filled) == []
        assert Config.model_validate(filled) == Config.model_validate(config)


def test_a_schema_that_points_elsewhere_is_never_fetched() -> None:
    manifest = make_manifest().model_copy(update={"config_schema": {"$ref": "http://127.0.0.1:1/schema.json"}})
    schema = ConfigSchema(manifest)
    with pytest.raises(Exception, match="Unresolvable"):
        schema.find_problems(schema.fill({}))
