"""Identifiers: UUID version 7, ordered by time of birth."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def new_id() -> str:
    """A new UUIDv7 in canonical text form (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is a canonical UUID: lower case, with hyphens."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
