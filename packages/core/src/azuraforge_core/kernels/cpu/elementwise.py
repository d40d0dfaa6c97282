"""Sums and activations by the kernels of `source/elementwise.py`."""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Activation
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

_NUMBERS = {
    Activation.RELU: 0,
    Activation.LEAKY_RELU: 1,
    Activation.ELU: 2,
    Activation.TANH: 3,
    Activation.SIGMOID: 4,
    Activation.SILU: 5,
    Activation.SOFTPLUS: 6,
    Activation.GELU: 7,
    Activation.GELU_TANH: 8,
}

_add = Kernel("elementwise", "add", "4q")
_activate = Kernel("elementwise", "activate", "4qd")
_activate_vjp = Kernel("elementwise", "activate_vjp", "5qd")


def add(a: Array, b: Array) -> Array:
    """The sum of two arrays of one shape."""
    a, b = _contiguous(a), _contiguous(b)
    y = aligned_empty(a.shape)
    _add(a.size, address(a), address(b), address(y), parts=parts_of(a.nbytes, BYTES_PER_PART))
    return y


def activate(kind: Activation, x: Array, *, setting: float) -> Array:
    """See `Backend.activate`."""
    x = _contiguous(x)
    y = aligned_empty(x.shape)
    _activate(x.size, _NUMBERS[kind], address(x), address(y), setting, parts=parts_of(x.nbytes, BYTES_PER_PART))
    return y


def activate_vjp(kind: Activation, g: Array, saved: Array, *, setting: float) -> Array:
    """See `Backend.activate_vjp`."""
    g, saved = _contiguous(g), _contiguous(saved)
    dx = aligned_empty(g.shape)
    _activate_vjp(
        *(g.size, _NUMBERS[kind], address(g), address(saved), address(dx), setting),
        parts=parts_of(g.nbytes, BYTES_PER_PART),
    )
    return dx


def _contiguous(x: Array) -> Array:
    return x if x.flags.c_contiguous else x.copy()  # np.ascontiguousarray would give a single number an axis
