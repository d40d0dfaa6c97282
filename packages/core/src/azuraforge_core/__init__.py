"""The AzuraForge engine: tensor, tape, ops, devices."""

from azuraforge_core import errors, operators, ops, testing
from azuraforge_core.device import Device, DeviceChoice, choose_device, start_device
from azuraforge_core.dtypes import Array, float32, float64, int32, int64
from azuraforge_core.fused import AdamSettings, LionSettings, RmspropSettings, SgdSettings
from azuraforge_core.kernels.cpu.replay import Replay, find_replay
from azuraforge_core.memory import keep_freed_memory
from azuraforge_core.random import Generator
from azuraforge_core.tape import backward, check_finite, detach, no_grad, record, record_many
from azuraforge_core.tensor import Tensor, backend_of, tensor, total_version
from azuraforge_core.transfer import backend_on, beside, device_of, to_device, to_host

__all__ = [
    "AdamSettings",
    "Array",
    "Device",
    "DeviceChoice",
    "Generator",
    "LionSettings",
    "Replay",
    "RmspropSettings",
    "SgdSettings",
    "Tensor",
    "backend_of",
    "backend_on",
    "backward",
    "beside",
    "check_finite",
    "choose_device",
    "detach",
    "device_of",
    "errors",
    "find_replay",
    "float32",
    "float64",
    "int32",
    "int64",
    "keep_freed_memory",
    "no_grad",
    "operators",
    "ops",
    "record",
    "record_many",
    "start_device",
    "tensor",
    "testing",
    "to_device",
    "to_host",
    "total_version",
]
