"""The tape: what forward recorded, and the walk back over it.

`record` notes an op; `backward` visits the ops in descending order of creation, which is a topological order because
an op is always younger than its parents. No recursion, so depth costs nothing. The tape adds gradients up where a
tensor was used several times and sums them back where it was broadcast; a vjp does neither.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import numpy as np

from azuraforge_core.backend.select import as_array, backend_for
from azuraforge_core.dtypes import Array, is_float
from azuraforge_core.errors import (
    DeviceMixed,
    NoGradientPath,
    NotFinite,
    NotScalar,
    ShapeError,
    TapeFreed,
    TensorChanged,
    VjpBroken,
)
from azuraforge_core.tensor import Gradients, Node, Tensor, op_name


class _Mode(NamedTuple):
    """What `record` does besides answering: looked up once per op."""

    is_recording: bool = True
    is_checking: bool = False


# Per context, so that one thread's or task's prediction does not stop the recording of another's training.
_NORMAL = _Mode()
_mode: ContextVar[_Mode] = ContextVar("azuraforge_tape_mode", default=_NORMAL)


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing inside; also a decorator."""
    token = _mode.set(_mode.get()._replace(is_recording=False))
    try:
        yield
    finally:
        _mode.reset(token)


@contextmanager
def check_finite() -> Iterator[None]:
    """Raise `NotFinite` at the op that first makes NaN or infinity, forward or backward; slow, for finding a fault."""
    token = _mode.set(_mode.get()._replace(is_checking=True))
    try:
        yield
    finally:
        _mode.reset(token)


def record(y: Array, parents: tuple[Tensor, ...], vjp: Callable[[Array], Gradients], *, name: str = "") -> Tensor:
    """The tensor of an op's result.

    It requires a gradient when any parent does; nowhere else is that decided. `vjp` takes the gradient of `y` and
    answers with one per parent, in the shape of the result or the parent, or None where the parent needs none. The op
    is called after the function around its `vjp`, unless `name` says otherwise.
    """
    result = Tensor.of(y if isinstance(y, np.ndarray) else as_array(y))
    is_recording, is_checking = _mode.get()
    if is_checking:
        _refuse_not_finite((result.data,), name or vjp.__qualname__, where="its result")
    if is_recording:
        for parent in parents:  # `_wants_gradient` and `_attach`, once per op
            if parent.requires_grad:
                if result.data.dtype.kind == "f":
                    result.requires_grad = True
                    result.node = Node(parents, vjp, None, name or vjp.__qualname__)
                break
    return result


def record_many(
    ys: Sequence[Array],
    parents: tuple[Tensor, ...],
    vjp: Callable[[Sequence[Array | None]], Gradients],
    *,
    name: str = "",
) -> list[Tensor]:
    """The tensors of an op with several results; `vjp` gets one gradient per result, None for those not used."""
    results = [Tensor.of(as_array(y)) for y in ys]
    is_recording, is_checking = _mode.get()
    if is_checking:
        _refuse_not_finite([result.data for result in results], name or vjp.__qualname__, where="its result")
    if is_recording and _wants_gradient(parents):
        node = Node(parents, vjp, len(results), name or vjp.__qualname__)
        for slot, result in enumerate(results):
            _attach(result, node, slot)
    return results


def detach(x: Tensor) -> Tensor:
    """A leaf over the same array that requires no gradient."""
    return Tensor(x.data)


def backward(y: Tensor, *, gradient: Array | None = None, retain_tape: bool = False) -> None:
    """Add the gradient of `y` to the `grad` of every leaf that requires one; all of them or, on an error, none.

    `gradient` has the shape of `y` and may be left out when `y` has one element. The tape is freed on the way unless
    `retain_tape`.

    Raises:
        NotScalar: `y` has many elements and there is no `gradient`.
        NoGradientPath: `y` does not depend on anything that requires a gradient.
        TapeFreed: an earlier backward used this tape.
        TensorChanged: a tensor that an op read was changed since.
    """
    seed = _check_seed(y, gradient)
    is_checking = _mode.get().is_checking
    sums = _Sums()
    sums.add(y, seed)
    with sums.cleared_at_the_end():
        for node, incoming in sums.drain():
            for parent, parent_gradient in zip(node.parents, _gradients(node, incoming, is_checking), strict=True):
                if parent_gradient is not None and parent.requires_grad:
                    data = parent.data
                    if parent_gradient.shape != data.shape or parent_gradient.dtype != data.dtype:
                        parent_gradient = _fit(node, parent, parent_gradient)  # noqa: PLW2901
                    sums.add(parent, parent_gradient)
            if not retain_tape:
                node.vjp, node.parents = None, ()
    sums.store()


