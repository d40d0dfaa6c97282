"""What learner refuses, as one tree.

LearnerError
├── BundleInvalid        a model bundle is damaged, incomplete or not one
├── CheckpointInvalid    a checkpoint is damaged, incomplete or not one
├── CheckpointMismatch   a good checkpoint, but of another model, optimizer or data
├── DataInvalid          arrays that do not fit each other, or a loader without a batch
├── Diverged             a loss or a parameter is no longer a finite number
├── GeneratorMissing     a random layer trains without a source of random numbers
├── GradientsMissing     an optimizer stepped before anything was differentiated
├── GraphInvalid         an `azf.graph/1` document that this version refuses
├── LayerCheckFailed     a layer that cannot train as it should
├── LayerInvalid         a layer asked for with settings that it cannot have
├── OnnxError
│   ├── OnnxInvalid      an ONNX file that is damaged, hostile or too large
│   ├── OnnxMismatch     onnxruntime answers otherwise than the model
│   ├── OnnxMissing      a library that ONNX needs is not installed
│   └── OnnxUnsupported  a layer or an operator that has no counterpart on the other side
└── OptimizerInvalid     an optimizer without parameters or with settings that cannot work
"""

from __future__ import annotations


class LearnerError(Exception):
    """Everything that learner raises by itself."""


class BundleInvalid(LearnerError):
    """A model bundle is damaged, incomplete or not one; nothing of it was used."""


class CheckpointInvalid(LearnerError):
    """A checkpoint is damaged, incomplete or not one; nothing of it was used."""


class CheckpointMismatch(LearnerError):
    """A checkpoint was made with another model, optimizer, callbacks or data."""


class DataInvalid(LearnerError):
    """Arrays do not fit each other, or a loader has no batch to give."""


class Diverged(LearnerError):
    """Training left the finite numbers. `what` names the loss or the parameter."""

    def __init__(self, what: str, *, epoch: int, batch: int) -> None:
        super().__init__(
            f"{what} is not a finite number after batch {batch} of epoch {epoch}: "
            "lower the learning rate, clip the gradient norm or look for extreme values in the data"
        )
        self.what = what
        self.epoch = epoch
        self.batch = batch


class GeneratorMissing(LearnerError):
    """A random layer was asked to train without a generator."""


class GradientsMissing(LearnerError):
    """No parameter has a gradient: call `backward` on a loss that depends on the model first."""


class GraphInvalid(LearnerError):
    """A graph document that this version refuses; `where` is a pointer into it."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where or '/'}: {message}")
        self.where = where


class LayerCheckFailed(LearnerError, AssertionError):
    """A layer cannot train as it should; the message names the parameter."""


class LayerInvalid(LearnerError, ValueError):
    """A layer was asked for with settings that it cannot have."""


class OnnxError(LearnerError):
    """A model cannot go to ONNX or come from it."""


class OnnxInvalid(OnnxError, ValueError):
    """An ONNX file is damaged, hostile or too large; nothing was built from it."""


class OnnxMismatch(OnnxError):
    """onnxruntime answers otherwise than the model that was exported; no file was written."""


class OnnxMissing(OnnxError, ImportError):
    """A library that ONNX needs is not installed; the message says what to install."""


class OnnxUnsupported(OnnxError):
    """A layer or an operator has no counterpart on the other side; the message names it and what is supported."""


class OptimizerInvalid(LearnerError, ValueError):
    """An optimizer has no parameters or settings that cannot work."""
