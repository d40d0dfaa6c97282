"""Whether the services answer, asked with the standard library from the process that supervises them."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from azuraforge.errors import UsageMistake

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server listens is not where one calls it


def address(host: str, *, port: int, is_https: bool = False) -> str:
    """The URL under which this machine reaches a server that listens on `host`."""
    name = ANYWHERE.get(host, host)
    scheme = "https" if is_https else "http"
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def find_setting(environ: Mapping[str, str], name: str) -> str | None:
    """`AZURAFORGE_<name>` or what its `_FILE` holds; None when neither is set.

    Raises:
        UsageMistake: the file cannot be read, or both are set.
    """
    if not environ.get(f"AZURAFORGE_{name}") and not environ.get(f"AZURAFORGE_{name}_FILE"):
        return None
    from azuraforge_contracts import SettingError, read_setting  # noqa: PLC0415 - 15 MB that the default does not need

    try:
        return read_setting(environ, name)
    except SettingError as error:
        raise UsageMistake(str(error)) from error


def is_api_ready(url: str, *, certificate: str | None = None) -> bool:
    """Whether the API says that it can serve. With `certificate` only whoever holds its key is believed."""
    return _get(url, "/api/v1/ready", certificate=certificate) is not None


def has_worker(url: str, *, key: str, certificate: str | None = None) -> bool:
    """Whether a live worker has announced its pipelines."""
    body = _get(url, "/api/v1/pipelines", key=key, certificate=certificate)
    try:
        catalog = json.loads(body or b"{}")
    except ValueError:
        return False
    return isinstance(catalog, dict) and bool(catalog.get("workers"))


def _get(url: str, path: str, *, key: str = "", certificate: str | None) -> bytes | None:
    """The body of a 200 answer, else None."""
    connection = _open(url, certificate=certificate)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == 200 else None


def _open(url: str, *, certificate: str | None) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, parts.port, timeout=2.0)
    context = ssl.create_default_context()
    if certificate is not None:  # made for the public name, asked here at a loopback address: trusted by itself
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(certificate)
    return http.client.HTTPSConnection(host, parts.port, timeout=2.0, context=context)
