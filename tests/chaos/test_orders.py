"""Cancels, pauses and messages under load and kills. One that ignores every order is in tests/integration."""

from __future__ import annotations

from scenarios.cancels import cancel_the_cooperative
from scenarios.deaths import miss_the_dead_soon
from scenarios.logouts import sign_out
from scenarios.messages import repeat_and_forge
from scenarios.pauses import pause_under_kills
from worker_house import House


def test_cancels_are_followed_in_time(sqlite_house: House) -> None:
    assert cancel_the_cooperative(sqlite_house, 6).wrongs == []


def test_pauses_rest_and_resumed_trainings_end_bit_equal(house: House) -> None:
    assert pause_under_kills(house, 4).wrongs == []


def test_repeated_and_forged_messages_start_nothing(sqlite_house: House) -> None:
    assert repeat_and_forge(sqlite_house, 2).wrongs == []


def test_a_sign_out_closes_sockets_in_every_gateway(sqlite_house: House) -> None:
    assert sign_out(sqlite_house, 1).wrongs == []


def test_a_dead_worker_is_missed_and_a_stopped_one_says_goodbye(sqlite_house: House) -> None:
    assert miss_the_dead_soon(sqlite_house, 1).wrongs == []
