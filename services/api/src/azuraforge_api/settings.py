"""What the gateway is told by its environment, read once in `main`."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from azuraforge_contracts import SettingError, read_setting

Network = IPv4Network | IPv6Network

MIN_KEY_CHARACTERS = 24
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Settings:
    """Frozen for the life of the process. Addresses and the key never show in a printed form."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    owner_key: str = field(repr=False)
    artifacts: Path
    host: str = "127.0.0.1"
    port: int = 8620
    public_url: str = ""
    """Address that browsers use when a proxy stands in front, such as `https://forge.example.org`."""
    allowed_hosts: frozenset[str] = LOOPBACK_HOSTS
    """Values of `Host`, without a port, that are answered; anything else may be DNS rebinding."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks whose forwarding headers are believed."""
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def is_https(self) -> bool:
        """Whether browsers speak TLS to this server, so that cookies may be `__Host-`."""
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read `AZURAFORGE_*`; whatever is not given is found below `AZURAFORGE_HOME`.

    Raises:
        SettingError: a value is missing or cannot be used; the message says what to do.
    """
    home = Path(read_setting(environ, "HOME", default=str(Path.home() / ".azuraforge"))).expanduser()
    host = read_setting(environ, "HOST", default="127.0.0.1")
    public_url = _read_public_url(environ)
    trusted_proxies = _read_networks(environ)
    tls_cert, tls_key = _read_tls(environ)
    if tls_cert is not None and not public_url.startswith("https://"):
        raise SettingError(
            "AZURAFORGE_TLS_CERT needs AZURAFORGE_PUBLIC_URL. Give the https:// address that the certificate is for."
        )
    if not is_loopback(host) and tls_cert is None and not (trusted_proxies and public_url.startswith("https://")):
        raise SettingError(
            "AZURAFORGE_HOST is not a loopback address, and passwords would cross the network readable. Give "
            "AZURAFORGE_TLS_CERT and AZURAFORGE_TLS_KEY, or stand behind a proxy that ends TLS and name it: "
            "AZURAFORGE_TRUSTED_PROXIES with its addresses and AZURAFORGE_PUBLIC_URL with its https:// address."
        )
    return Settings(
        database_url=read_setting(environ, "DATABASE_URL", default=f"sqlite:///{home / 'ledger.sqlite3'}"),
        redis_url=read_setting(environ, "REDIS_URL", default=f"unix://{home / 'valkey' / 'valkey.sock'}?db=0"),
        owner_key=_read_owner_key(environ, home),
        artifacts=Path(read_setting(environ, "ARTIFACTS", default=str(home / "artifacts"))),
        host=host,
        port=_read_port(environ),
        public_url=public_url,
        allowed_hosts=_read_hosts(environ, host=host, public_url=public_url),
        trusted_proxies=trusted_proxies,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _read_owner_key(environ: Mapping[str, str], home: Path) -> str:
    given = {"AZURAFORGE_OWNER_KEY", "AZURAFORGE_OWNER_KEY_FILE"} & {name for name in environ if environ[name]}
    found = environ if given else {"AZURAFORGE_OWNER_KEY_FILE": str(home / "secrets" / "owner.key")}
    key = read_setting(found, "OWNER_KEY")
    if len(key) < MIN_KEY_CHARACTERS or not key.isascii() or not key.isprintable() or " " in key:
        raise SettingError(
            f"AZURAFORGE_OWNER_KEY is not usable. Give at least {MIN_KEY_CHARACTERS} printable ASCII characters "
            "without spaces; `azuraforge up` makes one."
        )
    return key


def _read_port(environ: Mapping[str, str]) -> int:
    text = read_setting(environ, "PORT", default="8620")
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise SettingError("AZURAFORGE_PORT is not a port. Give a number from 0 to 65535.")
    return int(text)


def _read_public_url(environ: Mapping[str, str]) -> str:
    text = read_setting(environ, "PUBLIC_URL", default="").rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path):
        raise SettingError("AZURAFORGE_PUBLIC_URL is not an address. Give scheme and host: https://forge.example.org")
    return text


def _read_networks(environ: Mapping[str, str]) -> tuple[Network, ...]:
    listed = read_setting(environ, "TRUSTED_PROXIES", default="")
    try:
        return tuple(ip_network(text.strip()) for text in listed.split(",") if text.strip())
    except ValueError:
        raise SettingError(
            "AZURAFORGE_TRUSTED_PROXIES is not a list of networks. Give addresses or networks, separated by commas: "
            "10.0.0.5,192.168.7.0/24."
        ) from None


def _read_tls(environ: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    names = {name: read_setting(environ, name, default="") for name in ("TLS_CERT", "TLS_KEY")}
    if not any(names.values()):
        return None, None
    for name, path in names.items():
        if not path:
            raise SettingError(
                f"AZURAFORGE_TLS_CERT and AZURAFORGE_TLS_KEY belong together, and AZURAFORGE_{name} is missing. "
                "Give the paths of two PEM files."
            )
        if not os.access(path, os.R_OK):
            raise SettingError(f"AZURAFORGE_{name} names a file that cannot be read. Give the path of a PEM file.")
    cert, key = Path(names["TLS_CERT"]), Path(names["TLS_KEY"])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")  # else it asks the terminal
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or "not PEM, or a key with a passphrase"
        raise SettingError(
            f"AZURAFORGE_TLS_CERT and AZURAFORGE_TLS_KEY do not make a pair that can be used ({reason}). Give the "
            "certificate chain and its private key as PEM files without a passphrase."
        ) from error
    return cert, key


def _read_hosts(environ: Mapping[str, str], *, host: str, public_url: str) -> frozenset[str]:
    listed = read_setting(environ, "ALLOWED_HOSTS", default="")
    names = {name.strip().lower() for name in listed.split(",") if name.strip()}
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - an address that means "all" is nobody's name
        names.add(f"[{host}]" if ":" in host else host.lower())
    if public_url:
        names.add(host_name(urlsplit(public_url).netloc.lower()))
    return LOOPBACK_HOSTS | names


def host_name(value: str) -> str:
    """The host of a `Host` header or network location, without its port."""
    if value.startswith("["):
        return value.partition("]")[0] + "]"
    return value.partition(":")[0]
