"""From rows to Markdown: what the README shows, with machine, threads and spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.command import time_text
from engine.workloads import INFERENCE, WORKLOADS

Rows = Mapping[str, Mapping[str, Any]]
MISSING: Final = "–"
NEGLIGIBLE: Final = 0.1
"""Share of disturbed pairs below which nobody needs to be warned."""
NAMES: Final = {
    "lstm_h64": "LSTM, 64 units",
    "lstm_h256": "LSTM, 256 units",
    "gru_h64": "GRU, 64 units",
    "mlp": "MLP 784-512-256-10",
    "cnn": "CNN 1-16-32",
    "transformer": "Transformer block",
    "residual": "Conv-BatchNorm-ReLU residual block",
}
BEST: Final = {"mlp": "torch_fused", "cnn": "torch_channels_last"}
"""The setting of PyTorch that is its best for a workload, where that is another one than its default."""
PEERS: Final = ("jax", "autograd", "tinygrad")
SINGLE: Final = {
    "tape/torch": "one op on the tape, forward and backward, to PyTorch",
    "start/import": "import of core, warm",
    "start/first_step/mlp": "fresh process to the first step of the MLP, warm",
    "start/first_step/lstm_h64": "the same of the LSTM",
    "start/first_step/cnn": "the same of the CNN",
    "contention/lstm_h64": "two trainings that each use all cores, to two that use half",
}


def table(rows: Rows, *, facts: Mapping[str, str]) -> str:
    """All parts for which there are rows."""
    parts = [
        _head(rows, facts),
        _part(
            (
                "training step, to PyTorch eager",
                "2 threads",
                "floor",
                "1 thread",
                "floor",
                "to its best, 2 threads",
                "1 thread",
                "memory",
            ),
            [(NAMES[name], *_training(rows, name)) for name in WORKLOADS],
        ),
        _part(
            ("one row, 1 thread", "AzuraForge", "onnxruntime", "PyTorch", "to onnxruntime", "to PyTorch"),
            [(NAMES[name], *_inference(rows, name)) for name in INFERENCE],
        ),
        _part(
            ("the same steps, 2 threads, to PyTorch eager", "AzuraForge", "JAX jit", "autograd", "tinygrad"),
            [(NAMES[name], *_peers(rows, name)) for name in WORKLOADS],
        ),
        _part(("besides", "figure"), [(text, _figure(rows.get(row))) for row, text in SINGLE.items()]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def unreached(rows: Rows) -> list[str]:
    """Names of the rows whose goal was not reached."""
    return sorted(name for name, row in rows.items() if row.get("state") == "goal not reached yet")


def _head(rows: Rows, facts: Mapping[str, str]) -> str:
    known = [f"{name} {facts[name]}" for name in ("python", "numpy", "torch", "onnxruntime") if name in facts]
    machine = ", ".join(facts.get(name, "unknown") for name in ("processor", "vectors"))
    text = (
        f"{machine}, {facts.get('cores', '?')} cores; {', '.join(known)}; {facts.get('backend', 'unknown backend')}. "
        "Ratios are medians over pairs of neighbouring blocks, quartiles in brackets; below 1 is faster. "
        "The floor is the ratio of the step's products of matrices and Adam's rows alone, as fast as they can be had."
    )
    loaded = [row["loaded"] for row in rows.values() if "loaded" in row]
    disturbed = sum(loaded) / len(loaded) if loaded else 0.0
    if disturbed > NEGLIGIBLE:
        text += f" Others used the machine during {disturbed:.0%} of the pairs: these are no final figures."
    return text


def _part(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    known = [line for line in lines if any(cell != MISSING for cell in line[1:])]
    if not known:
        return ""
    rule = ["---"] * len(heads)
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, rule, *known))


def _training(rows: Rows, name: str) -> list[str]:
    best = BEST.get(name, "")
    cells = [
        cell
        for threads in (2, 1)
        for cell in (
            _figure(rows.get(f"step/{name}/{threads}/torch")),
            _floor(rows.get(f"floor/{name}/{threads}/torch")),
        )
    ]
    cells += [_figure(rows.get(f"step/{name}/{threads}/{best}")) for threads in (2, 1)]
    return [*cells, _figure(rows.get(f"memory/{name}/torch"))]


def _floor(row: Mapping[str, Any] | None) -> str:
    return MISSING if row is None else f"{row['ratio']:.2f}"


def _inference(rows: Rows, name: str) -> list[str]:
    to_onnx, to_torch = (rows.get(f"answer/{name}/1/{peer}") for peer in ("onnxruntime", "torch"))
    times = [
        MISSING if row is None else time_text(row[key])
        for row, key in ((to_onnx, "ours_ms"), (to_onnx, "theirs_ms"), (to_torch, "theirs_ms"))
    ]
    return [*times, _figure(to_onnx), _figure(to_torch)]


def _peers(rows: Rows, name: str) -> list[str]:
    return [_figure(rows.get(f"peer/{name}/2/{side}")) for side in ("ours", *PEERS)]


def _figure(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return MISSING
    figure = row["ratio"] if "ratio" in row else row["value"]
    unit = f" {row['unit']}" if "value" in row else ""
    spread = "" if row["low"] == row["high"] else f" [{row['low']:.2f}–{row['high']:.2f}]"
    return f"{figure:.2f}{unit}{spread}"
