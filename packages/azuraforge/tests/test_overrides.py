"""How a config is written on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azuraforge.errors import ExitStatus, UsageMistake
from azuraforge.locales import Language, Texts
from azuraforge.overrides import Value, build_config

TEXTS = Texts(Language.EN)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ("1e-3", 0.001),
        ("true", True),
        ("null", None),
        ("[1, 2]", [1, 2]),
        ('{"kind": "sample"}', {"kind": "sample"}),
        ('"20"', "20"),
        ("GOOG", "GOOG"),
        ("", ""),
        ("a=b", "a=b"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e309", "1e309"),
        ("[1, -1e999]", "[1, -1e999]"),
        ("@@handle", "@handle"),
    ],
)
def test_a_value_is_json_where_it_can_be_else_a_string(text: str, value: Value) -> None:
    assert build_config(None, [f"a.b={text}"], texts=TEXTS) == {"a": {"b": value}}


def test_settings_go_into_the_file_and_the_last_one_wins(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"training": {"epochs": 5, "batch_size": 8}}))

    config = build_config(file, ["training.epochs=6", "training.epochs=7", "seed=1"], texts=TEXTS)

    assert config == {"training": {"epochs": 7, "batch_size": 8}, "seed": 1}


def test_at_reads_the_content_of_a_file_without_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("\ufeffDate,Close\n2004-08-19,50.0\n", encoding="utf-8")

    config = build_config(None, [f"source.csv=@{file}"], texts=TEXTS)

    assert config == {"source": {"csv": "Date,Close\n2004-08-19,50.0\n"}}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["epochs"], "--set epochs is not of the form"),
        (["=1"], "--set =1 is not of the form"),
        (["a..b=1"], "--set a..b=1 is not of the form"),
        (["a=1", "a.b=2"], "--set a.b=2 puts a value inside a, which is no object."),
        (["a=@/nowhere/x.csv"], "/nowhere/x.csv cannot be read (No such file or directory)."),
    ],
)
def test_a_wrong_setting_is_one_sentence(settings: list[str], words: str) -> None:
    with pytest.raises(UsageMistake) as caught:
        build_config(None, settings, texts=TEXTS)

    assert words in str(caught.value)
    assert caught.value.status is ExitStatus.USAGE


@pytest.mark.parametrize("content", [b"[1]", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_a_config_file_that_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(content)

    with pytest.raises(UsageMistake):
        build_config(file, [], texts=TEXTS)
