"""The way into a server."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from azuraforge_client.experiments import Experiments
from azuraforge_client.transport import Transport
from azuraforge_contracts import Catalog, Health, LinkCreated


class Pipelines:
    """What can be run; reached as `client.pipelines`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Catalog:
        """Every pipeline that live workers offer, with its config's schema and defaults."""
        return self._transport.read("/pipelines", Catalog)


class Client:
    """One AzuraForge server. Use it in a `with` block, or close it.

    ```python
    with Client("http://127.0.0.1:8620", key=key) as client:
        accepted = client.experiments.start("stock_predictor", {"training": {"epochs": 20}})
        for event in client.experiments.watch(accepted.task_id):
            ...
    ```
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout_s: float = 30.0, http: httpx.BaseTransport | None = None
    ) -> None:
        self._transport = Transport(url, key=key, timeout_s=timeout_s, http=http)
        self.experiments = Experiments(self._transport)
        self.pipelines = Pipelines(self._transport)

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._transport.url

    def health(self) -> Health:
        """Whether the server is alive."""
        return self._transport.read("/health", Health)

    def ready(self) -> Health:
        """Whether it can serve; raises `ServerFailed` or `AnswerInvalid` when it cannot."""
        return self._transport.read("/ready", Health)

    def sign_in_link(self) -> str:
        """A full address that signs one browser in, once. Needs the owner's key."""
        created = self._transport.send("/auth/links", LinkCreated)
        return f"{self.url}{created.path}"

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
