"""What a whole model costs, read from its document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azuraforge_learner.layers.graph_survey import survey_graph
from azuraforge_learner.layers.spec import Shape


def count_flops(document: Mapping[str, Any], *, input_shape: Shape) -> int | None:
    """Multiplications and additions on the way forward for one sample; None while an axis of it is open.

    `LayerSpec` says what a layer counts. Nothing is built.

    Raises:
        GraphInvalid: the document is no model, or does not fit the shape.
    """
    return survey_graph(document, input_shape=input_shape).flops
