"""A setting is its value or the file that holds it, never a guess."""

from pathlib import Path

import pytest

from azuraforge_contracts import SettingError, read_setting


def test_a_value_is_read_from_the_environment() -> None:
    assert read_setting({"AZURAFORGE_PORT": "8620"}, "PORT") == "8620"


def test_a_secret_is_read_from_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n", encoding="utf-8")
    assert read_setting({"AZURAFORGE_KEY_FILE": str(tmp_path / "key")}, "KEY") == "s3cret"


def test_a_missing_setting_without_default_names_itself_and_the_file_form() -> None:
    with pytest.raises(SettingError, match=r"AZURAFORGE_KEY is not set.*AZURAFORGE_KEY_FILE"):
        read_setting({}, "KEY")


def test_a_default_stands_in_for_a_missing_setting() -> None:
    assert read_setting({}, "PORT", default="8620") == "8620"


def test_value_and_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="both set"):
        read_setting({"AZURAFORGE_KEY": "a", "AZURAFORGE_KEY_FILE": str(tmp_path)}, "KEY")


@pytest.mark.parametrize("content", [None, "", "\n", "  \nx"])
def test_an_unusable_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingError, match="AZURAFORGE_KEY_FILE names"):
        read_setting({"AZURAFORGE_KEY_FILE": str(path)}, "KEY")
