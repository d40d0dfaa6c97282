"""Batches: every sample once, in an order that the seed decides, from any saved position."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_learner import ArrayDataset, DataLoader
from azuraforge_learner.errors import CheckpointMismatch, DataInvalid


def loader(samples: int = 10, **options: object) -> DataLoader:
    x = np.arange(samples)
    return DataLoader(ArrayDataset(x, x * 10), **{"batch_size": 3, **options})  # type: ignore[arg-type]


def one_pass(data: DataLoader) -> list[list[int]]:
    return [x.tolist() for x, _ in data]


def test_inputs_and_targets_stay_together() -> None:
    for x, y in loader(is_shuffled=True, seed=1):
        assert (x * 10 == y).all()


def test_short_last_batch_is_kept_or_dropped() -> None:
    assert [len(batch) for batch in one_pass(loader())] == [3, 3, 3, 1]
    assert [len(batch) for batch in one_pass(loader(is_last_dropped=True))] == [3, 3, 3]


def test_order_differs_between_passes_and_seeds_and_repeats_for_a_seed() -> None:
    data, again, other = (loader(50, is_shuffled=True, seed=seed) for seed in (1, 1, 2))
    passes = [one_pass(data), one_pass(data)]
    assert passes == [one_pass(again), one_pass(again)]
    assert passes[0] != passes[1]
    assert passes[0] != one_pass(other)


@given(st.integers(1, 40), st.integers(1, 9), st.booleans(), st.integers(1, 3), st.data())
def test_any_saved_position_gives_the_same_rest(
    samples: int, size: int, shuffled: bool, epoch: int, data: st.DataObject
) -> None:
    straight = loader(samples, batch_size=size, is_shuffled=shuffled, seed=4)
    for _ in range(epoch - 1):
        one_pass(straight)
    whole = one_pass(straight)
    done = data.draw(st.integers(0, len(whole)))
    stopped = loader(samples, batch_size=size, is_shuffled=shuffled, seed=4)
    stopped.seek(epoch=epoch, batch=done)
    resumed = loader(samples, batch_size=size, is_shuffled=shuffled, seed=4)
    resumed.load_state(stopped.state())
    assert one_pass(resumed) == whole[done:]
    assert sorted(i for batch in whole for i in batch) == list(range(samples))


def test_position_counts_the_batch_in_hand_as_done() -> None:
    data = loader()
    batches = iter(data)
    next(batches)
    assert data.state()["batch"] == 1


def test_reading_in_order_leaves_the_position() -> None:
    data = loader(is_shuffled=True, seed=1)
    data.seek(epoch=2, batch=1)
    assert [i for x, _ in data.in_order() for i in x] == list(range(10))
    assert (data.epoch, data.batch) == (2, 1)


@pytest.mark.parametrize(
    "change", [{"samples": 11}, {"batch_size": 4}, {"is_shuffled": True, "seed": 1}, {"is_last_dropped": True}]
)
def test_position_of_other_data_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(CheckpointMismatch, match="the checkpoint's was"):
        loader(**change).load_state(loader().state())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        ArrayDataset,
        lambda: ArrayDataset(np.zeros(3), np.zeros(4)),
        lambda: loader(0),
        lambda: loader(2, is_last_dropped=True),
        lambda: loader(batch_size=0),
        lambda: loader().seek(epoch=0, batch=0),
        lambda: loader().seek(epoch=1, batch=5),
        lambda: one_pass(loader(is_shuffled=True)),
    ],
)
def test_impossible_data_is_refused(make: object) -> None:
    with pytest.raises(DataInvalid):
        make()  # type: ignore[operator]
