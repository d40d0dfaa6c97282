from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from azuraforge_worker.field_problems import list_problems, pointer_to


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Csv(Part):
    kind: Literal["csv"] = "csv"
    text: str = Field(min_length=1)


class Sample(Part):
    kind: Literal["sample"] = "sample"
    rows: int = Field(default=10, ge=1, le=99)


class Config(Part):
    source: Annotated[Csv | Sample, Field(discriminator="kind")]
    layers: list[Annotated[int, Field(gt=0)]] = Field(default=[1], max_length=3)
    rate: float = 0.1


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "/source", "required"),
    ({"source": {}}, "/source", "required"),
    ({"source": {"kind": "ftp"}}, "/source", "enum"),
    ({"source": {"kind": "csv"}}, "/source/text", "required"),
    ({"source": {"kind": "csv", "text": ""}}, "/source/text", "min_length"),
    ({"source": {"kind": "sample", "rows": 100}}, "/source/rows", "maximum"),
    ({"source": {"kind": "sample", "rows": 0}}, "/source/rows", "minimum"),
    ({"source": {"kind": "sample", "rows": "x"}}, "/source/rows", "type"),
    ({"source": {"kind": "sample", "a/b~c": 1}}, "/source/a~1b~0c", "additional"),
    ({"source": {"kind": "sample"}, "layers": [1, 0]}, "/layers/1", "minimum"),
    ({"source": {"kind": "sample"}, "layers": [1, 1, 1, 1]}, "/layers", "max_items"),
    ({"source": {"kind": "sample"}, "rate": None}, "/rate", "type"),
]


@pytest.mark.parametrize(("value", "pointer", "code"), CASES)
def test_a_refused_field_is_found_in_the_document(value: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(value)

    (problem,) = list_problems(caught.value, value=value)

    assert (problem.pointer, problem.code) == (pointer, code)


def test_the_limit_comes_along() -> None:
    value = {"source": {"kind": "sample", "rows": 100}}
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(value)

    assert list_problems(caught.value, value=value)[0].params == {"limit": 99}


def test_the_pointer_of_the_whole_document_is_empty() -> None:
    assert pointer_to([]) == ""
