"""A refusal in the user's language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azuraforge.locales import Language
from azuraforge.problem_words import FIELDS, PROBLEMS, say_field, say_problem
from azuraforge_contracts import ErrorCode, FieldProblem, Problem

DASHBOARD = Path(__file__).parents[3] / "dashboard" / "src" / "locales" / "tr.json"


def problem(code: str) -> Problem:
    field = FieldProblem(pointer="/config/a", code="minimum", message="Must be at least 1.", params={"limit": 1})
    return Problem(title="T", status=422, code=code, detail="Wrong.", hint="Mend it.", errors=[field])


def test_every_code_of_a_problem_has_turkish_words() -> None:
    assert set(PROBLEMS) == set(ErrorCode)


def test_every_rule_that_the_dashboard_has_words_for_has_words_here() -> None:
    known = set(json.loads(DASHBOARD.read_text(encoding="utf-8"))["issue"]) - {"type", "unknown"}

    assert known - set(FIELDS) == set()


def test_english_is_what_the_server_says() -> None:
    refused = problem("config_invalid")

    assert say_problem(refused, Language.EN) == ("Wrong.", "Mend it.")
    assert say_field(refused.errors[0], Language.EN) == "Must be at least 1."


def test_turkish_has_the_number_of_fields_and_the_limit_of_the_rule() -> None:
    refused = problem("config_invalid")

    assert say_problem(refused, Language.TR)[0].startswith("1 alan kullanılamıyor.")
    assert say_field(refused.errors[0], Language.TR) == "En az 1 olmalı."


@pytest.mark.parametrize("params", [{"types": ["integer"]}, {"expected": "integer"}])
def test_a_wrong_type_is_told_by_what_was_expected(params: dict[str, str | list[str]]) -> None:
    field = FieldProblem(pointer="/a", code="type", message="Must be a whole number.", params=dict(params))

    assert say_field(field, Language.TR) == "Bir tam sayı olmalı."


def test_lists_are_read_out_and_what_is_missing_is_left_out() -> None:
    field = FieldProblem(pointer="/a", code="enum", message="x", params={"choices": ["sample", "csv"]})
    bare = FieldProblem(pointer="/a", code="csv_not_number", message="x")

    assert say_field(field, Language.TR) == "Sunulan seçeneklerden biri olmalı: sample, csv"
    assert "bir sayı değil" in say_field(bare, Language.TR)


def test_a_code_of_a_newer_server_is_told_in_its_own_words() -> None:
    field = FieldProblem(pointer="/a", code="of_tomorrow", message="Tomorrow's sentence.")

    assert say_field(field, Language.TR) == "Tomorrow's sentence."
    assert say_problem(problem("of_tomorrow"), Language.TR) == ("Wrong.", "Mend it.")
