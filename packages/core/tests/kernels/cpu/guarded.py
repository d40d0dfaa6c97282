"""`python guarded.py CASE…`: run kernels on memory that ends at a page nobody may touch.

A program, not to be imported: it takes over how kernels get memory. Operands, answers and scratch memory each end
exactly at such a page, so a kernel that reads or writes one number too much ends this process. Raw addresses know no
bounds; the processor does.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable

import numpy as np

from azuraforge_core.kernels.cpu import launch

PAGE = mmap.PAGESIZE
LIBRARY = ctypes.CDLL(None, use_errno=True)
LIBRARY.mmap.restype = ctypes.c_void_p
LIBRARY.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
LIBRARY.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
READ_WRITE, PRIVATE_ANONYMOUS = 3, 0x22


def guarded_bytes(size: int) -> int:
    """Address of so many bytes, behind which lies a page that may not be touched; it is never given back."""
    pages = -(-max(size, 1) // PAGE)
    start = LIBRARY.mmap(None, (pages + 1) * PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)
    if LIBRARY.mprotect(start + pages * PAGE, PAGE, 0):
        raise OSError(ctypes.get_errno(), "mprotect")
    return int(start + pages * PAGE - size)


def guarded(array: np.ndarray) -> np.ndarray:
    """A copy in guarded memory."""
    size = array.nbytes
    if not size:
        return array
    block = (ctypes.c_char * size).from_address(guarded_bytes(size))
    copy = np.frombuffer(block, dtype=array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def guarded_empty(shape: tuple[int, ...]) -> np.ndarray:
    """What `aligned_empty` answers with, full of NaN."""
    return guarded(np.full(shape, np.nan, dtype=np.float32))


launch.aligned_empty = guarded_empty  # type: ignore[assignment]  # before anybody takes the name over
launch.workspace = guarded_bytes  # type: ignore[assignment]

from azuraforge_core import AdamSettings, SgdSettings, Tensor, ops  # noqa: E402 - see above
from azuraforge_core.backend.native import NativeBackend  # noqa: E402
from azuraforge_core.kernels.cpu.shares import forced_parts  # noqa: E402

RANDOM = np.random.default_rng(0)


def tensor(*shape: int) -> Tensor:
    """Normal float32 in guarded memory; it wants a gradient."""
    return Tensor(guarded(RANDOM.standard_normal(shape, dtype=np.float32)), requires_grad=True)


def differentiate(*results: Tensor) -> None:
    """Backward from all of them, the gradients in guarded memory as well."""
    for y in results:
        if y.requires_grad:
            y.backward(guarded(RANDOM.standard_normal(y.shape, dtype=np.float32)), retain_tape=True)
        assert np.isfinite(y.data).all()


def linear(size: int) -> None:
    for m, k, n in [(1, size, 3), (size, 5, 17), (7, size, size)]:
        for is_rectified in (False, True):
            differentiate(ops.linear(tensor(m, k), tensor(k, n), tensor(n), is_rectified=is_rectified))
        differentiate(tensor(m, k) @ tensor(k, n))
        differentiate(ops.matmul(ops.transpose(tensor(k, m)), tensor(k, n)))


def cross_entropy(size: int) -> None:
    for rows, classes in [(1, size), (size, 3), (5, size)]:
        labels = guarded(RANDOM.integers(0, classes, rows))
        ops.cross_entropy(tensor(rows, classes), labels, smoothing=0.1).backward()


def optimizer(size: int) -> None:
    backend = NativeBackend(np, is_required=True)  # type: ignore[arg-type]
    rows = [tensor(size).data for _ in range(3)] + [np.abs(tensor(size).data)]
    adam = AdamSettings(keep=0.9, shrink=0.1, beta1=0.9, beta2=0.99, epsilon=1e-8, rate=0.1)
    backend.adam(rows[0], rows[1], moments=(rows[2], guarded(rows[3])), settings=adam)
    backend.sgd(rows[0], rows[1], velocity=rows[2], settings=SgdSettings(0.1, 0.9, is_nesterov=True, rate=0.1))


def recurrent(size: int) -> None:
    for n, time, features, units in [(1, 3, 2, size), (size, 2, 1, 5), (3, size, 4, 9)]:
        state = [tensor(n, units), tensor(n, units)]
        weights = tensor(features, 4 * units), tensor(units, 4 * units), tensor(4 * units)
        differentiate(*ops.lstm(tensor(n, time, features), *state, *weights))
        gru = tensor(features, 3 * units), tensor(units, 3 * units), tensor(3 * units), tensor(3 * units)
        differentiate(*ops.gru(tensor(n, time, features), state[0], *gru))


def convolution(size: int) -> None:
    for c, out, stride, padding, dilation, groups in [(1, 5, 1, 1, 1, 1), (3, 17, 2, 0, 1, 1), (4, 8, 1, 2, 2, 2)]:
        x, w = tensor(2, size + 5, 7, c), tensor(3, 3, c // groups, out)
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        differentiate(ops.conv2d(x, w, tensor(out), **options))
        differentiate(ops.conv1d(tensor(2, size + 6, c), tensor(3, c // groups, out), tensor(out), **options))


def pooling(size: int) -> None:
    for channels, kernel, stride, padding in [(1, 2, 2, 0), (5, 3, 2, 1), (17, 3, 1, 0)]:
        for pool in (ops.max_pool2d, ops.average_pool2d):
            differentiate(pool(tensor(2, size + 3, 6, channels), kernel, stride=stride, padding=padding))
        differentiate(ops.global_average_pool2d(tensor(2, size, 3, channels)))


def normalization(size: int) -> None:
    for rows in (1, 5, size):
        differentiate(ops.layer_norm(tensor(rows, size), tensor(size), tensor(size)))
        differentiate(ops.rms_norm(tensor(rows, size), tensor(size)))
    differentiate(ops.batch_norm(tensor(3, size, 2), tensor(2), tensor(2))[0])
    differentiate(ops.batch_norm(tensor(3, 2, size), tensor(size), tensor(size))[0])
    differentiate(ops.group_norm(tensor(2, 3, 2 * size), tensor(2 * size), tensor(2 * size), groups=2))


def attention(size: int) -> None:
    for queries, keys, d, e in [(1, size, 3, 4), (size, 5, 8, 17), (9, 9, size, 2)]:
        q, k, v = tensor(2, queries, d), tensor(2, keys, d), tensor(2, keys, e)
        mask = guarded(RANDOM.random((queries, keys)) > 0.3)
        differentiate(ops.attention(q, k, v))
        differentiate(ops.attention(q, k, v, mask=mask, is_causal=True))


def elementwise(size: int) -> None:
    for op in (ops.relu, ops.leaky_relu, ops.elu, ops.gelu, ops.silu, ops.softplus, ops.sigmoid, ops.tanh):
        differentiate(op(tensor(3, size)))
    differentiate(ops.softmax(tensor(3, size)), ops.log_softmax(tensor(3, size)))


CASES: dict[str, Callable[[int], None]] = {
    case.__name__: case
    for case in (
        linear,
        cross_entropy,
        optimizer,
        recurrent,
        convolution,
        pooling,
        normalization,
        attention,
        elementwise,
    )
}
SIZES = (1, 2, 7, 8, 9, 15, 16, 17, 31, 33)


def one_too_many(size: int) -> None:
    """The planted fault: an optimizer that is told of one number more than there is."""
    row = tensor(size).data
    launch.Kernel("optimizer", "sgd", "4q5d")(size + 1, *(launch.address(row),) * 3, 0, 0, 1, 0, 0)


def list_cases(size: int) -> None:
    """Their names."""
    if size == SIZES[0]:
        sys.stdout.write(" ".join(CASES) + "\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()  # the last name is the one that ended the process
        run = {**CASES, "one_too_many": one_too_many, "list": list_cases}[name]
        for count in SIZES:
            for parts in (1, 2):
                with forced_parts(parts):
                    run(count)
