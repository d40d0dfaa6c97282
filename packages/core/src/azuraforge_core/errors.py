"""Every error of the engine.

    CoreError
    ├── ArgumentError          an option has a value that the op does not know
    ├── ShapeError             shapes do not fit; the message holds what was seen and what is needed
    ├── DtypeError             a dtype is not supported here
    ├── IndexOutOfRange        an index, a label or an axis is outside
    ├── IntegerOverflow        a whole number does not fit its dtype
    ├── NotFinite              NaN or infinity met while `check_finite` is on
    ├── StateInvalid           a saved state does not belong to this object
    ├── GradientMismatch       a gradient differs from finite differences
    ├── TapeError
    │   ├── NotScalar          backward from many values without a gradient
    │   ├── NoGradientPath     nothing here depends on a tensor that requires a gradient
    │   ├── TapeFreed          backward a second time over a tape that is gone
    │   ├── TensorChanged      a tensor on the tape was changed in place
    │   └── VjpBroken          an op's vjp returned gradients that do not fit its parents
    ├── KernelError
    │   ├── KernelSettingInvalid   a setting of the kernels has a value that this machine cannot follow
    │   ├── KernelsMissing         compiled kernels were asked for and their compiler is not installed
    │   └── KernelBuildFailed      the kernels cannot be compiled here
    └── DeviceError
        ├── DeviceUnknown      AZURAFORGE_DEVICE is none of cpu, gpu, auto
        ├── DeviceMemoryInvalid   AZURAFORGE_GPU_MEMORY is no amount of memory
        ├── DeviceMixed        tensors of two devices meet in one op
        └── GpuUnavailable
            ├── GpuLibraryMissing   CuPy is not installed
            ├── GpuDriverMissing    no NVIDIA driver
            ├── GpuDeviceMissing    a driver, but no GPU that it shows
            ├── GpuCudaMismatch     driver and CuPy speak different CUDA versions
            └── GpuBackendMissing   a GPU answers, but this CuPy cannot compute on it

The ones that Python has a name for are also that: a ShapeError is a ValueError.
"""

from __future__ import annotations


class CoreError(Exception):
    """Any error of the engine."""


class ArgumentError(CoreError, ValueError):
    """An option has a value that the op does not know."""


class ShapeError(CoreError, ValueError):
    """Shapes do not fit."""


class DtypeError(CoreError, TypeError):
    """A dtype is not supported here."""


class IndexOutOfRange(CoreError, IndexError):
    """An index, a label or an axis is outside."""


class IntegerOverflow(CoreError, OverflowError):
    """A whole number does not fit its dtype; NumPy would answer with another number."""


class NotFinite(CoreError, FloatingPointError):
    """NaN or infinity met while `check_finite` is on; the message names the op."""


class StateInvalid(CoreError, ValueError):
    """A saved state does not belong to this object."""


class GradientMismatch(CoreError, AssertionError):
    """A gradient differs from finite differences."""


class TapeError(CoreError, RuntimeError):
    """Something is wrong with the tape."""


class NotScalar(TapeError):
    """Backward from many values without a gradient."""


class NoGradientPath(TapeError):
    """Nothing here depends on a tensor that requires a gradient."""


class TapeFreed(TapeError):
    """Backward a second time over a tape that is gone."""


class TensorChanged(TapeError):
    """A tensor on the tape was changed in place."""


class VjpBroken(TapeError):
    """An op's vjp returned gradients that do not fit its parents."""


class DeviceError(CoreError, RuntimeError):
    """Something is wrong with a device."""


class DeviceUnknown(DeviceError, ValueError):
    """AZURAFORGE_DEVICE is none of cpu, gpu, auto."""


class DeviceMemoryInvalid(DeviceError, ValueError):
    """AZURAFORGE_GPU_MEMORY is no amount of memory."""


class DeviceMixed(DeviceError):
    """Tensors of two devices meet in one op."""


class GpuUnavailable(DeviceError):
    """A GPU was asked for and cannot be used; the message holds the remedy."""


class GpuLibraryMissing(GpuUnavailable):
    """CuPy is not installed."""


class GpuDriverMissing(GpuUnavailable):
    """No NVIDIA driver."""


class GpuDeviceMissing(GpuUnavailable):
    """A driver, but no GPU that it shows."""


class GpuCudaMismatch(GpuUnavailable):
    """Driver and CuPy speak different CUDA versions."""


class GpuBackendMissing(GpuUnavailable):
    """A GPU answers, but this CuPy cannot compute on it."""


class KernelError(CoreError, RuntimeError):
    """Something is wrong with the compiled kernels."""


class KernelSettingInvalid(KernelError, ValueError):
    """A setting of the kernels has a value that this machine cannot follow."""


class KernelsMissing(KernelError):
    """Compiled kernels were asked for and their compiler is not installed."""


class KernelBuildFailed(KernelError):
    """The kernels cannot be compiled here."""
