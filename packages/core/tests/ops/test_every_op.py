"""Every op, none left out: gradients over a grid, signs that are planted and caught, dtypes, NaN, extremes.

One table says how each op is called. Files beside this one hold what is particular to an op; here stands what must
hold for all of them, and an op that is added without a line in the table fails the first test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, check_finite, ops
from azuraforge_core.errors import GradientMismatch, NotFinite
from azuraforge_core.testing import gradcheck, plant_sign_error, random_tensor

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """How an op is called: the shapes of its floating inputs, and what else it is told."""

    call: Callable[..., Tensor | Sequence[Tensor]]
    shapes: tuple[Shape, ...]
    is_positive: bool = False
    """Whether it takes numbers above 0 only."""
    is_probability: bool = False
    """Whether its last input lies between 0 and 1."""
    named: str = ""
    """The op that does the work, where it is another one."""

    def inputs(self, *, scale: float = 1.0) -> list[Tensor]:
        """Float64 leaves."""
        made = [random_tensor(shape, seed=k + 1, scale=scale) for k, shape in enumerate(self.shapes)]
        if self.is_positive:
            made = [Tensor(np.abs(x.data) + 0.2, requires_grad=True) for x in made]
        if self.is_probability:
            made[-1] = Tensor(1 / (1 + np.exp(-np.clip(made[-1].data, -30, 30))), requires_grad=True)
        return made


GRID: tuple[Shape, ...] = ((), (1,), (3, 5), (0,), (2, 0, 3))
PAIRS: tuple[tuple[Shape, Shape], ...] = (
    ((), (3,)),
    ((2, 3), (2, 3)),
    ((2, 1), (1, 3)),
    ((4, 1, 3), (2, 1)),
    ((0, 3), (3,)),
)
WITH_ELEMENTS = tuple(shape for shape in GRID if 0 not in shape)
LABELS, WEIGHTS = np.array([0, 2, 1, 2]), np.array([1.0, 0.5, 2.0])
MASK = np.array([[True, False, True], [True, True, True], [False, False, False]])
ROWS = np.array([2, 0, 2])


def each(call: Callable[..., Tensor], shapes: Sequence[Shape] = GRID, **others: bool | str) -> list[Case]:
    return [Case(call, (shape,), **others) for shape in shapes]


def pairs(call: Callable[..., Tensor], **others: bool | str) -> list[Case]:
    return [Case(call, shapes, **others) for shapes in PAIRS]


def recurrent(call: Callable[..., Sequence[Tensor]], *, gates: int, state: int) -> list[Case]:
    cases = []
    for n, time, features, h in ((1, 1, 1, 1), (2, 3, 2, 3), (0, 2, 2, 2), (2, 0, 2, 2)):
        biases = ((gates * h,),) * (1 if state == 2 else 2)
        weights = ((features, gates * h), (h, gates * h), *biases)
        cases.append(Case(call, ((n, time, features), *((n, h),) * state, *weights)))
    return cases


def images(call: Callable[..., Tensor], **others: str) -> list[Case]:
    return each(call, [(1, 2, 2, 1), (2, 4, 5, 3), (0, 3, 3, 2)], **others)


CASES: dict[str, list[Case]] = {
    "absolute": each(ops.absolute),
    "add": pairs(ops.add),
    "add_layer_norm": [
        Case(ops.add_layer_norm, ((4, 3), (4, 3), (3,), (3,))),
        Case(lambda x, w, b: ops.add_layer_norm(x, x, w, b)[1], ((2, 2, 3), (3,), (3,))),
        Case(ops.add_layer_norm, ((0, 3), (0, 3), (3,), (3,))),
    ],
    "attention": [
        Case(ops.attention, ((2, 3, 4), (2, 3, 4), (2, 3, 2))),
        Case(lambda q, k, v: ops.attention(q, k, v, mask=MASK), ((3, 2), (3, 2), (3, 3))),
        Case(lambda q, k, v: ops.attention(q, k, v, is_causal=True), ((1, 2, 3, 1), (2, 1, 3, 1), (3, 1))),
        Case(ops.attention, ((0, 2, 3), (0, 2, 3), (0, 2, 1))),
    ],
    "average_pool2d": images(lambda x: ops.average_pool2d(x, 2, stride=1, padding=1)),
    "batch_norm": [
        Case(lambda x, w, b: ops.batch_norm(x, w, b)[0], ((2, 1), (1,), (1,))),
        Case(lambda x, w, b: ops.batch_norm(x, w, b)[0], ((2, 3, 3), (3,), (3,))),
    ],
    "batch_norm_fixed": [
        Case(lambda x, w, b: ops.batch_norm_fixed(x, w, b, mean=np.ones(3), variance=WEIGHTS), ((2, 2, 3), (3,), (3,)))
    ],
    "binary_cross_entropy": [
        Case(ops.binary_cross_entropy, (shape, shape), is_probability=True) for shape in ((1,), (3, 5))
    ],
    "broadcast_to": [
        *each(lambda x: ops.broadcast_to(x, (4, 2, 3)), [(), (1,), (3,), (2, 3), (2, 1), (4, 2, 3)]),
        *each(lambda x: ops.broadcast_to(x, (0, 3)), [(1, 3)]),
    ],
    "cast": each(lambda x: ops.cast(ops.cast(x, "float32"), "float64") * 0 + x, [(2,)], named="multiply"),
    "clip": each(lambda x: ops.clip(x, low=-0.4, high=0.6)),
    "concat": [
        Case(lambda a, b: ops.concat([a, b], axis=1), ((2, 1, 2), (2, 3, 2))),
        Case(lambda a, b: ops.concat([a, b, a]), ((0, 2), (3, 2))),
    ],
    "conv1d": [
        Case(ops.conv1d, ((1, 1, 1), (1, 1, 1))),
        Case(
            lambda x, w, b: ops.conv1d(x, w, b, stride=2, padding=1, dilation=2, groups=2),
            ((2, 7, 4), (3, 2, 2), (2,)),
        ),
        Case(ops.conv1d, ((0, 3, 2), (2, 2, 1), (1,))),
    ],
    "conv2d": [
        Case(ops.conv2d, ((1, 1, 1, 1), (1, 1, 1, 1))),
        Case(
            lambda x, w, b: ops.conv2d(x, w, b, stride=(1, 2), padding=1, groups=2), ((2, 4, 5, 2), (3, 2, 1, 4), (4,))
        ),
        Case(ops.conv2d, ((0, 3, 3, 2), (2, 2, 2, 1), (1,))),
    ],
    "conv_transpose2d": [
        Case(ops.conv_transpose2d, ((1, 1, 1, 1), (1, 1, 1, 1))),
        Case(
            lambda x, w, b: ops.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1, groups=2),
            ((2, 3, 2, 4), (3, 3, 1, 4), (2,)),
        ),
    ],
    "cos": each(ops.cos),
    "cross_entropy": [
        Case(lambda x: ops.cross_entropy(x, LABELS), ((4, 3),)),
        Case(lambda x: ops.cross_entropy(x, LABELS, smoothing=0.2, class_weights=WEIGHTS), ((4, 3),)),
        Case(lambda x: ops.cross_entropy(x, LABELS[:1]), ((1, 3),)),
        Case(lambda x: ops.cross_entropy(x, LABELS.reshape(2, 2)), ((2, 2, 3),)),
    ],
    "divide": pairs(ops.divide, is_positive=True),
    "dropout": each(lambda x: ops.dropout(x, p=0.4, generator=Generator(3)), [(3, 5), (0, 2)]),
    "einsum": [
        Case(lambda a, b: ops.einsum("nid,njd->nij", a, b), ((2, 3, 4), (2, 1, 4))),
        Case(lambda a, b, c: ops.einsum("i,ij,jk->k", a, b, c), ((2,), (2, 3), (3, 2))),
        Case(lambda a: ops.einsum("ij->j", a), ((2, 3),)),
    ],
    "elu": each(lambda x: ops.elu(x, alpha=1.3)),
    "embedding": each(lambda w: ops.embedding(ROWS[None], w), [(3, 2)], named="getitem"),
    "erf": each(ops.erf),
    "exp": each(ops.exp),
    "expand_dims": each(lambda x: ops.expand_dims(x, -1), named="reshape"),
    "flatten": each(ops.flatten, [(1, 1), (2, 3, 2), (0, 2)], named="reshape"),
    "flip": [*each(ops.flip), *each(lambda x: ops.flip(x, 1), [(2, 3, 2)])],
    "gelu": [*each(ops.gelu), *each(lambda x: ops.gelu(x, approximation="tanh"))],
    "getitem": [
        *each(lambda x: x[1:, ::-2], [(3, 5)]),
        *each(lambda x: x[ROWS, 1], [(3, 5)]),
        *each(lambda x: x[..., None, 0], [(2, 3)]),
    ],
    "global_average_pool2d": each(ops.global_average_pool2d, [(1, 1, 1, 1), (2, 3, 2, 2)]),
    "group_norm": [
        Case(lambda x, w, b: ops.group_norm(x, w, b, groups=2), ((2, 3, 4), (4,), (4,))),
        Case(lambda x, w, b: ops.group_norm(x, w, b, groups=1), ((1, 2, 2, 1), (1,), (1,))),
    ],
    "gru": recurrent(ops.gru, gates=3, state=1),
    "huber": [Case(lambda p, t: ops.huber(p, t, delta=0.7), (shape, shape)) for shape in ((1,), (3, 5))],
    "last_step": each(lambda x: ops.last_step(x, lengths=[2, 1, 3]), [(3, 3), (3, 3, 2)], named="getitem"),
    "layer_norm": [
        Case(ops.layer_norm, ((4, 3), (3,), (3,))),
        Case(ops.layer_norm, ((2, 2, 3), (2, 3), (2, 3))),
        Case(ops.layer_norm, ((0, 3), (3,), (3,))),
    ],
    "leaky_relu": each(lambda x: ops.leaky_relu(x, slope=0.2)),
    "linear": [
        Case(ops.linear, ((1, 1), (1, 1), (1,))),
        Case(ops.linear, ((2, 3, 4), (4, 5), (5,))),
        Case(ops.linear, ((4,), (4, 2))),
        Case(ops.linear, ((0, 4), (4, 2), (2,))),
    ],
    "log": each(ops.log, is_positive=True),
    "log_softmax": [*each(ops.log_softmax, [(1,), (3, 5)]), *each(lambda x: ops.log_softmax(x, axis=0), [(2, 0, 3)])],
    "logsumexp": [*each(ops.logsumexp, WITH_ELEMENTS), *each(lambda x: ops.logsumexp(x, 1, keepdims=True), [(2, 3)])],
    "lstm": recurrent(ops.lstm, gates=4, state=2),
    "mae": [Case(ops.mae, (shape, shape)) for shape in ((1,), (3, 5))],
    "matmul": [
        Case(ops.matmul, shapes)
        for shapes in (
            ((1, 1), (1, 1)),
            ((3, 5), (5, 2)),
            ((5,), (5,)),
            ((5,), (2, 5, 3)),
            ((2, 3, 5), (5,)),
            ((4, 1, 2, 3), (3, 3, 2)),
            ((0, 3), (3, 2)),
        )
    ],
    "max": [*each(ops.max, WITH_ELEMENTS), *each(lambda x: ops.max(x, 0, keepdims=True), [(3, 5)])],
    "max_pool2d": images(lambda x: ops.max_pool2d(x, 2, stride=1, padding=1)),
    "maximum": pairs(ops.maximum),
    "mean": [*each(ops.mean, WITH_ELEMENTS), *each(lambda x: ops.mean(x, (0, 2)), [(2, 3, 4)])],
    "min": [*each(ops.min, WITH_ELEMENTS), *each(lambda x: ops.min(x, -1), [(3, 5)])],
    "minimum": pairs(ops.minimum),
    "mse": [Case(ops.mse, (shape, shape)) for shape in ((1,), (3, 5))],
    "multiply": pairs(ops.multiply),
    "negative": each(ops.negative),
    "pad": each(lambda x: ops.pad(x, [(1, 0), (0, 2)], value=3.0), [(1, 1), (2, 3), (0, 2)]),
    "power": pairs(ops.power, is_positive=True),
    "relu": each(ops.relu),
    "reshape": each(lambda x: ops.reshape(x, (-1, 3)), [(3,), (2, 3), (3, 1, 2)]),
    "reverse_steps": each(lambda x: ops.reverse_steps(x, lengths=[3, 0, 2]), [(3, 3), (3, 3, 2)]),
    "rms_norm": [Case(ops.rms_norm, ((4, 3), (3,))), Case(ops.rms_norm, ((0, 3), (3,)))],
    "scatter_add": [Case(lambda x, v: ops.scatter_add(x, ROWS, values=v), ((3, 2), (3, 2)))],
    "self_attention": [
        *each(lambda x: ops.self_attention(x, heads=2), [(2, 3, 12), (0, 2, 6), (2, 0, 6)]),
        *each(lambda x: ops.self_attention(x, heads=1, mask=MASK, is_causal=True), [(2, 3, 3)]),
    ],
    "sigmoid": each(ops.sigmoid),
    "silu": each(ops.silu),
    "sin": each(ops.sin),
    "softmax": [*each(ops.softmax, [(1,), (3, 5)]), *each(lambda x: ops.softmax(x, axis=0), [(2, 0, 3)])],
    "softplus": each(lambda x: ops.softplus(x, beta=2.0)),
    "split": each(lambda x: ops.split(x, [1, 0, 2], axis=1), [(2, 3), (0, 3)]),
    "sqrt": each(ops.sqrt, is_positive=True),
    "square": each(ops.square),
    "squeeze": each(ops.squeeze, [(1,), (2, 1, 3)], named="reshape"),
    "stack": [Case(lambda a, b: ops.stack([a, b, a], axis=1), ((2, 3), (2, 3))), Case(lambda a: ops.stack([a]), ((),))],
    "subtract": pairs(ops.subtract),
    "sum": [*each(ops.sum), *each(lambda x: ops.sum(x, (-1, 0), keepdims=True), [(2, 3, 4)])],
    "swap_axes": each(lambda x: ops.swap_axes(x, 0, b=-1), [(1, 1), (2, 3, 4)], named="transpose"),
    "take": each(lambda x: ops.take(x, ROWS, axis=1), [(2, 3)], named="getitem"),
    "tanh": each(ops.tanh),
    "transpose": [*each(ops.transpose), *each(lambda x: ops.transpose(x, (1, 2, 0)), [(2, 3, 4)])],
    "variance": [
        *each(ops.variance, WITH_ELEMENTS),
        *each(lambda x: ops.variance(x, 1, correction=1, keepdims=True), [(2, 3)]),
    ],
    "where": [Case(lambda a, b: ops.where(MASK, a, b), ((3, 3), (3,)))],
}
WITHOUT_GRADIENT = {"argmax", "equal", "greater", "greater_equal", "less", "less_equal", "not_equal"}


def results_of(case: Case, inputs: Sequence[Tensor]) -> list[Tensor]:
    results = case.call(*inputs)
    return [results] if isinstance(results, Tensor) else list(results)


every_op = pytest.mark.parametrize("name", CASES)


@contextmanager
def told(case: Case) -> Iterator[None]:
    """Add to an error which of the op's cases it is."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the case of shapes {case.shapes}")
        raise


