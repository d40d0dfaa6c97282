"""Where a platform may listen: on this machine alone, or on the network with TLS or behind a proxy that ends it.

The gateway refuses the same; asked here first, `up` says so before anything is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from azuraforge.errors import UsageMistake
from azuraforge.locales import Texts
from azuraforge.readiness import find_setting


def check_listening(host: str, *, environ: Mapping[str, str], texts: Texts) -> None:
    """Return where `host` may be listened on.

    Raises:
        UsageMistake: passwords would cross the network readable; the remedy names the settings.
    """
    public = find_setting(environ, "PUBLIC_URL") or ""
    is_proxied = find_setting(environ, "TRUSTED_PROXIES") is not None and public.startswith("https://")
    if find_certificate(environ) is None and not is_proxied and not _is_loopback(host):
        raise UsageMistake(texts("host_open", host=host), remedy=texts("host_open_remedy"))


def find_certificate(environ: Mapping[str, str]) -> str | None:
    """The certificate that the gateway serves with; None where it speaks plain HTTP."""
    return find_setting(environ, "TLS_CERT")


def find_public_url(environ: Mapping[str, str]) -> str | None:
    """The address that browsers use, without a slash at its end."""
    found = find_setting(environ, "PUBLIC_URL")
    return found.rstrip("/") if found else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
