"""The README's table: what was measured, with its spread; what was not is left out or a dash."""

from __future__ import annotations

from engine.table import table, unreached

FACTS = {"processor": "A CPU", "vectors": "avx2", "cores": "2", "torch": "2.13", "backend": "NativeBackend"}


def row(ratio: float, **more: float | str) -> dict[str, float | str]:
    return {"ratio": ratio, "low": ratio - 0.01, "high": ratio + 0.01, "ours_ms": 0.04, "theirs_ms": 2.0, **more}


def test_machine_figures_and_spread_are_stated() -> None:
    rows = {"step/mlp/2/torch": row(0.42), "step/mlp/2/torch_fused": row(0.71), "floor/mlp/2/torch": row(0.3)}
    text = table(rows, facts=FACTS)

    assert text.startswith("A CPU, avx2, 2 cores; torch 2.13; NativeBackend.")
    assert "| MLP 784-512-256-10 | 0.42 [0.41–0.43] | 0.30 | – | – | 0.71 [0.70–0.72] | – | – |" in text
    assert "onnxruntime |" not in text
    assert "no final figures" not in text


def test_times_of_one_row_are_in_the_unit_that_reads_well() -> None:
    rows = {"answer/mlp/1/onnxruntime": row(0.02), "answer/mlp/1/torch": row(0.02)}

    assert "| 40.0 µs | 2.00 ms | 2.00 ms |" in table(rows, facts=FACTS)


def test_a_busy_machine_is_owned_up_to() -> None:
    assert "during 80% of the pairs" in table({"tape/torch": row(1.0, loaded=0.8)}, facts=FACTS)


def test_goals_not_reached_yet_are_listed() -> None:
    rows = {"b": row(1, state="goal not reached yet"), "a": row(1, state="goal reached")}

    assert unreached(rows) == ["b"]
