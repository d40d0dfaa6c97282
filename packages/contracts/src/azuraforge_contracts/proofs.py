"""Whether two experiments are one training: the answer of `azuraforge experiments prove`."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue

from azuraforge_contracts.message import Message
from azuraforge_contracts.states import ExperimentState


class ProofVerdict(StrEnum):
    """What came out of a comparison."""

    REPRODUCED = "reproduced"
    """Bit for bit: every epoch's metrics, every layer's weights after it, the final weights."""
    DIFFERS = "differs"
    PENDING = "pending"
    """One of the two has not succeeded yet; nothing differs so far."""
    INCOMPARABLE = "incomparable"
    """They have no epoch in common, or one failed before its end."""


class Difference(Message):
    """The first thing that is not the same."""

    epoch: int | None = None
    """None: the final weights, although every epoch is the same."""
    layer: str | None = None
    """The first layer whose weights differ after that epoch, in the model's order."""
    metric: str | None = None
    """Where only a metric differs, or no weights were recorded."""
    expected: JsonValue = None
    found: JsonValue = None


class ProvenanceDifference(Message):
    """One fact in which the two differ."""

    name: str
    expected: JsonValue = None
    found: JsonValue = None


class ProofRead(Message):
    """`GET /api/v1/experiments/{task_id}/proof/{other}`."""

    task_id: str
    other: str
    verdict: ProofVerdict
    state: ExperimentState
    other_state: ExperimentState
    epochs_compared: int = 0
    layers_compared: int = 0
    """Layers whose weights were compared after each epoch; 0: only metrics were recorded."""
    is_final_compared: bool = False
    difference: Difference | None = None
    provenance: list[ProvenanceDifference] = Field(default_factory=list)
