"""Moving arrays between host and device: always by name, never behind anybody's back.

A device's array refuses to become NumPy's by itself, and an op refuses operands of two devices. What ops take beside
tensors (labels, indices, masks, class weights) may come from the host: `beside` brings it over.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.backend.protocol import Backend
from azuraforge_core.backend.select import backend_for, cpu_backend, gpu_backend
from azuraforge_core.device import Device
from azuraforge_core.dtypes import Array


def device_of(array: Array) -> Device:
    """Where an array lives."""
    return Device.CPU if isinstance(array, np.ndarray) else Device.GPU


def backend_on(device: Device) -> Backend:
    """The backend of a device's arrays."""
    return cpu_backend() if device is Device.CPU else gpu_backend()


def to_host(array: Array) -> Array:
    """The array as NumPy's; one that is already is answered itself. Waits for the device to finish what it computes."""
    host: Array = array if isinstance(array, np.ndarray) else array.get()
    return host


def to_device(array: Array, device: Device) -> Array:
    """The array on `device`; one that is there already is answered itself."""
    if device_of(array) is device:
        return array
    return to_host(array) if device is Device.CPU else gpu_backend().xp.asarray(array)


def beside(other: Array, array: Array) -> Array:
    """`array` on the device of `other`."""
    if type(array) is type(other) or backend_for(other) is backend_for(array):
        return array
    return to_host(array) if isinstance(other, np.ndarray) else backend_for(other).xp.asarray(to_host(array))
