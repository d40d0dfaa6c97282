"""Models to ONNX files and back; needs the extra `azuraforge-learner[onnx]` when used, not when imported."""

from azuraforge_learner.onnx.exporting import ONNX_FORMAT, OnnxExport, export_onnx, export_reader
from azuraforge_learner.onnx.importing import OnnxImport, import_onnx
from azuraforge_learner.onnx.program import OPSET
from azuraforge_learner.onnx.verification import TOLERANCE

__all__ = [
    "ONNX_FORMAT",
    "OPSET",
    "TOLERANCE",
    "OnnxExport",
    "OnnxImport",
    "export_onnx",
    "export_reader",
    "import_onnx",
]
