"""`results.json`: what an experiment found, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from azuraforge_contracts.events import Score
from azuraforge_contracts.message import Localized, Message
from azuraforge_contracts.provenance import Provenance


class BaselineResult(Message):
    """A naive answer on the same split."""

    name: str
    title: Localized
    metrics: dict[str, float | None]


class Verdict(Message):
    """Whether the network earned its place, in one sentence."""

    score: Score
    sentence: Localized
    outcome: str = ""
    """`beats`, `equals` (the difference is within chance) or `loses`."""
    skill_low: float | None = None
    skill_high: float | None = None
    """The 95 % interval of the score's skill."""


class SeriesResult(Message):
    """Predicted against actual over the whole test part, in the target's unit."""

    x: list[str]
    actual: list[float | None]
    predicted: list[float | None]
    baseline: list[float | None] = Field(default_factory=list)
    unit: str = ""


class EpochRow(Message):
    """One epoch's metrics."""

    epoch: int
    metrics: dict[str, float | None]


class DataCard(Message):
    """Which data was used and how it was split."""

    source: str
    rows: int
    sha256: str
    first: str = ""
    last: str = ""
    target: str = ""
    features: list[str] = Field(default_factory=list)
    split: dict[str, int] = Field(default_factory=dict)
    notes: list[Localized] = Field(default_factory=list)


class Reproducibility(Message):
    """Everything needed to get the same weights again."""

    seed: int
    config_hash: str
    data_hash: str
    weights_hash: str
    device: str
    threads: int
    versions: dict[str, str] = Field(default_factory=dict)


class Results(Message):
    """The whole document."""

    format: Literal["azf.results/1"] = "azf.results/1"
    task_id: str
    pipeline: str
    pipeline_version: str
    metrics: dict[str, dict[str, float | None]]
    """Split (`train`, `validation`, `test`) → metric → value."""
    units: dict[str, str] = Field(default_factory=dict)
    """Metric → unit, where it has one."""
    baselines: list[BaselineResult]
    verdict: Verdict
    series: SeriesResult | None = None
    history: list[EpochRow] = Field(default_factory=list)
    best_epoch: int | None = None
    data: DataCard
    config: dict[str, JsonValue]
    model: dict[str, JsonValue] = Field(default_factory=dict)
    """Layers and parameter counts."""
    reproducibility: Reproducibility
    provenance: Provenance | None = None
    """What it was trained with, in full."""
    seconds: float = 0.0