def _gradients(node: Node, incoming: list[Array | None], is_checking: bool) -> Gradients:  # noqa: FBT001 - once per op
    """What an op's vjp answers, once it is sure that the op may still be asked."""
    if node.vjp is None:
        raise TapeFreed(
            f"the tape of {node.name} was freed by an earlier backward: compute the loss again, "
            "or pass retain_tape=True to the first one"
        )
    version = node.version
    for parent in node.parents:
        version -= parent.version
    if version:
        shapes = ", ".join(str(parent.shape) for parent in node.parents)
        raise TensorChanged(
            f"a tensor that {node.name} read (of shapes {shapes}) was changed before backward: "
            "change parameters only after backward"
        )
    gradients = node.vjp(incoming[0] if node.outputs is None else incoming)
    if len(gradients) != len(node.parents):
        raise VjpBroken(f"{node.name}: its vjp returned {len(gradients)} gradients for {len(node.parents)} parents")
    if is_checking:
        _refuse_not_finite([g for g in gradients if g is not None], node.name, where="a gradient")
    return gradients


class _Sums:
    """Gradients on their way: at every op's node until the op is visited, and per leaf until all are known."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, Node]] = []
        self._leaves: dict[int, tuple[Tensor, list[Array | None]]] = {}
        self._owned: set[int] = set()  # sums that no one else holds: they may grow in place

    def add(self, x: Tensor, gradient: Array) -> None:
        """Add to what is known of `x`."""
        node = x.node
        if node is None:
            slots = self._leaves.setdefault(id(x), (x, [None]))[1]
        elif node.incoming is None:
            slots = node.incoming = [None] * (node.outputs or 1)
            heapq.heappush(self._heap, (-node.order, node))
        else:
            slots = node.incoming
        known = slots[x.slot]
        if known is None:
            slots[x.slot] = gradient
        elif id(known) in self._owned:
            known += gradient
        else:
            total = as_array(known + gradient)
            self._owned.add(id(total))
            slots[x.slot] = total

    def drain(self) -> Iterator[tuple[Node, list[Array | None]]]:
        """Ops and what arrived for their results, youngest first; more may be added meanwhile."""
        heap, owned = self._heap, self._owned
        while heap:
            node = heapq.heappop(heap)[1]
            incoming, node.incoming = node.incoming, None
            if incoming is not None:
                if owned:
                    owned.difference_update(map(id, incoming))  # they are the op's now
                yield node, incoming

    @contextmanager
    def cleared_at_the_end(self) -> Iterator[None]:
        """Whatever happens, leave nothing at the nodes that were not visited."""
        try:
            yield
        finally:
            for _, node in self._heap:
                node.incoming = None

    def store(self) -> None:
        """Add every leaf's sum to its `grad`."""
        for leaf, (total,) in self._leaves.values():
            if total is not None:
                leaf.take_gradient(total, is_owned=id(total) in self._owned)


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which an operand of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    repeated = tuple(axis + extra for axis, length in enumerate(shape) if length == 1 != gradient.shape[axis + extra])
    return as_array(gradient.sum(axis=(*range(extra), *repeated))).reshape(shape)


def will_record(parents: tuple[Tensor, ...]) -> bool:
    """Whether an op of these parents will be asked for gradients: else it need keep nothing."""
    return _mode.get().is_recording and _wants_gradient(parents)


def _wants_gradient(parents: tuple[Tensor, ...]) -> bool:
    for parent in parents:  # noqa: SIM110 - this runs once per op, and any() over a generator takes twice as long
        if parent.requires_grad:
            return True
    return False


def _attach(result: Tensor, node: Node, slot: int) -> None:
    if is_float(result.dtype):
        result.requires_grad, result.node, result.slot = True, node, slot


def _check_seed(y: Tensor, gradient: Array | None) -> Array:
    if not y.requires_grad:
        raise NoGradientPath(
            "backward found nothing that requires a gradient: was the loss computed under no_grad, detached, "
            "or from tensors that were all made without requires_grad=True?"
        )
    if gradient is None:
        if y.size != 1:
            raise NotScalar(
                f"backward needs one value or a gradient, the shape is {y.shape}: take .mean() or .sum() first"
            )
        return backend_for(y.data).xp.ones_like(y.data)
    if gradient.shape != y.shape:
        raise ShapeError(f"backward: the gradient has shape {gradient.shape}, the tensor {y.shape}")
    if isinstance(gradient, np.ndarray | np.generic) is not isinstance(y.data, np.ndarray):
        raise DeviceMixed(f"backward: the gradient is not on {y.device}, where the tensor is: move it first")
    return gradient.astype(y.dtype, copy=False)


def _fit(node: Node, parent: Tensor, gradient: Array) -> Array:
    try:
        fitted = unbroadcast(gradient, parent.shape)
    except (ValueError, IndexError) as error:
        raise VjpBroken(f"{node.name}: a gradient of shape {gradient.shape} for a parent of {parent.shape}") from error
    return fitted if fitted.dtype == parent.dtype else fitted.astype(parent.dtype)


def _refuse_not_finite(arrays: Sequence[Array], op: str, *, where: str) -> None:
    for array in arrays:
        if is_float(array.dtype) and not bool(backend_for(array).xp.isfinite(array).all()):
            kind = "NaN" if bool(np.isnan(float(array.sum()))) else "infinity"
            raise NotFinite(f"{op_name(op)}: {kind} in {where} of shape {array.shape}")
