"""The way into a server."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from azuraforge_client.accounts import Audit, Keys, Projects, Users
from azuraforge_client.experiments import Experiments
from azuraforge_client.transport import Transport
from azuraforge_contracts import Catalog, Health, LinkCreated, SessionRead


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
        self.users = Users(self._transport)
        self.projects = Projects(self._transport)
        self.keys = Keys(self._transport)
        self.audit = Audit(self._transport)

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

    def who(self) -> SessionRead:
        """Who the key stands for, and what it may do."""
        return self._transport.read("/auth/session", SessionRead)

    def create_link(self, *, purpose: str | None = None, user: str | None = None) -> LinkCreated:
        """A link that works once, for the owner's key: `setup` for the first admin, `session` to sign a user in.

        Raises:
            Conflict: a link for the first admin was asked for, and there is one.
            NotFound: there is no such user.
        """
        body = {name: value for name, value in (("purpose", purpose), ("user", user)) if value is not None}
        return self._transport.send("/auth/links", LinkCreated, body=body)

    def address_of(self, link: LinkCreated) -> str:
        """The full address of a link."""
        return f"{self.url}{link.path}"

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
