"""Which pipelines this worker offers to train."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points

from azuraforge_contracts.names import GROUP_PIPELINES


class Offered:
    """Those that an installed app announces, until the apps have been looked at; then those that can be loaded."""

    def __init__(self) -> None:
        self._names: frozenset[str] | None = None

    def learn(self, names: Iterable[str]) -> None:
        """The apps have been looked at."""
        self._names = frozenset(names)

    @property
    def names(self) -> frozenset[str]:
        """The pipelines' names."""
        if self._names is not None:
            return self._names
        return frozenset(point.name for point in entry_points(group=GROUP_PIPELINES))
