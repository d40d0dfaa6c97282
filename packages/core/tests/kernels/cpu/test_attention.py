"""Attention: kernels against plain array code."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import astuple, dataclass

import numpy as np
import pytest

from azuraforge_core import Array, Tensor, ops
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import Attended, AttentionRule
from azuraforge_core.kernels.cpu import attention
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

Operands = tuple[Array, Array, Array]


@dataclass(frozen=True)
class Size:
    n: int
    heads: int
    queries: int
    keys: int
    d: int
    e: int


SIZES = [
    Size(1, 1, 1, 1, 1, 1),
    Size(2, 3, 5, 7, 4, 9),
    Size(1, 2, 64, 64, 32, 32),
    Size(1, 2, 100, 130, 33, 17),  # more queries than a block
    Size(3, 1, 7, 600, 8, 40),  # a smaller block
    Size(1, 1, 130, 20, 8, 8),  # causal: the last queries see all keys
    Size(1, 2, 97, 97, 300, 5),  # more steps than a block of GEMM
]


def operands_of(size: Size) -> tuple[Operands, Array]:
    """q, k, v and the gradient of the answer."""
    n, heads, queries, keys, d, e = astuple(size)
    shapes = [(n, heads, queries, d), (n, heads, keys, d), (n, heads, keys, e), (n, heads, queries, e)]
    q, k, v, g = (numbers(*shape, seed=seed) for seed, shape in enumerate(shapes))
    return (q, k, v), g


def rule_of(size: Size, *, mask: str, is_causal: bool) -> AttentionRule:
    draw = np.random.default_rng(9).random
    masks = {
        "none": None,
        "keys": draw((size.n, 1, 1, size.keys)) > 0.3,
        "pairs": draw((size.queries, size.keys)) > 0.6,
        "nothing": np.zeros((1, 1), dtype=bool),
    }
    return AttentionRule(masks[mask], is_causal, 0.7 / float(np.sqrt(size.d)))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("mask", "is_causal"), list(itertools.product(["none", "keys", "pairs"], [False, True])))
def test_answers_and_gradients(
    native: NativeBackend, plain: ReferenceBackend, size: Size, mask: str, is_causal: bool
) -> None:
    operands, g = operands_of(size)
    rule = rule_of(size, mask=mask, is_causal=is_causal)
    ours, theirs = native.attend(*operands, rule=rule), plain.attend(*operands, rule=rule)

    assert_near(ours.y, theirs.y)
    for mine, wanted in zip(
        native.attend_vjp(g, ours, operands, rule=rule), plain.attend_vjp(g, theirs, operands, rule=rule), strict=True
    ):
        assert_near(mine, wanted)


@pytest.mark.parametrize("size", [Size(2, 2, 0, 3, 4, 4), Size(0, 2, 3, 3, 4, 4), Size(1, 1, 3, 0, 4, 4)], ids=str)
@pytest.mark.parametrize("is_causal", [False, True])
def test_nothing_to_look_at_and_nobody_who_looks(
    native: NativeBackend, plain: ReferenceBackend, size: Size, is_causal: bool
) -> None:
    operands, g = operands_of(size)
    rule = rule_of(size, mask="none", is_causal=is_causal)
    ours, theirs = native.attend(*operands, rule=rule), plain.attend(*operands, rule=rule)

    assert_near(ours.y, theirs.y)
    for mine, wanted in zip(
        native.attend_vjp(g, ours, operands, rule=rule), plain.attend_vjp(g, theirs, operands, rule=rule), strict=True
    ):
        assert_near(mine, wanted)


def test_a_query_that_may_look_nowhere_answers_0_and_moves_nothing(native: NativeBackend) -> None:
    operands, g = operands_of(Size(1, 2, 5, 6, 4, 3))
    rule = rule_of(Size(1, 2, 5, 6, 4, 3), mask="nothing", is_causal=False)
    attended = native.attend(*operands, rule=rule)

    assert not attended.y.any()
    assert not any(each.any() for each in native.attend_vjp(g, attended, operands, rule=rule))


@pytest.mark.parametrize("is_causal", [False, True])
def test_neither_parts_nor_forgotten_probabilities_change_a_bit(is_causal: bool) -> None:
    size = Size(2, 2, 110, 130, 20, 12)
    operands, g = operands_of(size)
    rule = rule_of(size, mask="keys", is_causal=is_causal)
    answers = []
    for parts, is_kept in itertools.product((1, 2, 3), (True, False)):
        with forced_parts(parts):
            attended = attention.attend(*operands, rule=rule, out=None)
            known = attended if is_kept else Attended(attended.y, None)
            answers.append((attended.y, *attention.attend_vjp(g, known, operands, rule=rule, out=None)))

    for answer in answers[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(answer, answers[0], strict=True))


def test_long_sequences_do_not_keep_their_probabilities(native: NativeBackend) -> None:
    size = Size(1, 2, 1500, 1500, 4, 4)
    operands, _ = operands_of(size)

    assert native.attend(*operands, rule=rule_of(size, mask="none", is_causal=True)).probabilities is None


def test_operands_of_any_layout_and_broadcast(native: NativeBackend, plain: ReferenceBackend) -> None:
    q = numbers(3, 2, 9, 10)[:, :, ::2, 1::2]
    k, v = numbers(2, 5, 7).swapaxes(-1, -2), numbers(3, 1, 7, 6)[..., :4]
    rule = AttentionRule(None, False, 1.0)
    ours, theirs = native.attend(q, k, v, rule=rule), plain.attend(q, k, v, rule=rule)
    g = np.broadcast_to(np.float32(0.5), theirs.y.shape)

    assert_near(ours.y, theirs.y)
    for mine, wanted in zip(
        native.attend_vjp(g, ours, (q, k, v), rule=rule), plain.attend_vjp(g, theirs, (q, k, v), rule=rule), strict=True
    ):
        assert_near(mine, np.ascontiguousarray(np.broadcast_to(wanted, mine.shape)))


def test_heads_are_read_and_written_where_they_lie() -> None:
    packed = numbers(3, 9, 24)
    ours = Tensor(packed, requires_grad=True)
    exact = Tensor(packed.astype(np.float64), requires_grad=True)
    real = np.ones((3, 1, 1, 9), dtype=bool)
    real[1, ..., 5:] = False
    g = numbers(3, 9, 8, seed=1)
    for x in (ours, exact):
        ops.self_attention(x, heads=2, mask=real).backward(g.astype(x.dtype))

    assert_near(ops.self_attention(ours, heads=2).data, ops.self_attention(exact, heads=2).data.astype(np.float32))
    assert_near(ours.grad, exact.grad.astype(np.float32))


@pytest.mark.parametrize("fault", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("mask", ["none", "pairs"])
def test_faults_in_an_operand_reach_who_looks_at_them(
    native: NativeBackend, plain: ReferenceBackend, fault: float, mask: str
) -> None:
    size = Size(1, 1, 12, 20, 3, 4)
    (q, k, v), _ = operands_of(size)
    q, k, v = np.abs(q), np.abs(k), np.abs(v)
    q[0, 0, 3, 1], v[0, 0, 5, 2] = fault, np.nan
    rule = rule_of(size, mask=mask, is_causal=False)

    with np.errstate(invalid="ignore"):
        assert_near(native.attend(q, k, v, rule=rule).y, plain.attend(q, k, v, rule=rule).y)


def test_scores_far_apart_give_0_and_1(native: NativeBackend) -> None:
    q, k, v = np.full((1, 1, 2), 1e4, np.float32), np.array([[[1, 1], [-1, -1]]], np.float32), numbers(1, 2, 3)
    attended = native.attend(q, k, v, rule=AttentionRule(None, False, 1.0))

    assert np.array_equal(attended.y[0, 0], v[0, 0])


@pytest.mark.slow
def test_narrow_vectors_give_the_same() -> None:
    narrow = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    chosen = [__file__, "-q", "-p", "no:cacheprovider", "-n", "0", "-m", "not slow"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen], env=narrow, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-2000:]
