"""Messages tolerate tomorrow; requests tolerate no misspelling."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from azuraforge_contracts import Event, EventType, ExperimentCreate, Failure, FailureCode

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_message_with_an_unknown_field_is_read_without_it() -> None:
    event = Event.model_validate({"experiment": "e", "ts": NOW, "type": "epoch", "tomorrow": 1})
    assert event.type is EventType.EPOCH
    assert not hasattr(event, "tomorrow")


def test_an_event_of_an_unknown_type_is_kept_as_it_came() -> None:
    assert Event(experiment="e", ts=NOW, type="comet").type == "comet"


def test_an_unknown_failure_code_is_kept_as_it_came() -> None:
    assert Failure(code="out_of_memory", message="m").code is FailureCode.OUT_OF_MEMORY
    assert Failure(code="moon_eclipsed", message="m").code == "moon_eclipsed"


def test_a_request_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="pipelin\n"):
        ExperimentCreate.model_validate({"pipeline": "stock_predictor", "pipelin": "x"})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_no_message_carries_a_number_that_json_has_not(number: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Event(experiment="e", ts=NOW, type="epoch", data={"loss": number})


def test_a_message_cannot_be_changed() -> None:
    event = Event(experiment="e", ts=NOW, type="epoch")
    with pytest.raises(ValidationError, match="frozen"):
        event.seq = 1
