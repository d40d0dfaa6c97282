"""A pass repeated as a list of launches: equal to the pass itself, or not offered."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from azuraforge_core import Array, Replay, find_replay
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.kernels.cpu import launch

from .conftest import numbers

Pass = Callable[[Array], Array]


@pytest.fixture
def network(native: NativeBackend) -> Pass:
    """Two affine maps."""
    w1, b1, w2 = numbers(30, 50, seed=1), numbers(50, seed=2), numbers(50, 3, seed=3)
    return lambda x: native.linear(native.linear(x, w1, b1, is_rectified=True), w2, None, is_rectified=False)


def test_a_replay_answers_what_the_pass_answers(network: Pass) -> None:
    replay = find_replay(network, numbers(4, 30))

    assert replay is not None
    for seed in range(20):
        x = numbers(4, 30, seed=seed)
        assert np.array_equal(replay(x), network(x))


def test_its_memory_is_its_own(network: Pass) -> None:
    replay = find_replay(network, numbers(1, 30))
    assert replay is not None
    first = replay(numbers(1, 30, seed=1))
    kept = first.copy()

    for seed in range(50):
        numbers(1, 30, seed=seed), np.ones(5000, dtype=np.float32), network(numbers(1, 30, seed=seed))
        replay(numbers(1, 30, seed=seed))

    assert np.array_equal(first, kept)
    assert np.array_equal(replay(numbers(1, 30, seed=1)), kept)


def test_weights_that_change_in_place_are_seen(native: NativeBackend) -> None:
    w = numbers(6, 5)
    replay = find_replay(lambda x: native.matmul(x, w), numbers(2, 6))
    assert replay is not None
    w *= 2

    assert np.array_equal(replay(numbers(2, 6)), native.matmul(numbers(2, 6), w))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda y: y + 1,  # plain array code behind the launches
        lambda y: y.copy(),
        lambda y: y[:, ::-1].copy(),
        lambda y: y.astype(np.float64),
    ],
)
def test_a_pass_that_does_more_than_launch_is_not_replayed(network: Pass, spoil: Callable[[Array], Array]) -> None:
    assert find_replay(lambda x: spoil(network(x)), numbers(1, 30)) is None


def test_a_pass_that_looks_at_its_numbers_is_not_replayed(native: NativeBackend) -> None:
    w = numbers(3, 3)

    def by_sign(x: Array) -> Array:
        return native.matmul(x, w if x[0, 0] > 0 else -w)

    signs = {bool(np.random.default_rng(0).standard_normal((1, 3), dtype=np.float32)[0, 0] > 0)}
    example = np.full((1, 3), -1 if True in signs else 1, dtype=np.float32)

    assert find_replay(by_sign, example) is None


def test_nothing_launched_and_other_dtypes_are_not_replayed(network: Pass) -> None:
    assert find_replay(lambda x: x * 2, numbers(1, 30)) is None
    assert find_replay(lambda x: x, numbers(1, 30).astype(np.float64)) is None


def test_a_view_of_the_answer_is_enough(network: Pass) -> None:
    replay = find_replay(lambda x: network(x)[:, 1], numbers(5, 30))

    assert replay is not None
    assert np.array_equal(replay(numbers(5, 30, seed=8)), network(numbers(5, 30, seed=8))[:, 1])


def test_launches_of_another_thread_are_not_noted(network: Pass, native: NativeBackend) -> None:
    def disturbed(x: Array) -> Array:
        other = threading.Thread(target=lambda: native.matmul(numbers(9, 9), numbers(9, 9)))
        other.start()
        other.join()
        return network(x)

    replay = find_replay(disturbed, numbers(1, 30))

    assert replay is not None
    assert replay.launches == 2


def test_several_threads_may_ask_one_replay(network: Pass) -> None:
    replay = find_replay(network, numbers(1, 30))
    assert replay is not None
    inputs = [numbers(1, 30, seed=seed) for seed in range(4)]
    expected = [network(x) for x in inputs]
    faults: list[int] = []

    def ask(k: int) -> None:
        if not all(np.array_equal(replay(inputs[k]), expected[k]) for _ in range(500)):
            faults.append(k)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults


def test_a_listener_that_leaves_between_two_looks_disturbs_no_launch(
    network: Pass, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Leaving:
        """There at the first look, gone at the second, as seen from another thread."""

        looks = 0

        @property
        def listener(self) -> Replay | None:
            self.looks += 1
            return replay if self.looks % 2 else None

    replay = Replay(example=numbers(1, 30))
    expected = network(numbers(1, 30))
    monkeypatch.setattr(launch, "_listening", Leaving())

    assert np.array_equal(network(numbers(1, 30)), expected)
