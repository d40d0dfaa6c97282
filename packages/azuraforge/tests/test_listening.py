"""A platform listens on the network only where nobody can read along."""

import pytest

from azuraforge.errors import UsageMistake
from azuraforge.listening import check_listening
from azuraforge.locales import Language, Texts

TEXTS = Texts(Language.EN)
PUBLIC = {"AZURAFORGE_PUBLIC_URL": "https://forge.example.org"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_loopback_address_needs_nothing_else(host: str) -> None:
    check_listening(host, environ={}, texts=TEXTS)


@pytest.mark.parametrize("environ", [{}, PUBLIC, {"AZURAFORGE_TRUSTED_PROXIES": "10.0.0.5"}])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "forge.example.org"])
def test_a_network_address_without_tls_or_a_declared_proxy_is_refused(host: str, environ: dict[str, str]) -> None:
    with pytest.raises(UsageMistake, match=r"TLS.*AZURAFORGE_TLS_CERT.*AZURAFORGE_TRUSTED_PROXIES"):
        check_listening(host, environ=environ, texts=TEXTS)


@pytest.mark.parametrize("environ", [{"AZURAFORGE_TLS_CERT": "c.pem"}, {"AZURAFORGE_TRUSTED_PROXIES": "10.0.0.5"}])
def test_a_network_address_may_be_used_with_tls_or_behind_a_declared_proxy(environ: dict[str, str]) -> None:
    check_listening("0.0.0.0", environ=environ | PUBLIC, texts=TEXTS)
