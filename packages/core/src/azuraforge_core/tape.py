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

import numpy as np

from azuraforge_core.backend.select import as_array, backend_for
from azuraforge_core.dtypes import Array, is_float
from azuraforge_core.errors import NoGradientPath, NotFinite, NotScalar, ShapeError, TapeFreed, TensorChanged, VjpBroken
from azuraforge_core.tensor import Gradients, Node, Tensor, op_name

# Per context, so that one thread's or task's prediction does not stop the recording of another's training.
_is_recording: ContextVar[bool] = ContextVar("azuraforge_is_recording", default=True)
_is_checking: ContextVar[bool] = ContextVar("azuraforge_is_checking", default=False)


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing inside; also a decorator."""
    token = _is_recording.set(False)
    try:
        yield
    finally:
        _is_recording.reset(token)


@contextmanager
def check_finite() -> Iterator[None]:
    """Raise `NotFinite` at the op that first makes NaN or infinity, forward or backward; slow, for finding a fault."""
    token = _is_checking.set(True)
    try:
        yield
    finally:
        _is_checking.reset(token)


def record(y: Array, parents: tuple[Tensor, ...], vjp: Callable[[Array], Gradients], *, name: str = "") -> Tensor:
    """The tensor of an op's result.

    It requires a gradient when any parent does; nowhere else is that decided. `vjp` takes the gradient of `y` and
    answers with one per parent, in the shape of the result or the parent, or None where the parent needs none. The op
    is called after the function around its `vjp`, unless `name` says otherwise.
    """
    result = Tensor(as_array(y))
    if _is_checking.get():
        _refuse_not_finite((result.data,), name or vjp.__qualname__, where="its result")
    if _is_recording.get() and _wants_gradient(parents):
        _attach(result, Node(parents, vjp, outputs=None, name=name), slot=0)
    return result


def record_many(
    ys: Sequence[Array],
    parents: tuple[Tensor, ...],
    vjp: Callable[[Sequence[Array | None]], Gradients],
    *,
    name: str = "",
) -> list[Tensor]:
    """The tensors of an op with several results; `vjp` gets one gradient per result, None for those not used."""
    results = [Tensor(as_array(y)) for y in ys]
    if _is_checking.get():
        _refuse_not_finite([result.data for result in results], name or vjp.__qualname__, where="its result")
    if _is_recording.get() and _wants_gradient(parents):
        node = Node(parents, vjp, outputs=len(results), name=name)
        for slot, result in enumerate(results):
            _attach(result, node, slot=slot)
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
    sums = _Sums()
    sums.add(y, seed)
    for node in sums.drain():
        if node.vjp is None:
            raise TapeFreed(
                f"the tape of {node.name} was freed by an earlier backward: compute the loss again, "
                "or pass retain_tape=True to the first one"
            )
        incoming = sums.take(node)
        gradients = node.vjp(incoming[0] if node.outputs is None else incoming)
        _check_gradients(node, gradients)
        for parent, parent_gradient, version in zip(node.parents, gradients, node.versions, strict=True):
            if parent.version != version:
                raise TensorChanged(
                    f"a tensor of shape {parent.shape} that {node.name} read was changed before backward: "
                    "change parameters only after backward"
                )
            if parent_gradient is not None and parent.requires_grad:
                sums.add(parent, _fit(node, parent, parent_gradient))
        if not retain_tape:
            node.vjp, node.parents = None, ()
    sums.store()


class _Sums:
    """Gradients on their way: per op result, and per leaf until all are known."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, Node]] = []
        self._nodes: dict[int, list[Array | None]] = {}
        self._leaves: dict[int, tuple[Tensor, list[Array | None]]] = {}
        self._owned: set[int] = set()  # sums that no one else holds: they may grow in place

    def add(self, x: Tensor, gradient: Array) -> None:
        """Add to what is known of `x`."""
        slots, slot = self._slots(x)
        known = slots[slot]
        if known is None:
            slots[slot] = gradient
            if gradient is x.memory:
                self._owned.add(id(gradient))
        elif id(known) in self._owned:
            known += gradient
        else:
            total = as_array(known + gradient)
            self._owned.add(id(total))
            slots[slot] = total

    def _slots(self, x: Tensor) -> tuple[list[Array | None], int]:
        if x.node is None:
            return self._leaves.setdefault(id(x), (x, [None]))[1], 0
        order = x.node.order
        if order not in self._nodes:
            self._nodes[order] = [None] * (x.node.outputs or 1)
            heapq.heappush(self._heap, (-order, x.node))
        return self._nodes[order], x.slot

    def drain(self) -> Iterator[Node]:
        """Ops with a gradient, youngest first; more may be added meanwhile."""
        while self._heap:
            yield heapq.heappop(self._heap)[1]

    def take(self, node: Node) -> list[Array | None]:
        """What arrived at an op; no one else needs it any more."""
        incoming = self._nodes.pop(node.order)
        self._owned.difference_update(id(gradient) for gradient in incoming)
        return incoming

    def store(self) -> None:
        """Add every leaf's sum to its `grad`."""
        for leaf, (total,) in self._leaves.values():
            if total is None:
                continue
            leaf.is_memory_lent = False
            if leaf.grad is not None:
                leaf.grad += total
            elif leaf.memory is None:
                leaf.grad = total if id(total) in self._owned else total.copy()
            else:
                if total is not leaf.memory:
                    leaf.memory[...] = total
                leaf.grad = leaf.memory


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which an operand of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    repeated = tuple(axis + extra for axis, length in enumerate(shape) if length == 1 != gradient.shape[axis + extra])
    return as_array(gradient.sum(axis=(*range(extra), *repeated))).reshape(shape)


def _wants_gradient(parents: tuple[Tensor, ...]) -> bool:
    for parent in parents:  # noqa: SIM110 - this runs once per op, and any() over a generator takes twice as long
        if parent.requires_grad:
            return True
    return False


def _attach(result: Tensor, node: Node, *, slot: int) -> None:
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
    return gradient.astype(y.dtype, copy=False)


def _check_gradients(node: Node, gradients: Gradients) -> None:
    if len(gradients) != len(node.parents):
        raise VjpBroken(f"{node.name}: its vjp returned {len(gradients)} gradients for {len(node.parents)} parents")
    if _is_checking.get():
        _refuse_not_finite([g for g in gradients if g is not None], node.name, where="a gradient")


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
