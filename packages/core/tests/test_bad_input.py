"""Bad input of every kind that the issue lists: a typed error that names the op, the shapes seen and those needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_core import Tensor, check_finite, ops
from azuraforge_core.errors import (
    ArgumentError,
    CoreError,
    DtypeError,
    IndexOutOfRange,
    IntegerOverflow,
    NoGradientPath,
    NotFinite,
    NotScalar,
    ShapeError,
    TapeFreed,
    TensorChanged,
)


def zeros(*shape: int, dtype: str = "float32", requires_grad: bool = False) -> Tensor:
    return Tensor(np.zeros(shape, dtype), requires_grad=requires_grad)


def whole(*values: int, dtype: str = "int64") -> Tensor:
    return Tensor(np.array(values, dtype))


def changed_in_place() -> None:
    w = zeros(2, requires_grad=True)
    loss = (w * w).sum()
    w.data += 1
    loss.backward()


def backward_twice() -> None:
    loss = (zeros(2, requires_grad=True) * 2).sum()
    loss.backward()
    loss.backward()


def nan_met() -> None:
    with check_finite(), np.errstate(invalid="ignore"):
        ops.sqrt(ops.tanh(Tensor([-1.0])))


Refusal = tuple[Callable[[], object], type[CoreError], str]
REFUSALS: dict[str, Refusal] = {
    # wrong shapes
    "add of shapes that do not broadcast": (
        lambda: zeros(2, 3) + zeros(4),
        ShapeError,
        r"add: shapes \(2, 3\) and \(4,\) do not broadcast",
    ),
    "matmul of other lengths": (
        lambda: zeros(2, 3) @ zeros(4, 5),
        ShapeError,
        r"matmul: \(2, 3\) @ \(4, 5\); the last axis of the left must equal",
    ),
    "linear of other lengths": (
        lambda: ops.linear(zeros(2, 3), zeros(4, 5)),
        ShapeError,
        r"linear: x \(2, 3\) and w \(4, 5\); needed are",
    ),
    "a loss of a column and a row": (
        lambda: ops.mse(zeros(32, 1), zeros(32)),
        ShapeError,
        r"mse: prediction \(32, 1\) and target \(32,\) must be of one shape",
    ),
    "logits and labels that do not fit": (
        lambda: ops.cross_entropy(zeros(4, 3), whole(0, 1)),
        ShapeError,
        r"cross_entropy: logits \(4, 3\) and labels \(2,\); needed",
    ),
    "concat of other widths": (
        lambda: ops.concat([zeros(1, 2), zeros(1, 3)]),
        ShapeError,
        r"concat: shapes \(1, 2\), \(1, 3\) differ beside axis 0",
    ),
    "reshape to another size": (
        lambda: zeros(6).reshape(4, 2),
        ShapeError,
        r"reshape: shape \(6,\) has 6 elements, \(4, 2\)",
    ),
    "attention of other widths": (
        lambda: ops.attention(zeros(2, 3), zeros(2, 4), zeros(2, 3)),
        ShapeError,
        r"attention: q \(2, 3\), k \(2, 4\), v \(2, 3\); needed",
    ),
    "rows of other lengths": (lambda: Tensor([[1.0], [2.0, 3.0]]), ShapeError, "rows of equal length"),
    # dtypes
    "two floating dtypes in a layer's op": (
        lambda: ops.linear(zeros(2, 3), zeros(3, 1, dtype="float64")),
        DtypeError,
        "linear: x float32, w float64; they must be of one dtype",
    ),
    "integers where floats are needed": (
        lambda: ops.linear(zeros(2, 3, dtype="int64"), zeros(3, 1)),
        DtypeError,
        "linear: x is int64, it must be float32 or float64",
    ),
    "labels carried as floats": (
        lambda: ops.cross_entropy(zeros(2, 3), zeros(2)),
        DtypeError,
        "cross_entropy: indices are float32, they must be integers",
    ),
    "text": (lambda: Tensor(["a"]), DtypeError, "a tensor cannot hold <U1"),
    "a gradient for integers": (lambda: Tensor([1], requires_grad=True), DtypeError, "int64 cannot require a gradient"),
    "a condition that is no bool": (
        lambda: ops.where(zeros(2), zeros(2), zeros(2)),
        DtypeError,
        "where: the condition is float32, it must be bool",
    ),
    # labels and indices
    "label -1": (
        lambda: ops.cross_entropy(zeros(2, 3), whole(0, -1)),
        IndexOutOfRange,
        r"cross_entropy: index -1 is outside of 0\.\.2",
    ),
    "a label past the end": (
        lambda: ops.cross_entropy(zeros(2, 3), whole(0, 3)),
        IndexOutOfRange,
        r"cross_entropy: index 3 is outside of 0\.\.2",
    ),
    "an index past the end": (lambda: zeros(3)[4], IndexOutOfRange, r"getitem: index 4 .*\(shape \(3,\)\)"),
    # the tape
    "a saved tensor changed in place": (
        changed_in_place,
        TensorChanged,
        r"a tensor that multiply read \(of shapes \(2,\), \(2,\)\) was changed",
    ),
    "backward twice": (backward_twice, TapeFreed, "the tape of sum was freed"),
    "backward from many values": (
        zeros(2, requires_grad=True).backward,
        NotScalar,
        r"the shape is \(2,\)",
    ),
    "no gradient path": (lambda: zeros().backward(), NoGradientPath, "nothing that requires a gradient"),
    "a result changed": (
        lambda: setattr(zeros(2, requires_grad=True) * 2, "data", np.zeros(2, np.float32)),
        TensorChanged,
        "made by multiply",
    ),
    # numbers
    "NaN while it is looked for": (nan_met, NotFinite, r"sqrt: NaN in its result of shape \(1,\)"),
    "a sum of integers that wraps": (
        lambda: whole(100, dtype="int8") + 100,
        IntegerOverflow,
        "add: .*does not fit int8",
    ),
    "a difference that wraps": (
        lambda: whole(-(2**31), dtype="int32") - 1,
        IntegerOverflow,
        "subtract: .*does not fit int32",
    ),
    "a product that wraps": (lambda: whole(2**62) * 4, IntegerOverflow, r"multiply: .*shape \(1,\) does not fit int64"),
    "a negative that wraps": (lambda: -whole(-128, dtype="int8"), IntegerOverflow, "negative: .*does not fit int8"),
    "an unsigned number below 0": (
        lambda: whole(3, dtype="uint8") - 4,
        IntegerOverflow,
        "subtract: .*does not fit uint8",
    ),
    "a total that wraps": (lambda: whole(2**62, 2**62).sum(), IntegerOverflow, "sum: .*does not fit int64"),
    "a number that its neighbour cannot hold": (
        lambda: whole(1, dtype="int8") + 300,
        IntegerOverflow,
        "300 does not fit beside a tensor of int8",
    ),
    "a NumPy number that its neighbour cannot hold": (
        lambda: whole(1, dtype="int8") * np.int64(300),
        IntegerOverflow,
        "300 does not fit",
    ),
    "the first float past 64 bits": (
        lambda: Tensor(np.array([2.0**63])).astype("int64"),
        IntegerOverflow,
        "int64 cannot hold",
    ),
    "a float that no integer holds": (
        lambda: Tensor([1e30]).astype("int32"),
        IntegerOverflow,
        r"cast: shape \(1,\) of float32 holds numbers outside of -2147483648\.\.2147483647",
    ),
    "NaN as an integer": (lambda: Tensor([float("nan")]).astype("int64"), IntegerOverflow, "or NaN: int64 cannot hold"),
    "an integer made narrower": (lambda: whole(2**40).astype("int32"), IntegerOverflow, "int32 cannot hold them"),
    "an integer beyond 64 bits": (lambda: Tensor([2**70]), DtypeError, "cannot hold object"),
    # axes
    "an axis past the end": (lambda: zeros(2, 3).sum(axis=2), IndexOutOfRange, "sum: axis 2 of a tensor with 2 axes"),
    "a negative axis out of range": (
        lambda: ops.softmax(zeros(2, 3), axis=-3),
        IndexOutOfRange,
        "softmax: axis -3 of a tensor with 2 axes",
    ),
    "an axis twice": (
        lambda: zeros(2, 3).sum(axis=(1, -1)),
        ArgumentError,
        r"sum: axis \(1, -1\) names an axis .*twice",
    ),
    "an axis that is no whole number": (lambda: zeros(2).sum(axis=0.5), ArgumentError, "sum: axis 0.5 is no whole"),  # type: ignore[arg-type]
    "a transpose that forgets an axis": (
        lambda: ops.transpose(zeros(2, 3), (0,)),
        ArgumentError,
        r"transpose: axes \(0,\) must name each of the 2 axes of \(2, 3\)",
    ),
    # nothing to work on
    "the mean of nothing": (lambda: zeros(0, 3).mean(), ShapeError, r"mean: shape \(0, 3\) has no element"),
    "a loss of nothing": (lambda: ops.mse(zeros(0, 1), zeros(0, 1)), ShapeError, r"mse: .*\(0, 1\) hold nothing"),
    "the largest of nothing": (lambda: ops.max(zeros(0)), ShapeError, r"max: shape \(0,\) has no element"),
    "the classes of nothing": (
        lambda: ops.cross_entropy(zeros(0, 3), np.zeros(0, np.int64)),
        ShapeError,
        r"cross_entropy: logits \(0, 3\) and labels \(0,\)",
    ),
    "a softmax over nothing": (lambda: ops.softmax(zeros(2, 0)), ShapeError, r"softmax: axis 1 of shape \(2, 0\)"),
    "batch statistics of nothing": (
        lambda: ops.batch_norm(zeros(0, 3), zeros(3), zeros(3)),
        ShapeError,
        r"batch_norm: x \(0, 3\)",
    ),
    # windows
    "a kernel larger than the input": (
        lambda: ops.conv2d(zeros(1, 3, 3, 1), zeros(5, 5, 1, 1)),
        ShapeError,
        r"conv2d: the kernel \(5, 5\) .* is larger than \(3, 3\) with padding \(0, 0\)",
    ),
    "a pooling window larger than the input": (
        lambda: ops.max_pool2d(zeros(1, 2, 2, 1), 3),
        ShapeError,
        r"max_pool2d: the window \(3, 3\) is larger than \(2, 2\)",
    ),
    "a stride of 0": (
        lambda: ops.conv1d(zeros(1, 3, 1), zeros(1, 1, 1), stride=0),
        ArgumentError,
        "conv1d: stride is 0; needed",
    ),
    "a padding that is no whole number": (
        lambda: ops.pad(zeros(1), [(0, 1.5)]),  # type: ignore[list-item]
        ShapeError,
        r"pad: widths \[\(0, 1.5\)\] for shape \(1,\)",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_it_is_refused_with_a_typed_error_that_says_what_was_seen(what: str) -> None:
    call, error, words = REFUSALS[what]
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(error, match=words):
        call()


def test_a_zero_size_batch_passes_through_every_op_that_has_something_to_answer() -> None:
    x = zeros(0, 4, 4, 2, requires_grad=True)
    w = zeros(3, 3, 2, 3, requires_grad=True)
    y = ops.flatten(ops.max_pool2d(ops.relu(ops.conv2d(x, w, padding=1)), 2))
    assert y.shape == (0, 12)
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.shape == x.shape
    assert w.grad is not None
    assert not w.grad.any()


@given(st.integers(-300, 300), st.integers(-300, 300), st.sampled_from(["int8", "uint8", "int16"]))
def test_integers_answer_exactly_or_not_at_all(a: int, b: int, dtype: str) -> None:
    limits = np.iinfo(dtype)
    if not all(limits.min <= value <= limits.max for value in (a, b)):
        return
    for op, exact in ((ops.add, a + b), (ops.subtract, a - b), (ops.multiply, a * b)):
        try:
            answer = op(whole(a, dtype=dtype), whole(b, dtype=dtype))
        except IntegerOverflow:
            assert not limits.min <= exact <= limits.max
        else:
            assert answer.item() == exact
            assert answer.dtype == dtype


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_of_64_bits_answer_exactly_or_not_at_all(a: int, b: int) -> None:
    """float64 cannot hold them, yet what wraps is off by far more than it rounds."""
    for op, exact in ((ops.add, a + b), (ops.subtract, a - b), (ops.multiply, a * b)):
        with np.errstate(over="ignore"):
            try:
                answer = op(whole(a), whole(b))
            except IntegerOverflow:
                assert not -(2**63) <= exact < 2**63
            else:
                assert answer.item() == exact
