"""Reshape: per sample, in row order, and only where every number finds a place."""

import json

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import GraphInvalid, LayerInvalid
from azuraforge_learner.layers import Reshape, Sequential, from_graph, to_graph


def test_numbers_stay_in_row_order_and_with_their_sample() -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert np.array_equal(Reshape((4, -1))(Tensor(x)).data, x.reshape(2, 4, 3))
    assert Reshape((12,))(Tensor(x)).shape == (2, 12)
    assert Reshape((12,))(Tensor(x[:0])).shape == (0, 12)


def test_a_row_of_lengths_survives_json() -> None:
    document = json.loads(json.dumps(to_graph(Sequential(Reshape((2, -1))))))
    assert document["nodes"][0]["parameters"] == {"shape": [2, -1]}
    again = from_graph(document, generator=Generator(0))
    assert again(Tensor(np.zeros((1, 6), np.float32))).shape == (1, 2, 3)
    assert to_graph(again) == document


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((-1, -1), "at most one -1"),
        ((0, 3), "lengths from 1 on"),
        ((-2,), "shape must be at least -1"),
        ((), "shape must hold 1 to 8 integers"),
        ((1,) * 9, "shape must hold 1 to 8 integers"),
        ((2.0,), "shape must hold integers, not float"),
        ((True,), "shape must hold integers, not bool"),
        ("12", "shape must be array, not str"),
    ],
)
def test_impossible_shapes_are_refused(shape: object, words: str) -> None:
    with pytest.raises(LayerInvalid, match=words):
        Reshape(shape)  # type: ignore[arg-type]
    node = {"id": "0", "type": "Reshape", "version": 1, "parameters": {"shape": shape}}
    with pytest.raises(GraphInvalid, match=words):
        from_graph({"format": "azf.graph/1", "nodes": [node], "edges": []}, generator=Generator(0))


@pytest.mark.parametrize("shape", [(4,), (5, -1)])
def test_numbers_that_find_no_place_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(LayerInvalid, match=r"cannot lay out \(2, 3\), which is 6 numbers, as"):
        Reshape(shape)(Tensor(np.zeros((1, 2, 3), np.float32)))
    with pytest.raises(LayerInvalid, match="fixed length"):
        Reshape.spec.shape_of({"shape": shape}, (-1, 3))
