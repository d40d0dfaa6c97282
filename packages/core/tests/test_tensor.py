"""What a tensor holds, refuses and shows."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from azuraforge_core import Device, Tensor, backend_of, tensor
from azuraforge_core.errors import DeviceError, DtypeError, ShapeError, TensorChanged


def test_python_floats_become_float32_and_integers_stay_integers() -> None:
    assert Tensor([1.0, 2.0]).dtype == np.float32
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor([True, False]).dtype == np.bool_
    assert Tensor(0.5).shape == ()


def test_an_array_keeps_its_dtype_and_is_not_copied() -> None:
    array = np.arange(3, dtype=np.float64)
    assert Tensor(array).data is array
    assert tensor(array).data is not array
    assert tensor(array, dtype="float32").dtype == np.float32


@pytest.mark.parametrize("data", ["text", [None], np.array([1 + 2j]), np.array(["a"]), np.zeros(2, np.float16)])
def test_what_is_no_supported_number_is_refused(data: object) -> None:
    with pytest.raises(DtypeError, match="cannot hold"):
        Tensor(data)


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(ShapeError, match="equal length"):
        Tensor([[1.0, 2.0], [3.0]])


def test_integers_cannot_require_a_gradient() -> None:
    with pytest.raises(DtypeError, match="int64"):
        Tensor([1, 2], requires_grad=True)


def test_item_needs_exactly_one_element() -> None:
    assert Tensor([[2.5]]).item() == 2.5
    assert float(Tensor(2.5)) == 2.5
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        Tensor([1.0, 2.0]).item()


def test_operators_compute_what_numpy_computes() -> None:
    a, b = np.array([1.0, 2.0], np.float32), np.array([3.0, 5.0], np.float32)
    x, y = Tensor(a), Tensor(b)
    pairs = [
        (x + y, a + b),
        (x - y, a - b),
        (x * y, a * b),
        (x / y, a / b),
        (x**y, a**b),
        (-x, -a),
        (1 - x, 1 - a),
        (2 / x, 2 / a),
        (2**x, 2**a),
        (x @ y, a @ b),
        (x[1:], a[1:]),
        (x.sum(), a.sum()),
        (x.mean(), a.mean()),
        (x.reshape(2, 1), a.reshape(2, 1)),
        (x.reshape(2, 1).transpose(), a.reshape(1, 2)),
        (a + y, a + b),
        (a @ y, a @ b),
        (a - y, a - b),
    ]
    for ours, theirs in pairs:
        assert isinstance(ours, Tensor)
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-6)


@pytest.mark.parametrize("number", [2, 2.0, True, np.float64(2), np.int64(2), np.float32(2)])
def test_a_number_never_widens_a_float32_tensor(number: float) -> None:
    x = Tensor([1.0, 2.0])
    for y in (x + number, number * x, x / number, number - x, x**number):
        assert y.dtype == np.float32


def test_a_float_tensor_beside_integers_keeps_its_dtype() -> None:
    assert (Tensor([1.0]) * Tensor([2])).dtype == np.float32
    assert (Tensor([1]) * 0.5).dtype == np.float32
    assert (Tensor([1]) / 2).dtype == np.float32
    assert (Tensor([1]) + 2).dtype == np.int64
    assert (Tensor([1.0]) + Tensor(np.array([2.0]))).dtype == np.float64


def test_replacing_data_keeps_shape_and_dtype() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.data -= 1
    assert x.data.tolist() == [0.0, 1.0]
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        x.data = np.zeros(3, np.float32)


def test_a_computed_tensor_refuses_new_data() -> None:
    y = Tensor([1.0], requires_grad=True) * 2
    with pytest.raises(TensorChanged, match="multiply"):
        y.data = np.zeros(1, np.float32)


def test_a_tensor_shows_its_values_and_its_op() -> None:
    assert repr(Tensor([1.0, 2.5])) == "Tensor([1. , 2.5], dtype=float32)"
    assert "made by multiply" in repr(Tensor([1.0], requires_grad=True) * 2)


def test_a_tensor_iterates_over_its_first_axis() -> None:
    assert [row.data.tolist() for row in Tensor([[1.0], [2.0]])] == [[1.0], [2.0]]
    assert len(Tensor([[1.0], [2.0]])) == 2
    with pytest.raises(ShapeError):
        len(Tensor(1.0))


def test_arrays_of_an_unknown_library_are_refused() -> None:
    class Foreign:
        dtype, shape, ndim = np.dtype(np.float32), (1,), 1
        __array_interface__ = {"version": 3}  # noqa: RUF012

    with pytest.raises(DeviceError, match="Foreign"):
        backend_of(Tensor(Foreign()))


def test_numpy_arrays_live_on_the_cpu() -> None:
    assert Tensor([1.0]).device is Device.CPU


def test_importing_the_engine_loads_no_compiler_and_starts_nothing() -> None:
    program = """
import sys
import threading
import azuraforge_core
heavy = {"llvmlite", "numba", "threadpoolctl", "cupy", "subprocess", "tempfile", "logging.handlers"} & set(sys.modules)
assert not heavy, heavy
assert threading.active_count() == 1
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
