"""What the gateway takes from its environment."""

from pathlib import Path

import pytest

from azuraforge_api import read_settings
from azuraforge_contracts import SettingError

KEY = "k" * 32


def test_everything_is_found_below_home(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "owner.key").write_text(f"{KEY}\n")
    settings = read_settings({"AZURAFORGE_HOME": str(tmp_path)})
    assert settings.owner_key == KEY
    assert settings.database_url == f"sqlite:///{tmp_path}/ledger.sqlite3"
    assert settings.redis_url == f"unix://{tmp_path}/valkey/valkey.sock?db=0"
    assert settings.artifacts == tmp_path / "artifacts"


def test_secrets_do_not_show_in_a_printed_form() -> None:
    environ = {"AZURAFORGE_OWNER_KEY": KEY, "AZURAFORGE_REDIS_URL": "redis://:secret@h", "AZURAFORGE_PORT": "1"}
    assert "secret" not in repr(read_settings(environ))
    assert KEY not in repr(read_settings(environ))


@pytest.mark.parametrize(
    "wrong",
    [
        {"AZURAFORGE_OWNER_KEY": "short"},
        {"AZURAFORGE_OWNER_KEY": "k" * 30 + " k"},
        {"AZURAFORGE_PORT": "70000"},
        {"AZURAFORGE_PORT": "٣"},
        {"AZURAFORGE_PUBLIC_URL": "forge.example.org"},
        {"AZURAFORGE_PUBLIC_URL": "https://forge.example.org/path"},
    ],
)
def test_a_value_that_cannot_be_used_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        read_settings({"AZURAFORGE_OWNER_KEY": KEY, **wrong})


def test_there_is_no_default_owner_key(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="OWNER_KEY"):
        read_settings({"AZURAFORGE_HOME": str(tmp_path)})


def test_hosts_are_loopback_the_address_and_what_is_listed() -> None:
    environ = {
        "AZURAFORGE_OWNER_KEY": KEY,
        "AZURAFORGE_HOST": "0.0.0.0",
        "AZURAFORGE_ALLOWED_HOSTS": "Forge.local, box",
        "AZURAFORGE_PUBLIC_URL": "https://forge.example.org",
    }
    settings = read_settings(environ)
    assert settings.allowed_hosts == {
        "localhost", "127.0.0.1", "[::1]", "forge.local", "box", "forge.example.org",
    }  # fmt: skip
    assert settings.is_https