def test_no_op_is_left_out() -> None:
    assert set(CASES) | WITHOUT_GRADIENT == set(ops.__all__)
    assert not set(CASES) & WITHOUT_GRADIENT


@every_op
def test_gradients(name: str) -> None:
    for case in CASES[name]:
        with told(case):
            gradcheck(case.call, case.inputs())


def view_of(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """A leaf twice as large in another order, and how to see the same numbers in it."""
    if not x.ndim:
        return x, lambda leaf: leaf
    wide = np.repeat(x.data, 2, axis=0).transpose()
    return Tensor(np.ascontiguousarray(wide), requires_grad=True), lambda leaf: leaf.transpose()[::2]


@every_op
def test_gradients_of_views_that_are_not_contiguous(name: str) -> None:
    for case in CASES[name]:
        leaves, views = zip(*(view_of(x) for x in case.inputs()), strict=True)

        def of_views(*xs: Tensor, case: Case = case, views: Sequence[Any] = views) -> Tensor | Sequence[Tensor]:
            return case.call(*(view(x) for view, x in zip(views, xs, strict=True)))

        with told(case):
            gradcheck(of_views, leaves)


@every_op
def test_gradients_of_tensors_used_twice_before_backward(name: str) -> None:
    for case in CASES[name]:

        def twice(*xs: Tensor, case: Case = case) -> list[Tensor]:
            return [*results_of(case, xs), *results_of(case, xs)]

        with told(case):
            gradcheck(twice, case.inputs())


@every_op
def test_a_planted_sign_is_caught_for_every_input(name: str) -> None:
    """In the case with the most elements; a sign that goes unnoticed belongs to a gradient that nobody looks at."""
    case = max(CASES[name], key=lambda case: min(x.size for x in case.inputs()))
    for position in range(len(case.shapes)):
        inputs = case.inputs()
        with pytest.raises(GradientMismatch, match=f"input {position}"):
            gradcheck(plant_sign_error(case.call, inputs[position]), inputs)


@pytest.mark.parametrize("name", [name for name in CASES if name != "cast"])
def test_float32_stays_float32_in_both_directions(name: str) -> None:
    for case in CASES[name]:
        with told(case):
            assert_float32(case)


def assert_float32(case: Case) -> None:
    inputs = [Tensor(x.data.astype(np.float32), requires_grad=True) for x in case.inputs()]
    for y in results_of(case, inputs):
        assert y.dtype == np.float32
        y.backward(np.ones(y.shape, np.float32), retain_tape=True)
        assert y.node is not None
        own = y.node.vjp(np.ones(y.shape, np.float32)) if y.node.outputs is None else ()  # type: ignore[misc]
        assert {g.dtype for g in own if g is not None} <= {np.dtype(np.float32)}  # before the tape would mend it
    assert all(x.grad is None or x.grad.dtype == np.float32 for x in inputs)


@every_op
def test_nan_is_named_at_the_op_that_met_it(name: str) -> None:
    case = next(case for case in CASES[name] if min(x.size for x in case.inputs()) > 0)
    for position in range(len(case.shapes)):
        if case.is_probability and position:
            continue  # a target that is no number is refused before anything is computed
        inputs = case.inputs()
        inputs[position].data[...] = np.nan
        named = {case.named or name}
        with check_finite(), np.errstate(invalid="ignore"), pytest.raises(NotFinite, match="NaN in its result") as met:
            case.call(*inputs)
        assert str(met.value).split(":")[0] in named | {"cast"}


OVERFLOWS = {"exp", "power"}
"""Ops whose answer to 1e4 no float32 holds."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in OVERFLOWS])
def test_huge_inputs_stay_finite_in_both_directions(name: str) -> None:
    for case in CASES[name]:
        inputs = [Tensor(x.data.astype(np.float32), requires_grad=True) for x in case.inputs(scale=1e4)]
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for y in results_of(case, inputs):
                assert np.isfinite(y.data).all()
                y.backward(np.ones(y.shape, y.dtype), retain_tape=True)
        assert all(x.grad is None or np.isfinite(x.grad).all() for x in inputs)


@every_op
def test_inputs_that_are_all_equal_stay_finite_in_both_directions(name: str) -> None:
    """Zero variance for what standardises, ties for what chooses."""
    for case in CASES[name]:
        inputs = [Tensor(np.full(x.shape, 0.5, np.float32), requires_grad=True) for x in case.inputs()]
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for y in results_of(case, inputs):
                assert np.isfinite(y.data).all()
                y.backward(np.ones(y.shape, y.dtype), retain_tape=True)
        assert all(x.grad is None or np.isfinite(x.grad).all() for x in inputs)


def computed(case: Case, dtype: str, *, move: Callable[[np.ndarray], Any]) -> list[Any]:
    """Every result and every gradient, from inputs that `move` brought to where they are computed."""
    leaves = [Tensor(move(x.data.astype(dtype)), requires_grad=True) for x in case.inputs()]
    results = results_of(case, leaves)
    for k, y in enumerate(results):
        y.backward(move(np.asarray(Generator(k).normal(y.shape, dtype=np.float64), dtype=y.dtype)), retain_tape=True)
    return [*(y.data for y in results), *(x.grad for x in leaves)]


@every_op
def test_another_device_gives_the_same_numbers_and_keeps_nobody_waiting(other_device: Any, name: str) -> None:
    for case in CASES[name]:
        for dtype in ("float64", "float32"):
            with told(case):
                assert_same_numbers(other_device, case, dtype)


def assert_same_numbers(other_device: Any, case: Case, dtype: str) -> None:
    before = other_device.double and other_device.double.syncs
    theirs = computed(case, dtype, move=other_device.move)
    assert (other_device.double and other_device.double.syncs) == before
    for number, (found, ours) in enumerate(zip(theirs, computed(case, dtype, move=np.copy), strict=True)):
        assert (found is None) is (ours is None)
        if ours is not None:
            other_device.compare(found, np.asarray(ours), what=f"{dtype} array {number}")


@pytest.mark.parametrize("name", sorted(WITHOUT_GRADIENT))
def test_another_device_compares_as_the_host_does(other_device: Any, name: str) -> None:
    x = Generator(1).normal((3, 4))
    call = getattr(ops, name)
    arguments = () if name == "argmax" else (0.1,)
    other_device.compare(
        call(Tensor(other_device.move(x)), *arguments).data, call(Tensor(x), *arguments).data, what=name
    )
