"""Why data was refused.

SeriesInvalid
├── TableInvalid    a text that should be a table is not; names line and column
├── ArchiveInvalid  a zip, npz or gzip file that is damaged, hostile or too large
├── FetchRefused    an address that is not asked, or an answer that is not taken
└── TooFewRows      the series is shorter than the windows and the split need
"""

from __future__ import annotations

from collections.abc import Mapping

from azuraforge_learner.errors import LearnerError

Param = str | float | list[str]


class SeriesInvalid(LearnerError):
    """Data that cannot be used: `code` for machines, `message` and `hint` for people, `params` for translations."""

    def __init__(self, message: str, *, code: str, hint: str, params: Mapping[str, Param] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.params: dict[str, Param] = dict(params or {})


class TableInvalid(SeriesInvalid):
    """A text is not the table it should be."""


class ArchiveInvalid(SeriesInvalid):
    """An archive is not what is taken, or holds too much."""


class FetchRefused(SeriesInvalid):
    """An address is not asked, or its answer is not taken."""


class TooFewRows(SeriesInvalid):
    """The series is too short: says how many rows there are and how many are needed."""

    def __init__(self, *, rows: int, needed: int) -> None:
        super().__init__(
            f"The series has {rows} rows, but this window length and split need at least {needed}.",
            code="too_few_rows",
            hint="Bring a longer series, or choose a shorter window or horizon.",
            params={"rows": rows, "needed": needed},
        )
