"""What counts as JSON here."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_api.strict_json import MAX_DEPTH, JsonRefused, parse_strict

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(JSON)
def test_good_json_is_read_as_the_standard_reader_does(value: Any) -> None:
    assert parse_strict(json.dumps(value).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = parse_strict(body)
    except JsonRefused:
        return
    json.dumps(value, allow_nan=False).encode("utf-8")


@given(JSON)
def test_what_is_read_is_finite_and_storable(value: Any) -> None:
    def check(item: Any) -> None:
        if isinstance(item, float):
            assert math.isfinite(item)
        for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
            check(inner)

    check(parse_strict(json.dumps(value).encode()))


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ('{"a": NaN}', "/a", "number_not_finite"),
        ('{"a": [1, -Infinity]}', "/a/1", "number_not_finite"),
        ('{"a": 1e999}', "/a", "number_not_finite"),
        ('{"a": {"b": 9223372036854775808}}', "/a/b", "integer_too_large"),
        ('{"a": ' + "9" * 5000 + "}", "/a", "integer_too_large"),
        ('{"a": 1, "a": 2}', "/a", "duplicate_key"),
        ('{"a": "\\ud800"}', "/a", "text_not_unicode"),
        ('{"a": "x\\u0000y"}', "/a", "text_has_nul"),
        ('{"a/b~c": NaN}', "/a~1b~0c", "number_not_finite"),
        ('{"name": "safe\\u202egnp.exe"}', "/name", "text_not_printable"),
        ('{"name": "\\u2066x"}', "/name", "text_not_printable"),
        ('{"name": "\\ufeffx"}', "/name", "text_not_printable"),
        ('{"name": "a\\u001b[31mb"}', "/name", "text_not_printable"),
        ('{"name": "a\\nb"}', "/name", "text_not_printable"),
        ('{"scopes": ["\\u200f"]}', "/scopes/0", "text_not_printable"),
        ('{"config": {"a\\u202eb": 1}}', "/config/a�b", "text_not_printable"),
    ],
)
def test_values_that_cannot_be_carried_are_pointed_at(body: str, pointer: str, code: str) -> None:
    with pytest.raises(JsonRefused) as caught:
        parse_strict(body.encode())
    assert [(one.pointer, one.code) for one in caught.value.errors] == [(pointer, code)]


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"a":01}', b"'a'", b"{}x", b"[1,]"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(JsonRefused):
        parse_strict(body)


def test_text_in_a_config_and_a_password_are_their_users_affair() -> None:
    for key in ("config", "changes", "password"):
        value = {key: {"csv": "\ufeffa,b\r\n\u202e1,2\n\x1b"}}
        assert parse_strict(json.dumps(value).encode()) == value


def test_nesting_ends_at_the_limit() -> None:
    assert parse_strict(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    with pytest.raises(JsonRefused, match="nested"):
        parse_strict(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_brackets_inside_text_are_not_nesting() -> None:
    assert parse_strict(json.dumps({"a": '[{"\\' * 200}).encode()) == {"a": '[{"\\' * 200}


@pytest.mark.parametrize(
    "body",
    [b"[" * 10**6, b'{"a":' * 10**5, b'"' + b'\\"' * 5 * 10**5, b'"' + b"\\" * 10**6, b"[1," * 3 * 10**5, b"1" * 10**6],
    ids=["brackets", "objects", "open string", "backslashes", "lists", "digits"],
)
def test_a_megabyte_meant_to_hurt_is_refused(body: bytes) -> None:
    """A reader that looks back for every character would take hours, not the seconds that a test may take."""
    with pytest.raises(JsonRefused):
        parse_strict(body)
