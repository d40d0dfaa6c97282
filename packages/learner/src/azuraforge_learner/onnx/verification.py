"""Does onnxruntime answer as the model does?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from azuraforge_core import Array, Generator, Tensor
from azuraforge_learner.errors import OnnxMismatch, OnnxUnsupported
from azuraforge_learner.inference import in_use
from azuraforge_learner.layers import Embedding, Layer
from azuraforge_learner.onnx.library import need_runtime
from azuraforge_learner.onnx.program import Program

TOLERANCE: Final = 1e-5
"""Largest difference, in units of the number itself where that is above 1."""
_BATCHES: Final = (1, 3)
_FREE_LENGTH: Final = 24
"""For axes of any length, unless samples are given."""


def compare_answers(content: bytes, program: Program, model: Layer, *, samples: Array | None = None) -> float:
    """The largest difference between onnxruntime's answers and the model's; random samples unless some are given.

    Raises:
        OnnxMissing: onnxruntime is not installed.
        OnnxUnsupported: it has no kernel for a node in this dtype.
        OnnxMismatch: they differ by more than `TOLERANCE`, or one has NaN where the other has none.
    """
    run = open_session(content)
    given = [samples] if samples is not None else [_samples(program, model, n=n) for n in _BATCHES]
    largest = 0.0
    with in_use(model):
        for x in given:
            (theirs,) = run({program.input.name: x})
            largest = max(largest, need_near(model(Tensor(x)).data, theirs))
    return largest


def open_session(content: bytes) -> Callable[[Mapping[str, Any]], list[Array]]:
    """A function that gives a file its inputs by name and answers with all of its outputs.

    Raises:
        OnnxMissing: onnxruntime is not installed.
        OnnxUnsupported: (when it is called) it has no kernel for a node in this dtype.
    """
    runtime = need_runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised below, once

    def run(given: Mapping[str, Any]) -> list[Array]:
        try:
            session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            answers: list[Array] = session.run(None, dict(given))
        except Exception as error:  # its classes of errors are not published
            raise OnnxUnsupported(
                f"onnxruntime cannot run it: {error}; for some operators it has float32 kernels only: cast the "
                "model to float32, or export with verify=False"
            ) from error
        return answers

    return run


def need_near(ours: Array, theirs: Array) -> float:
    """The largest difference of two answers, in units of the number itself where that is above 1.

    Raises:
        OnnxMismatch: it is above `TOLERANCE`, they differ in shape or dtype, or only one has NaN somewhere.
    """
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        raise OnnxMismatch(
            f"onnxruntime answers {theirs.dtype}{theirs.shape}, the model {ours.dtype}{ours.shape}; nothing was written"
        )
    if not ours.size:
        return 0.0
    with np.errstate(invalid="ignore"):  # infinities of one sign are equal, below
        differences = np.abs(theirs - ours) / np.maximum(1.0, np.abs(ours))
    differences[(ours == theirs) | (np.isnan(ours) & np.isnan(theirs))] = 0.0
    largest = float(differences.max())
    if not largest <= TOLERANCE:
        raise OnnxMismatch(
            f"onnxruntime's answers differ by {largest:.2e}, allowed is {TOLERANCE:.0e}; nothing was written"
        )
    return largest


def _samples(program: Program, model: Layer, *, n: int) -> Array:
    generator = Generator(0)
    shape = (n, *(axis if isinstance(axis, int) else _FREE_LENGTH for axis in program.input.axes[1:]))
    if program.input.dtype == "int64":
        rows = min(layer.count for _, layer in model.walk() if isinstance(layer, Embedding))
        return generator.integers(shape, high=rows)
    return generator.normal(shape).astype(program.input.dtype)
