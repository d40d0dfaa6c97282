"""Every gap in a config's schema is found."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from azuraforge_learner.pipelines import TimeSeriesConfig, Words, presented
from azuraforge_learner.pipelines.schema_check import find_schema_faults

TITLE = presented(Words("Ad", "Name"))


def faults_of(annotation: Any, **field: Any) -> list[str]:
    model = type(
        "One", (BaseModel,), {"__annotations__": {"one": annotation}, "one": Field(**field), "__module__": __name__}
    )
    return find_schema_faults(model.model_json_schema())


def test_the_shared_config_has_no_fault() -> None:
    assert find_schema_faults(TimeSeriesConfig.model_json_schema()) == []


@pytest.mark.parametrize(
    ("annotation", "field", "fault"),
    [
        (int, {"ge": 0}, "no largest value"),
        (float, {"le": 0}, "no smallest value"),
        (str, {}, "no greatest length"),
        (list[Literal["a"]], {}, "no greatest number of items"),
        (Literal["a", "b"], {}, "its choice 'a' has no label in 'tr'"),
    ],
)
def test_a_field_without_limits_or_labels_is_found(annotation: Any, field: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults_of(annotation, json_schema_extra=TITLE, **field))


def test_a_field_without_words_is_found() -> None:
    assert any("no title in 'en'" in found for found in faults_of(int, ge=0, le=1))


def test_a_bounded_field_with_words_passes() -> None:
    assert faults_of(int, ge=0, le=1, json_schema_extra=TITLE) == []


def test_a_group_that_takes_unknown_fields_is_found() -> None:
    class Open(BaseModel):
        pass

    assert any("unknown fields are not refused" in found for found in faults_of(Open, json_schema_extra=TITLE))


def test_the_kinds_of_a_union_need_labels() -> None:
    class First(BaseModel):
        model_config = ConfigDict(extra="forbid")
        kind: Literal["first"]

    class Second(BaseModel):
        model_config = ConfigDict(extra="forbid")
        kind: Literal["second"]

    union = Annotated[First | Second, Field(discriminator="kind")]
    assert any("its choice 'second' has no label" in found for found in faults_of(union, json_schema_extra=TITLE))
