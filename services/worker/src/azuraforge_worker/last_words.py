"""The data of the three lines that end a trainer's talk."""

from __future__ import annotations

from azuraforge_contracts import Failure, Message, OrderType, Score


class StoppedWord(Message):
    """Data of `stopped`: an order was followed."""

    reason: OrderType


class FailedWord(Failure):
    """Data of `failed`: the failure, and where in the config it has its cause, if there."""

    pointer: str | None = None


class FinishedWord(Message):
    """Data of `finished`: every artifact line went before."""

    score: Score | None = None
    epochs_run: int = 0
