"""A series as bytes, so that a checkpoint can carry the data that was learnt from; nothing in them is executed."""

from __future__ import annotations

import io
import json
from typing import Final

import numpy as np

from azuraforge_learner.data.series import TimeSeries

SERIES_FILE: Final = "series.npz"
_COLUMN: Final = "column:"


def pack_series(series: TimeSeries) -> bytes:
    """The whole series; the same series gives the same bytes."""
    words = {
        "target_name": series.target_name,
        "source": series.source,
        "unit": series.unit,
        "notes": [dict(note) for note in series.notes],
    }
    columns = {f"{_COLUMN}{name}": values for name, values in series.columns.items()}
    buffer = io.BytesIO()
    arrays = {"dates": series.dates, "target": series.target, **columns}
    np.savez(buffer, allow_pickle=False, words=np.frombuffer(json.dumps(words).encode(), np.uint8), **arrays)
    return buffer.getvalue()


def unpack_series(content: bytes) -> TimeSeries:
    """The series that `pack_series` was given. `content` comes out of a checkpoint whose hashes were checked."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        words = json.loads(arrays["words"].tobytes())
        names = [name for name in arrays.files if name.startswith(_COLUMN)]
        return TimeSeries(
            dates=arrays["dates"],
            target=arrays["target"],
            target_name=words["target_name"],
            source=words["source"],
            unit=words["unit"],
            columns={name.removeprefix(_COLUMN): arrays[name] for name in names},
            notes=tuple(words["notes"]),
        )
