"""A recurrent layer as its `read`: lengths of sequences and a first state go in, the state at each one's end comes out.

    in     x (batch, time, features)    lengths (batch)    h, and c of an LSTM (layers, batch, units)
    out    y as the layer answers                          h_last and c_last, of the same shape

What a server needs that is given a sequence piece by piece, or sequences of several lengths at once. Two directions
have two rows of state for each layer, forwards first, as the layer itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner.inference import in_use
from azuraforge_learner.layers.sequence import Recurrent
from azuraforge_learner.onnx.orders import natural
from azuraforge_learner.onnx.program import Axis, Port, Program
from azuraforge_learner.onnx.recurrent import write_read
from azuraforge_learner.onnx.verification import need_near, open_session
from azuraforge_learner.onnx.write_model import INPUT, OUTPUT, dtype_of, rename_values
from azuraforge_learner.onnx.writer import Draft, Value, Writer

LENGTHS: Final = "lengths"
_STATE: Final = ("h", "c")
_PATH: Final = "0"  # parameters are called as where the layer is the only one of a model
_TIME: Final = 7


def write_reader(layer: Recurrent, *, metadata: Mapping[str, str]) -> Program:
    """The layer over sequences of any length.

    Raises:
        OnnxUnsupported: weights of several dtypes.
    """
    dtype, levels = dtype_of(layer, wanted=None), list(layer.levels())
    parts = _STATE[: layer.state_parts]
    lasts = [f"{part}_last" for part in parts]
    draft = Draft(names={INPUT, LENGTHS, OUTPUT, *parts, *lasts})
    out = Writer(draft, _PATH, dtype)
    split = [_split(out, part, count=len(levels), directions=layer.directions) for part in parts]
    x = Value(INPUT, (-1, layer.features), natural(3))
    y, ends = write_read(out, layer, x, lengths=LENGTHS, states=list(zip(*split, strict=True)))
    y = out.naturally(y)
    joined = [names[0] if len(names) == 1 else out.apply("Concat", *names, axis=0) for names in zip(*ends, strict=True)]
    rename_values(draft, {y.name: OUTPUT, **dict(zip(joined, lasts, strict=True))})
    rows: tuple[Axis, ...] = (len(levels) * layer.directions, "batch", layer.units)
    width = layer.directions * layer.units
    return Program(
        nodes=tuple(draft.nodes),
        weights=dict(sorted(draft.weights.items())),
        input=Port(INPUT, dtype, ("batch", "time", layer.features)),
        output=Port(OUTPUT, dtype, ("batch", "time", width) if layer.return_sequences else ("batch", width)),
        metadata=metadata,
        more_inputs=(Port(LENGTHS, "int32", ("batch",)), *(Port(part, dtype, rows) for part in parts)),
        more_outputs=tuple(Port(last, dtype, rows) for last in lasts),
    )


def compare_reading(content: bytes, layer: Recurrent) -> float:
    """The largest difference between onnxruntime and `layer.read`, over random sequences of several lengths.

    Raises:
        OnnxMissing, OnnxUnsupported, OnnxMismatch: as for a model.
    """
    run, generator = open_session(content), Generator(0)
    dtype = str(layer.weight_dtype)
    x = generator.normal((_TIME, _TIME, layer.features)).astype(dtype)
    lengths = np.arange(1, _TIME + 1)
    rows = (layer.layers * layer.directions, _TIME, layer.units)
    state = tuple(generator.normal(rows, std=0.5).astype(dtype) for _ in range(layer.state_parts))
    given: dict[str, Any] = {INPUT: x, LENGTHS: lengths.astype(np.int32), **dict(zip(_STATE, state, strict=False))}
    with in_use(layer):
        y, last = layer.read(Tensor(x), state=tuple(map(Tensor, state)), lengths=lengths)
    ours: list[Array] = [y.data, *(part.data for part in last)]
    return max(need_near(mine, theirs) for mine, theirs in zip(ours, run(given), strict=True))


def _split(out: Writer, part: str, *, count: int, directions: int) -> tuple[str, ...]:
    """A part of the state, level by level."""
    if count == 1:
        return (part,)
    sizes = out.integers("rows of a layer", *(directions,) * count)
    return out.node("Split", [part, sizes], attributes={"axis": 0}, outputs=count)
