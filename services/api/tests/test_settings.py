"""What the gateway takes from its environment."""

from pathlib import Path

import pytest

from azuraforge_api import read_settings
from azuraforge_contracts import SettingError

KEY = "k" * 32
TLS = Path(__file__).parents[3] / "tests" / "lab" / "tls"
CERT, TLS_KEY = str(TLS / "guards-nothing.pem"), str(TLS / "guards-nothing.key")


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
        {"AZURAFORGE_TRUSTED_PROXIES": "10.0.0.1/8"},
        {"AZURAFORGE_TRUSTED_PROXIES": "proxy.local"},
        {"AZURAFORGE_TLS_CERT": CERT},
        {"AZURAFORGE_TLS_KEY": TLS_KEY},
        {"AZURAFORGE_TLS_CERT": "/nowhere.pem", "AZURAFORGE_TLS_KEY": TLS_KEY},
        {"AZURAFORGE_TLS_CERT": CERT, "AZURAFORGE_TLS_KEY": CERT},
        {"AZURAFORGE_TLS_CERT": CERT, "AZURAFORGE_TLS_KEY": TLS_KEY, "AZURAFORGE_PUBLIC_URL": "http://forge"},
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
        "AZURAFORGE_TRUSTED_PROXIES": "10.0.0.0/8",
    }
    settings = read_settings(environ)
    assert settings.allowed_hosts == {
        "localhost", "127.0.0.1", "[::1]", "forge.local", "box", "forge.example.org",
    }  # fmt: skip
    assert settings.is_https


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LocalHost"])
def test_a_loopback_address_needs_nothing_else(host: str) -> None:
    assert not read_settings({"AZURAFORGE_OWNER_KEY": KEY, "AZURAFORGE_HOST": host}).is_https


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"AZURAFORGE_PUBLIC_URL": "https://forge.example.org"},
        {"AZURAFORGE_TRUSTED_PROXIES": "10.0.0.5"},
        {"AZURAFORGE_TRUSTED_PROXIES": "10.0.0.5", "AZURAFORGE_PUBLIC_URL": "http://forge.example.org"},
    ],
)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "forge.example.org", "localhost.example.org", "0"])
def test_a_network_address_without_tls_or_a_declared_proxy_is_refused(host: str, more: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=r"AZURAFORGE_TLS_CERT.*AZURAFORGE_TRUSTED_PROXIES"):
        read_settings({"AZURAFORGE_OWNER_KEY": KEY, "AZURAFORGE_HOST": host, **more})


def test_a_network_address_may_be_used_with_tls_or_behind_a_declared_proxy() -> None:
    owner = {"AZURAFORGE_OWNER_KEY": KEY, "AZURAFORGE_HOST": "0.0.0.0"}
    proxy = {"AZURAFORGE_TRUSTED_PROXIES": "10.0.0.5, fd00::/8", "AZURAFORGE_PUBLIC_URL": "https://forge.example.org"}
    assert read_settings(owner | proxy).is_https
    files = {"AZURAFORGE_TLS_CERT": CERT, "AZURAFORGE_TLS_KEY": TLS_KEY}
    tls = read_settings(owner | files | {"AZURAFORGE_PUBLIC_URL": "https://forge.example.org"})
    assert tls.is_https
    assert tls.tls_cert == Path(CERT)
