"""Whatever stops a pipeline has a code, a sentence and, where something can be done, a hint."""

import errno

import pytest

from azuraforge_contracts import FailureCode
from azuraforge_core.errors import ShapeError
from azuraforge_learner.errors import CheckpointMismatch, Diverged
from azuraforge_learner.pipelines import DataRefused
from azuraforge_worker.trainer.failures import MOST_LETTERS, describe_failure


def caused(error: Exception, *, by: Exception) -> Exception:
    """`error` as it is when it was raised from another one."""
    error.__cause__ = by
    return error


CASES: list[tuple[BaseException, FailureCode, str]] = [
    (DataRefused("No rows.", hint="Bring some."), FailureCode.DATA_ERROR, "No rows."),
    (MemoryError(), FailureCode.OUT_OF_MEMORY, "more memory"),
    (Diverged("the loss", epoch=2, batch=3), FailureCode.DIVERGED, "epoch 2"),
    (CheckpointMismatch("other data"), FailureCode.DATA_ERROR, "cannot be continued: other data"),
    (ShapeError("(2,) and (3,)"), FailureCode.USER_ERROR, "(2,) and (3,)"),
    (OSError(errno.ENOSPC, "full"), FailureCode.STORAGE_LOW, "no room left"),
    (
        caused(DataRefused("unreadable", hint=""), by=OSError(errno.ENOSPC, "full")),
        FailureCode.STORAGE_LOW,
        "no room left",
    ),
    (OSError(errno.ENOENT, "gone"), FailureCode.USER_ERROR, "gone"),
    (KeyError("x"), FailureCode.USER_ERROR, "KeyError"),
]


@pytest.mark.parametrize(("error", "code", "words"), CASES, ids=lambda value: type(value).__name__)
def test_an_error_becomes_a_failure_in_words(error: BaseException, code: FailureCode, words: str) -> None:
    word = describe_failure(error)
    assert word.code == code
    assert words in word.message


def test_a_hint_says_what_to_do_about_changed_data() -> None:
    assert "start a new experiment" in describe_failure(CheckpointMismatch("other data")).hint


def test_a_book_of_an_error_is_cut() -> None:
    assert len(describe_failure(KeyError("x" * 100_000)).message) == MOST_LETTERS
