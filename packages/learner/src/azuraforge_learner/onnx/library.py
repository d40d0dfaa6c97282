"""The optional libraries: `onnx` for files (extra `onnx`), `onnxruntime` to compare answers. Imported when needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from azuraforge_learner.errors import OnnxMissing


def need_onnx() -> ModuleType:
    """The library that knows the file format; it takes 0.3 s to import, so only who uses it pays.

    Raises:
        OnnxMissing: it is not installed.
    """
    try:
        import onnx  # noqa: PLC0415 - heavy and optional
        import onnx.checker  # noqa: PLC0415
        import onnx.shape_inference  # noqa: PLC0415
    except ImportError as error:
        raise OnnxMissing(
            f"onnx is not installed: pip install 'azuraforge-learner[onnx]' ({error})", name="onnx"
        ) from error
    library: ModuleType = onnx
    return library


def need_runtime() -> ModuleType:
    """`onnxruntime`, by name: it is no dependency, only whoever wants a comparison installs it.

    Raises:
        OnnxMissing: it is not installed.
    """
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        remedy = "pip install onnxruntime, or export with verify=False"
        raise OnnxMissing(f"onnxruntime is not installed: {remedy} ({error})", name="onnxruntime") from error
