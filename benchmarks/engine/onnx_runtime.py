"""onnxruntime's side of one-row inference."""

from __future__ import annotations

import os
from collections.abc import Callable

import onnxruntime

from engine.onnx_graphs import graph_of
from engine.workloads import WORKLOADS, start_of


def make_answer(subject: str, *, variant: str = "") -> tuple[Callable[[], object], list[float]]:
    """One answer to one row, and its numbers."""
    del variant
    start = start_of(WORKLOADS[subject])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    options.inter_op_num_threads = 1
    model = graph_of(WORKLOADS[subject], start).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {"x": start.x[:1]}
    return lambda: session.run(None, feed), session.run(None, feed)[0].ravel().tolist()


def facts() -> dict[str, str]:
    """What computes here."""
    return {"onnxruntime": str(onnxruntime.__version__)}
