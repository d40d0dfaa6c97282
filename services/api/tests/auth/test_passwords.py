"""Which passwords may be chosen, how they are hashed, and that a flood of them costs little."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters

from azuraforge_api.auth.passwords import AT_A_TIME, LANES, MEMORY_KIB, PASSES, Passwords, require_good_password
from azuraforge_api.errors import AccessRefused, BodyRefused

GOOD = "yedi cüceler ve bir fırın"


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


def code_of(password: str, *, name: str = "Ayşe Yılmaz") -> str:
    try:
        require_good_password(password, name=name)
    except BodyRefused as refusal:
        return refusal.errors[0].code
    return ""


@pytest.mark.parametrize(
    ("password", "code"),
    [
        (GOOD, ""),
        ("correct battery horse staple", ""),
        ("🐎🔋🐎🔋🐎 Pferd im Regen", ""),
        ("wJ7#kQz9!bVt", ""),
        ("x" * 11, "min_length"),
        ("\ufb01ncan mavi9", ""),  # eleven characters, of which NFKC makes twelve
        ("Ayşe Yılmaz 1", "password_is_name"),
        ("AYŞE-YILMAZ-AYŞE-YILMAZ", "password_is_name"),
        ("password1234", "password_common"),
        ("P@ssw0rd2026!", "password_common"),
        ("passwordpassword", "password_common"),
        ("Galatasaray1905!", "password_common"),
        ("123456789012345", "password_common"),
        ("314159265358979", "password_common"),
        ("qwertyuiopasdf", "password_common"),
        ("1q2w3e4r5t6y7u", "password_common"),
        ("aaaaaaaaaaaaaa", "password_common"),
        ("abababababab12", "password_common"),
        ("iloveyouiloveyou", "password_common"),
        ("azuraforge2026", "password_common"),
        ("welcomeadmin!!", "password_common"),
        ("!!!!????....,,,,", "password_common"),
        ("ç" * 10 + GOOD * 20 + "ğ" * 500, "max_bytes"),
    ],
)
def test_only_what_is_hard_to_guess_may_be_chosen(password: str, code: str) -> None:
    assert code_of(password) == code


def test_a_hash_has_todays_parameters_and_knows_its_password(passwords: Passwords) -> None:
    async def play() -> None:
        stored = await passwords.hash(GOOD)
        found = extract_parameters(stored)
        assert (found.type.name, found.memory_cost, found.time_cost) == ("ID", MEMORY_KIB, PASSES)
        assert found.parallelism == LANES
        assert await passwords.check(GOOD, stored) == (True, None)
        assert await passwords.check(GOOD + " ", stored) == (False, None)
        assert stored != await passwords.hash(GOOD), "each has its own salt"

    asyncio.run(play())


def test_one_password_however_a_keyboard_composes_it(passwords: Passwords) -> None:
    async def play() -> None:
        stored = await passwords.hash("yedi cüceler ve bir fırın")
        assert await passwords.check("yedi cu\u0308celer ve bir fırın", stored) == (True, None)

    asyncio.run(play())


def test_a_hash_with_older_parameters_is_replaced(passwords: Passwords) -> None:
    async def play() -> None:
        old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD.encode())
        is_right, new = await passwords.check(GOOD, old)
        assert is_right
        assert new is not None
        assert await passwords.check(GOOD, new) == (True, None)
        assert await passwords.check("wrong", old) == (False, None)

    asyncio.run(play())


@pytest.mark.parametrize("stored", [None, "", "$argon2id$broken", "plain text"])
def test_nobodys_password_is_never_right(passwords: Passwords, stored: str | None) -> None:
    assert asyncio.run(passwords.check(GOOD, stored)) == (False, None)


def test_an_unknown_name_costs_a_whole_hash(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = passwords._hasher.verify

    def verify(stored: str, password: bytes) -> bool:
        asked.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "_hasher", type("H", (), {"verify": staticmethod(verify)})())
    asyncio.run(passwords.check(GOOD, None))
    assert len(asked) == 1
    assert extract_parameters(asked[0]).memory_cost == MEMORY_KIB


def test_a_flood_is_refused_before_it_costs_memory() -> None:
    passwords = Passwords(max_waiting=5)
    gate, at_once, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    def hash_slowly(_: bytes) -> str:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        gate.wait()
        with lock:
            at_once[0] -= 1
        return "hash"

    async def play() -> list[object]:
        tasks = [asyncio.create_task(passwords.hash(GOOD)) for _ in range(50)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        tasks[0].cancel()  # a client that goes away
        await asyncio.sleep(0)
        with pytest.raises(AccessRefused):
            await passwords.hash(GOOD)  # its computation still runs, so it still counts
        gate.set()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    passwords._hasher = type("H", (), {"hash": staticmethod(hash_slowly)})()
    outcomes = asyncio.run(play())
    passwords.close()
    assert [one for one in outcomes if one == "hash"] == ["hash"] * 4
    assert sum(isinstance(one, AccessRefused) for one in outcomes) == 45
    assert most[0] <= AT_A_TIME
