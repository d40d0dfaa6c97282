"""PyTorch's side of the single ops and of the chain of tiny ones, each in the layout that suits PyTorch."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from engine.chain import FACTOR, PAIRS_OF_OPS, START
from engine.kernels import KERNELS, Kernel, Run, gradient_of, labels_of, operands_of, sample
from engine.pytorch import facts

__all__ = ["facts", "make_kernel", "make_tape"]


def _batch_norm(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return functional.batch_norm(x.permute(0, 3, 1, 2), None, None, weight, bias, training=True)


OPS: dict[str, Callable[..., torch.Tensor]] = {
    "softmax": lambda x: torch.softmax(x, dim=-1),
    "layer_norm": lambda x, weight, bias: functional.layer_norm(x, weight.shape, weight, bias),
    # Images are permuted views of ours: that is PyTorch's channels_last, in which it is fastest.
    "batch_norm": lambda x, weight, bias: _batch_norm(x, weight, bias).permute(0, 2, 3, 1),
    "conv2d": lambda x, weight, bias: functional.conv2d(
        x.permute(0, 3, 1, 2), weight.permute(3, 2, 0, 1), bias
    ).permute(0, 2, 3, 1),
    "max_pool": lambda x: functional.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1),
    "attention": functional.scaled_dot_product_attention,
}


def make_kernel(subject: str, *, variant: str = "") -> tuple[Run, list[float]]:
    """The op and what it gave first."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    kernel = KERNELS[subject]
    if kernel.op == "adam":
        run = _adam(kernel, is_fused=variant == "fused")
    else:
        run = {"gemm": _gemm, "cross_entropy": _cross_entropy}.get(kernel.op, _forward_and_back)(kernel)
    return run, sample(run())


def _gemm(kernel: Kernel) -> Run:
    a, b = (torch.tensor(operand) for operand in operands_of(kernel))

    def run() -> list[np.ndarray]:
        return [(a @ b).numpy()]

    return run


def _adam(kernel: Kernel, *, is_fused: bool) -> Run:
    values = torch.tensor(operands_of(kernel)[0])
    parameter = torch.nn.Parameter(values.clone())
    optimizer = torch.optim.Adam([parameter], lr=1e-3, fused=is_fused or None)
    parameter.grad = values
    optimizer.step()  # as ours: one step before the first that is compared

    def run() -> list[np.ndarray]:
        optimizer.step()
        return [parameter.detach().numpy()]

    return run


def _cross_entropy(kernel: Kernel) -> Run:
    x = torch.tensor(operands_of(kernel)[0], requires_grad=True)
    labels = torch.tensor(labels_of(kernel))

    def run() -> list[np.ndarray]:
        x.grad = None
        loss = functional.cross_entropy(x, labels)
        loss.backward()
        return [loss.detach().numpy(), x.grad.numpy()]

    return run


def _forward_and_back(kernel: Kernel) -> Run:
    operands = [torch.tensor(operand, requires_grad=True) for operand in operands_of(kernel)]
    op = OPS[kernel.op]
    gradient = torch.tensor(gradient_of(tuple(op(*operands).shape)))

    def run() -> list[np.ndarray]:
        for operand in operands:
            operand.grad = None
        y = op(*operands)
        y.backward(gradient)
        return [y.detach().numpy(), *(operand.grad.numpy() for operand in operands)]

    return run


def make_tape(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A chain of tiny ops, forward and backward, and its gradient."""
    del subject, variant
    torch.set_num_threads(1)
    w, x = torch.full((4,), FACTOR, requires_grad=True), torch.full((4,), START)

    def chain() -> float:
        w.grad = None
        y = x
        for _ in range(PAIRS_OF_OPS):
            y = torch.tanh(y * w)
        y.sum().backward()
        return float(w.grad[0])

    return chain, [chain()]
