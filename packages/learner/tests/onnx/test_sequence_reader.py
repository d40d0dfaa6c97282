"""A recurrent layer whose file takes lengths and a first state, as onnxruntime runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import OnnxMismatch, OnnxUnsupported
from azuraforge_learner.layers import GRU, LSTM, Bidirectional, Linear
from azuraforge_learner.layers.sequence import Recurrent
from azuraforge_learner.onnx import export_reader, import_onnx
from azuraforge_learner.onnx.recurrent import GATES

G = Generator(3)
LAYERS = {
    "LSTM": lambda: LSTM(3, 4, generator=G),
    "LSTM of two layers, sequences": lambda: LSTM(3, 4, layers=2, dropout=0.3, return_sequences=True, generator=G),
    "GRU of three layers": lambda: GRU(2, 5, layers=3, generator=G),
    "GRU, sequences": lambda: GRU(2, 5, return_sequences=True, generator=G),
    "both directions": lambda: Bidirectional(3, 2, generator=G),
    "both directions of two layers of GRU, sequences": lambda: Bidirectional(
        3, 2, cell="GRU", layers=2, return_sequences=True, generator=G
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_onnxruntime_reads_as_the_layer_does(name: str, path: Path) -> None:
    export = export_reader(LAYERS[name](), path, metadata={"note": "mine"}, verify=True)

    assert export.largest_difference is not None
    assert export.largest_difference <= 1e-5
    assert {entry.key: entry.value for entry in onnx.load(path).metadata_props}["note"] == "mine"


def test_a_sequence_in_pieces_is_the_sequence(path: Path) -> None:
    import onnxruntime  # noqa: PLC0415 - its import takes a while

    layer = LSTM(3, 4, generator=G)
    export_reader(layer, path)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    x = Generator(1).normal((2, 9, 3)).astype(np.float32)
    h = c = np.zeros((1, 2, 4), np.float32)

    for piece in np.split(x, 3, axis=1):
        y, h, c = session.run(None, {"x": piece, "lengths": np.full(2, 3, np.int32), "h": h, "c": c})

    np.testing.assert_allclose(y, layer(Tensor(x)).data, atol=1e-6)


def test_gates_in_another_order_are_caught_and_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GATES, "LSTM", (0, 1, 2, 3))

    with pytest.raises(OnnxMismatch):
        export_reader(LSTM(3, 4, generator=G), path, verify=True)

    assert list(path.parent.iterdir()) == []


def test_a_state_that_does_not_start_at_zero_reaches_the_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: the layer forgets the state that it is given, and the comparison must see it."""
    read = Recurrent.read
    monkeypatch.setattr(Recurrent, "read", lambda self, x, *, state, lengths: read(self, x, lengths=lengths))

    with pytest.raises(OnnxMismatch):
        export_reader(GRU(3, 4, generator=G), path, verify=True)


def test_a_layer_without_a_state_is_refused(path: Path) -> None:
    with pytest.raises(OnnxUnsupported, match="Linear has no state"):
        export_reader(Linear(2, 3, generator=G), path)  # type: ignore[arg-type]


def test_a_reader_is_no_model_to_import(path: Path) -> None:
    export_reader(LSTM(3, 4, generator=G), path)

    with pytest.raises(OnnxUnsupported, match="4 inputs and 3 outputs"):
        import_onnx(path)
