"""A results document as a pipeline writes it, with a hostile name in every place that a person can fill."""

from typing import Any

import numpy as np
import pytest

HOSTILE = "<script>alert('x')</script> | *`_"


def metrics(scale: float) -> dict[str, float | None]:
    return {"mae": 1.25 * scale, "rmse": 1.75 * scale, "r2": 0.9321, "direction_accuracy": None}


BASELINES = [
    {"name": "last_value", "title": {"tr": "Son değer", "en": "Last value"}, "metrics": metrics(0.9)},
    {"name": "drift", "title": {"tr": "Sürüklenme", "en": "Drift"}, "metrics": metrics(1.1)},
]


@pytest.fixture
def results() -> dict[str, Any]:
    return document()


@pytest.fixture(scope="session")
def pristine() -> dict[str, Any]:
    """For tests that only read."""
    return document()


def document() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    actual = 100 + rng.normal(size=90).cumsum()
    return {
        "format": "azf.results/1",
        "pipeline": "wave",
        "pipeline_version": "1.2.3",
        "metrics": {part: metrics(1.0) for part in ("train", "validation", "test")},
        "units": {"mae": "cm", "rmse": "cm"},
        "baselines": BASELINES,
        "verdict": {
            "score": {
                "metric": "rmse",
                "value": 1.75,
                "unit": "cm",
                "baseline": "last_value",
                "baseline_value": 1.575,
                "skill": -0.111,
                "beats_baseline": False,
            },
            "sentence": {"tr": "Model denk.", "en": "The model equals it."},
            "outcome": "equals",
            "skill_low": -0.2,
            "skill_high": 0.01,
        },
        "series": {
            "x": [str(day) for day in np.arange("2024-01-01", "2024-03-31", dtype="datetime64[D]")],
            "actual": actual.tolist(),
            "predicted": (actual + rng.normal(size=90)).tolist(),
            "baseline": np.roll(actual, 1).tolist(),
            "unit": "cm",
        },
        "history": [
            {"epoch": epoch, "metrics": {"loss": 1 / epoch, "validation_loss": 1.2 / epoch}} for epoch in range(1, 9)
        ],
        "best_epoch": 8,
        "data": {
            "source": f"CSV {HOSTILE}",
            "rows": 1234,
            "sha256": "d" * 64,
            "first": "2020-01-01",
            "last": "2024-03-30",
            "target": HOSTILE,
            "features": [HOSTILE, "month_sin"],
            "split": {"train": 1000, "validation": 100, "test": 90},
            "notes": [{"tr": "Çevrildi.", "en": "Turned around."}],
        },
        "config": {"training": {"epochs": 8, "seed": 1}, "source": {"name": HOSTILE}, "calendar": ["month"]},
        "model": {"parameters": 4321, "layers": [{"type": "LSTM", "settings": {"units": 4}, "parameters": 4321}]},
        "reproducibility": {
            "seed": 1,
            "config_hash": "c" * 64,
            "data_hash": "d" * 64,
            "weights_hash": "e" * 64,
            "device": "cpu",
            "threads": 2,
            "versions": {"python": "3.11"},
        },
        "seconds": 12.5,
    }
