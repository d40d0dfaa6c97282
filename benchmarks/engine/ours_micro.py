"""Our side of the single ops and of the chain of tiny ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from azuraforge_core import Tensor, keep_freed_memory, no_grad, ops
from azuraforge_learner import Adam
from azuraforge_learner.layers import Parameter
from engine.chain import FACTOR, PAIRS_OF_OPS, START
from engine.kernels import KERNELS, Kernel, Run, gradient_of, labels_of, operands_of, sample
from engine.ours import facts

__all__ = ["facts", "make_kernel", "make_tape"]

OPS: dict[str, Callable[..., Tensor]] = {
    "softmax": ops.softmax,
    "layer_norm": ops.layer_norm,
    "batch_norm": lambda *operands: ops.batch_norm(*operands)[0],
    "conv2d": ops.conv2d,
    "max_pool": lambda x: ops.max_pool2d(x, 2),
    "attention": ops.attention,
}


def make_kernel(subject: str, *, variant: str = "") -> tuple[Run, list[float]]:
    """The op and what it gave first."""
    del variant
    keep_freed_memory()
    kernel = KERNELS[subject]
    makers = {"gemm": _gemm, "adam": _adam, "cross_entropy": _cross_entropy}
    run = makers.get(kernel.op, _forward_and_back)(kernel)
    return run, sample(run())


def _gemm(kernel: Kernel) -> Run:
    a, b = (Tensor(operand) for operand in operands_of(kernel))

    def run() -> list[np.ndarray]:
        with no_grad():
            return [ops.matmul(a, b).data]

    return run


def _adam(kernel: Kernel) -> Run:
    (values,) = operands_of(kernel)
    parameter = Parameter(values.copy())
    optimizer = Adam([parameter])
    parameter.grad = values
    optimizer.step()  # from now on the gradient lies in the optimizer's block, as backward leaves it

    def run() -> list[np.ndarray]:
        optimizer.step()
        return [parameter.data]

    return run


def _cross_entropy(kernel: Kernel) -> Run:
    (scores,) = operands_of(kernel)
    x, labels = Tensor(scores, requires_grad=True), Tensor(labels_of(kernel))

    def run() -> list[np.ndarray]:
        x.grad = None
        loss = ops.cross_entropy(x, labels)
        loss.backward()
        return [loss.data, x.grad]

    return run


def _forward_and_back(kernel: Kernel) -> Run:
    operands = [Tensor(operand, requires_grad=True) for operand in operands_of(kernel)]
    op = OPS[kernel.op]
    gradient = gradient_of(op(*operands).shape)

    def run() -> list[np.ndarray]:
        for operand in operands:
            operand.grad = None
        y = op(*operands)
        y.backward(gradient)
        return [y.data, *(operand.grad for operand in operands)]

    return run


def make_tape(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A chain of tiny ops, forward and backward, and its gradient."""
    del subject, variant
    w = Tensor(np.full(4, FACTOR, np.float32), requires_grad=True)
    x = Tensor(np.full(4, START, np.float32))

    def chain() -> float:
        w.grad = None
        y = x
        for _ in range(PAIRS_OF_OPS):
            y = ops.tanh(y * w)
        y.sum().backward()
        return float(w.grad[0])

    return chain, [chain()]
