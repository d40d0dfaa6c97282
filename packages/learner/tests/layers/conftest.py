"""The comparison of a layer with PyTorch's module: answer and every gradient, in both float dtypes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.testing import assert_close
from azuraforge_learner.layers import Layer

TOLERANCES = {"float64": 1e-10, "float32": 1e-4}
Names = Mapping[str, tuple[str, Callable[[Array], Array]]]
"""Our parameter: PyTorch's name of it, and how our array is laid out there (a permutation, so gradients follow it)."""


class Parity:
    """Compares; `is_image` moves the channels to the front for PyTorch and back."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def check(
        self, make: Callable[[], Layer], peer: Any, x: Array, *, names: Names | None = None, is_image: bool = False
    ) -> None:
        for dtype, tolerance in TOLERANCES.items():
            layer = make().cast(dtype)
            peer = peer.to(getattr(self.torch, dtype))
            peer.train() if layer.is_training else peer.eval()
            self._copy(layer, peer, names or {})
            ours, theirs = self._inputs(x, dtype)
            y, z = layer(ours), self._run(peer, theirs, is_image=is_image)
            assert y.dtype == dtype
            assert_close(y, z.detach().numpy(), tolerance=tolerance, what=f"answer in {dtype}")
            if not y.requires_grad:
                continue
            weights = Generator(5).normal(y.shape, dtype=np.float64).astype(dtype)
            y.backward(weights)
            peer.zero_grad()
            (z * self.torch.tensor(weights)).sum().backward()
            if ours.requires_grad:
                assert_close(ours.grad, theirs.grad.numpy(), tolerance=tolerance, what=f"gradient of x in {dtype}")
            self._compare_gradients(layer, peer, names=names or {}, tolerance=tolerance)

    def _inputs(self, x: Array, dtype: str) -> tuple[Tensor, Any]:
        if x.dtype.kind != "f":
            return Tensor(x), self.torch.tensor(x)
        values = x.astype(dtype)
        return Tensor(values, requires_grad=True), self.torch.tensor(values, requires_grad=True)

    def _run(self, peer: Any, x: Any, *, is_image: bool) -> Any:
        if is_image:
            y = peer(x.movedim(-1, 1))
            return y.movedim(1, -1)
        y = peer(x)
        return y[0] if isinstance(y, tuple) else y

    def _copy(self, layer: Layer, peer: Any, names: Names) -> None:
        own, theirs = layer.parameters(), _trained(peer)
        assert own.keys() == names.keys()
        assert {name for name, _ in names.values()} == theirs.keys()
        with self.torch.no_grad():
            for name, (other, lay_out) in names.items():
                theirs[other].copy_(self.torch.tensor(np.ascontiguousarray(lay_out(own[name].data))))

    def _compare_gradients(self, layer: Layer, peer: Any, *, names: Names, tolerance: float) -> None:
        theirs = _trained(peer)
        for name, (other, lay_out) in names.items():
            gradient = layer.parameters()[name].grad
            assert gradient is not None, name
            assert_close(lay_out(gradient), theirs[other].grad.numpy(), tolerance=tolerance, what=f"gradient of {name}")


def _trained(peer: Any) -> dict[str, Any]:
    return {name: parameter for name, parameter in peer.named_parameters() if parameter.requires_grad}


@pytest.fixture
def parity(torch: Any) -> Parity:
    """Comparison with PyTorch."""
    return Parity(torch)
