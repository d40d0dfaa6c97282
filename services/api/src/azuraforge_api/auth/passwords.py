"""Passwords: which may be chosen, and their argon2id hashes.

Parameters are those that OWASP's cheat sheet names first (19 MiB, two passes, one lane); a hash made with others is
replaced at its owner's next sign-in. A hash takes some 25 ms and 19 MiB, so at most two are computed at a time and a
bounded number waits: a flood of sign-ins is refused before it costs memory or the event loop.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from azuraforge_api.auth.common_passwords import is_common
from azuraforge_api.errors import AccessRefused, BodyRefused
from azuraforge_api.threads import Threads
from azuraforge_contracts import (
    MAX_PASSWORD_BYTES,
    MIN_PASSWORD_CHARACTERS,
    ErrorCode,
    FieldProblem,
)
from azuraforge_ledger import name_key

T = TypeVar("T")

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
AT_A_TIME: Final = 2
MAX_WAITING: Final = 32
_WORD = re.compile(r"[^\W_]+")
_FEWEST_BESIDE_NAME: Final = 4


class Passwords:
    """Hashes and checks passwords beside the event loop."""

    def __init__(self, *, max_waiting: int = MAX_WAITING) -> None:
        self._hasher = PasswordHasher(
            time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=32, salt_len=16, type=Type.ID
        )
        self._threads = Threads("passwords", size=AT_A_TIME)
        self._max_waiting = max_waiting
        self._at_work = 0
        self._nobodys = self._hasher.hash("a password that nobody has")

    async def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            AccessRefused: too many are being computed.
        """
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def check(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether `password` is the one of `stored`, and a new hash where the stored one has old parameters.

        Without a stored hash it takes as long and says no, so that an answer's time does not tell which names exist.

        Raises:
            AccessRefused: too many are being computed.
        """
        return await self._run(lambda: self._check(password, stored))

    def close(self) -> None:
        """Compute no more."""
        self._threads.close()

    def _check(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        try:
            self._hasher.verify(self._nobodys if stored is None else stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False, None
        if stored is None:
            return False, None
        return True, self._hasher.hash(_bytes(password)) if self._hasher.check_needs_rehash(stored) else None

    async def _run(self, call: Callable[[], T]) -> T:
        if self._at_work >= self._max_waiting:
            raise AccessRefused(
                ErrorCode.TOO_MANY_REQUESTS,
                "Too many people are signing in at this moment.",
                hint="Try again in a few seconds.",
                headers={"Retry-After": "5"},
            )
        self._at_work += 1
        # A request that goes away does not take its computation along, so the count waits for that.
        return await asyncio.shield(self._counted(call))

    async def _counted(self, call: Callable[[], T]) -> T:
        try:
            return await self._threads.run(call)
        finally:
            self._at_work -= 1


def require_good_password(password: str, *, name: str, pointer: str = "/password") -> None:
    """Return if somebody called `name` may choose `password`.

    Raises:
        BodyRefused: it is too short, too long, the name itself, or among the commonest.
    """
    text = _normal(password)
    if len(text) < MIN_PASSWORD_CHARACTERS:
        limit = MIN_PASSWORD_CHARACTERS
        raise _refused("min_length", f"Has {len(text)} characters; at least {limit} are needed.", pointer, limit)
    if len(text.encode()) > MAX_PASSWORD_BYTES:
        raise _refused("max_bytes", f"May have at most {MAX_PASSWORD_BYTES} bytes.", pointer, MAX_PASSWORD_BYTES)
    if _is_name(text, name=name):
        raise _refused("password_is_name", "Is the name, or little more than it.", pointer)
    if is_common(text):
        raise _refused("password_common", "Is among the first that anybody would try.", pointer)


def _is_name(text: str, *, name: str) -> bool:
    """Whether taking the name away, as often as it occurs, leaves next to nothing."""
    folded, left = ("".join(_WORD.findall(name_key(one))) for one in (name, text))
    return bool(folded) and folded in left and len(left.replace(folded, "")) < _FEWEST_BESIDE_NAME


def _refused(code: str, message: str, pointer: str, limit: int | None = None) -> BodyRefused:
    params: dict[str, str | float | int | bool | list[str] | None] = {} if limit is None else {"limit": limit}
    return BodyRefused(
        ErrorCode.PASSWORD_UNUSABLE,
        "This password cannot be used.",
        hint="Choose a sentence of several words that only you would say.",
        errors=[FieldProblem(pointer=pointer, code=code, message=message, params=params)],
    )


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
