"""Secrets that are shown once: the ledger keeps their sha256, which is enough for 256 random bits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Issued:
    """A token that its owner sees once; `repr` does not show it."""

    token: str = field(repr=False)
    expires_at: datetime


def hash_token(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
