"""The optional libraries are imported by those who use them, and asked for by name where they are missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from azuraforge_core import Generator
from azuraforge_learner.errors import OnnxMissing
from azuraforge_learner.layers import Linear
from azuraforge_learner.onnx import export_onnx, import_onnx


def test_importing_the_learner_imports_neither() -> None:
    code = (
        "import sys, azuraforge_learner, azuraforge_learner.layers, azuraforge_learner.onnx\n"
        "assert not {'onnx', 'onnxruntime', 'google.protobuf'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_extra_an_export_says_what_to_install(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(OnnxMissing, match=r"pip install 'azuraforge-learner\[onnx\]'"):
        export_onnx(Linear(2, 1, generator=Generator(0)), path, input_shape=(2,))
    assert list(path.parent.iterdir()) == []


def test_without_the_extra_an_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    path.write_bytes(b"\x08\x0a")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(OnnxMissing, match="onnx is not installed"):
        import_onnx(path)


def test_a_comparison_without_onnxruntime_is_refused_not_left_out(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(OnnxMissing, match="pip install onnxruntime, or export with verify=False"):
        export_onnx(Linear(2, 1, generator=Generator(0)), path, input_shape=(2,), verify=True)
    assert list(path.parent.iterdir()) == []
