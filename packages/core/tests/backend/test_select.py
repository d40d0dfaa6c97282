"""Which backend an array belongs to. A double stands in for CuPy."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from azuraforge_core import Device, Tensor, backend_of, ops
from azuraforge_core.backend.select import backend_for, cpu_backend
from azuraforge_core.errors import DeviceError, DeviceMixed


class DeviceArray:
    """What little of a CuPy array a tensor looks at."""

    __cuda_array_interface__: ClassVar[dict[str, Any]] = {"version": 3}
    dtype, shape, ndim, size = np.dtype(np.float32), (2,), 1, 2


@pytest.fixture
def device_tensor(monkeypatch: pytest.MonkeyPatch) -> Tensor:
    kind = type("ndarray", (DeviceArray,), {"__module__": "cupy"})
    monkeypatch.setitem(sys.modules, "cupy", ModuleType("cupy"))
    return Tensor(kind())


def test_numpy_arrays_belong_to_the_cpu() -> None:
    assert backend_for(np.zeros(1)) is cpu_backend()
    assert cpu_backend().xp is np


def test_cupy_arrays_belong_to_a_backend_over_cupy(device_tensor: Tensor) -> None:
    assert device_tensor.device is Device.GPU
    assert backend_of(device_tensor).xp is sys.modules["cupy"]
    assert backend_of(device_tensor) is backend_of(device_tensor)


def test_tensors_of_two_devices_do_not_meet(device_tensor: Tensor) -> None:
    with pytest.raises(DeviceMixed, match=r"on cpu and another on gpu"):
        ops.add(Tensor([1.0, 2.0]), device_tensor)


def test_arrays_of_another_library_are_refused() -> None:
    with pytest.raises(DeviceError, match=r"NumPy or CuPy"):
        backend_of(Tensor(DeviceArray()))
