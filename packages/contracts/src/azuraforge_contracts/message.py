"""The base of every message: frozen, tolerant of what it does not know yet."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A value that crosses a process. Messages only grow, so unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)


class Request(BaseModel):
    """What a client sends: unknown fields are refused, so a misspelt one is never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Localized(Message):
    """One text in both languages of the interface."""

    tr: str
    en: str
