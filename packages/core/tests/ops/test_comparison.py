"""Comparisons."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ShapeError


def test_comparisons_answer_bools_off_the_tape() -> None:
    a, b = Tensor([1.0, 2.0, 3.0], requires_grad=True), Tensor([2.0, 2.0, 2.0])
    expected = {
        "equal": [False, True, False],
        "not_equal": [True, False, True],
        "less": [True, False, False],
        "less_equal": [True, True, False],
        "greater": [False, False, True],
        "greater_equal": [False, True, True],
    }
    for name, answers in expected.items():
        y = getattr(ops, name)(a, b)
        assert y.data.tolist() == answers
        assert y.dtype == np.bool_
        assert not y.requires_grad
    with pytest.raises(ShapeError, match="less"):
        ops.less(a, Tensor([1.0, 2.0]))
