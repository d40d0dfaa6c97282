from __future__ import annotations

import threading
from pathlib import Path

import pytest

from azuraforge_worker.slots import Slot, Slots, list_gpus


def test_each_training_has_a_gpu_of_its_own() -> None:
    slots = Slots(gpus=("0", "1"), count=2)
    with slots.take() as one, slots.take() as other:
        seen = {one.environ["CUDA_VISIBLE_DEVICES"], other.environ["CUDA_VISIBLE_DEVICES"]}
    assert seen == {"0", "1"}


def test_a_slot_is_free_again_after_its_training_even_a_failed_one() -> None:
    slots = Slots(gpus=("3",), count=1)
    with pytest.raises(RuntimeError), slots.take():
        raise RuntimeError
    with slots.take() as slot:
        assert slot.gpu == "3"


def test_a_third_training_waits_for_one_of_two_slots() -> None:
    slots = Slots(count=2)
    entered = threading.Event()

    def third() -> None:
        with slots.take():
            entered.set()

    with slots.take():
        with slots.take():
            thread = threading.Thread(target=third)
            thread.start()
            assert not entered.wait(0.05)
        assert entered.wait(20)
    thread.join()


def test_fewer_trainings_than_gpus_are_allowed() -> None:
    slots = Slots(gpus=("0", "1"), count=1)
    with slots.take() as slot:
        assert slot == Slot("0")


def test_a_training_on_the_cpu_sees_the_environment_as_it_is() -> None:
    with Slots().take() as slot:
        assert slot.environ == {}


@pytest.mark.parametrize(
    ("visible", "expected"),
    [("0,2", ("0", "2")), ("", ()), ("-1", ()), ("GPU-8f2a, GPU-11", ("GPU-8f2a", "GPU-11"))],
)
def test_the_environment_says_which_gpus_may_be_used(visible: str, expected: tuple[str, ...]) -> None:
    assert list_gpus({"CUDA_VISIBLE_DEVICES": visible}) == expected


def test_without_a_word_the_driver_says_how_many_there_are(tmp_path: Path) -> None:
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    assert list_gpus({}, driver=tmp_path) == ("0", "1")
    assert list_gpus({}, driver=tmp_path / "missing") == ()
