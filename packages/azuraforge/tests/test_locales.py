"""The command's texts: complete in both languages, with the same values in both."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from azuraforge.locales import TABLE, Language, Texts, find_language
from azuraforge_contracts import ExperimentState

SOURCES = Path(__file__).parent.parent / "src" / "azuraforge"
TEXTS = {"locales.py", "account_texts.py", "control_texts.py"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TABLE)
def test_both_languages_say_the_same_values(key: str) -> None:
    english, turkish = TABLE[key]

    assert english
    assert turkish
    assert placeholders(english) == placeholders(turkish)


def test_every_text_that_the_code_asks_for_exists_and_every_text_is_asked_for() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.name not in TEXTS)
    asked = set(re.findall(r"""texts\(\s*["']([a-z_]+)["']""", code))
    prefixes = ("column_", "doctor_", "how_", "link_", "origin_", "role_", "state_")  # built out of another name
    built = {key for key in TABLE if key.startswith(prefixes)}
    named = {key for key in TABLE if f'"{key}"' in code or f"'{key}'" in code}

    assert asked - set(TABLE) == set()
    assert set(TABLE) - named - built == set()


def test_every_state_has_a_word() -> None:
    assert {f"state_{state.value}" for state in ExperimentState} <= set(TABLE)


@pytest.mark.parametrize(
    ("environ", "chosen", "expected"),
    [
        ({}, None, Language.EN),
        ({"LANG": "tr_TR.UTF-8"}, None, Language.TR),
        ({"LANG": "tr_TR.UTF-8", "LC_ALL": "C"}, None, Language.EN),
        ({"LC_MESSAGES": "tr", "LANG": "en_US"}, None, Language.TR),
        ({"LANG": "en_US.UTF-8"}, "tr", Language.TR),
        ({"LANG": "tr_TR.UTF-8"}, "en", Language.EN),
    ],
)
def test_the_language_is_the_option_then_the_locale(
    environ: dict[str, str], chosen: str | None, expected: Language
) -> None:
    assert find_language(environ, chosen=chosen) is expected


def test_values_are_put_in() -> None:
    assert (
        Texts(Language.TR)("port_taken", host="127.0.0.1", port=80)
        == "127.0.0.1 üzerindeki 80 numaralı port kullanımda."
    )
