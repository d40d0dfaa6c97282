"""The header that makes a repeated creation one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

IdempotencyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A repeat with the same key and body returns the first answer.",
    ),
]
