"""Checkpoints: everything needed to continue a training, as one sealed folder.

```
epoch-00003/  manifest.json          format, epoch, step, sha256 of every file
              state.json             position, meters, generators, optimizer and callback states, history
              model.safetensors      parameters and buffers
              optimizer.safetensors  moments
              callbacks.safetensors  arrays of callbacks, such as the best weights so far
              attached-NAME          what the caller needs to continue, such as data that was downloaded
```
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from azuraforge_core import Array, to_host
from azuraforge_learner.errors import CheckpointInvalid
from azuraforge_learner.sealed import PARTIAL_SUFFIX, SealBroken, dump_json, parse_json, read_sealed, write_sealed
from azuraforge_learner.training import Training, TrainingState

CHECKPOINT_FORMAT: Final = "azf.checkpoint/1"
_STATE_NAME: Final = "state.json"
_ATTACHED: Final = "attached-"
_ARRAY_NAMES: Final = ("model", "optimizer", "callbacks")


@dataclass(frozen=True)
class CheckpointInfo:
    """A complete checkpoint. `sha256` is of its manifest, which covers every file; `bytes` of everything."""

    path: Path
    epoch: int
    step: int
    sha256: str
    bytes: int
    is_best: bool = False


def save_checkpoint(
    training: Training, folder: Path, *, is_best: bool = False, attachments: Mapping[str, bytes] | None = None
) -> CheckpointInfo:
    """Write everything needed to continue into `folder`, durable and all at once."""
    state = training.capture()
    files = {_STATE_NAME: dump_json(state.document)}
    for name in _ARRAY_NAMES:
        files[f"{name}.safetensors"] = pack_arrays(getattr(state, name))
    files |= {f"{_ATTACHED}{name}": content for name, content in (attachments or {}).items()}
    about = {"format": CHECKPOINT_FORMAT, "epoch": state.epoch, "step": state.step, "is_best": is_best}
    sealed = write_sealed(folder, files=files, about=about)
    return CheckpointInfo(folder, state.epoch, state.step, sealed.sha256, sealed.bytes, is_best)


def load_checkpoint(training: Training, folder: Path) -> CheckpointInfo:
    """Continue from a checkpoint: the next `fit` goes on at the very batch after it.

    Raises:
        CheckpointInvalid: a file is missing or changed by as little as a bit; nothing was loaded.
        CheckpointMismatch: it is of another model, optimizer, callbacks or data.
    """
    info, state = _read(folder)
    try:
        training.restore(state)
    except (KeyError, TypeError, ValueError) as error:  # whole and sealed, but not what this version writes
        raise CheckpointInvalid(
            f"the checkpoint {folder} cannot be used: its state is malformed ({error!r})"
        ) from error
    return info


def verify_checkpoint(folder: Path) -> CheckpointInfo:
    """Check every byte without loading anything.

    Raises:
        CheckpointInvalid: says what is wrong.
    """
    info, _ = _read(folder)
    return info


def read_attachments(folder: Path) -> dict[str, bytes]:
    """What the caller of `save_checkpoint` attached, by name.

    Raises:
        CheckpointInvalid: something in the checkpoint is missing or changed.
    """
    try:
        _, files = read_sealed(folder, format_name=CHECKPOINT_FORMAT)
    except SealBroken as error:
        raise CheckpointInvalid(f"the checkpoint {folder} cannot be used: {error}") from error
    return {name.removeprefix(_ATTACHED): data for name, data in files.items() if name.startswith(_ATTACHED)}


class CheckpointStore:
    """Checkpoints of one training in one folder: the last `keep_last` and the best are kept.

    `attachments` go into each of them; see `read_attachments`.
    """

    def __init__(self, folder: Path, *, keep_last: int = 2, attachments: Mapping[str, bytes] | None = None) -> None:
        self.folder = folder
        self.attachments = attachments
        self.keep_last = max(1, keep_last)
        self._best: Path | None = None

    def save(self, training: Training, *, is_best: bool = False) -> CheckpointInfo:
        """Write a checkpoint, then delete the ones that nobody needs any more."""
        if self._best is None and (known := self.find_best()):  # written by a process before this one
            self._best = known.path
        folder = self.folder / f"step-{training.step:09d}"
        info = save_checkpoint(training, folder, is_best=is_best, attachments=self.attachments)
        if is_best:
            self._best = info.path
        self._delete_old()
        return info

    def list_folders(self) -> list[Path]:
        """Complete checkpoints, newest first; nothing is verified."""
        return sorted(self.folder.glob("step-*"), key=lambda path: path.name, reverse=True)

    def find_newest(self) -> CheckpointInfo | None:
        """The newest checkpoint that verifies, or None. Damaged ones are passed over, not deleted."""
        for folder in self.list_folders():
            try:
                return verify_checkpoint(folder)
            except CheckpointInvalid:
                continue
        return None

    def find_best(self) -> CheckpointInfo | None:
        """The newest checkpoint that was the best when it was written and verifies, or None."""
        for folder in self.list_folders():
            try:
                info = verify_checkpoint(folder)
            except CheckpointInvalid:
                continue
            if info.is_best:
                return info
        return None

    def _delete_old(self) -> None:
        folders = self.list_folders()
        for folder in folders[self.keep_last :]:
            if folder != self._best:
                shutil.rmtree(folder)
        for leftover in self.folder.glob(f".step-*{PARTIAL_SUFFIX}"):
            shutil.rmtree(leftover, ignore_errors=True)


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Arrays as the bytes of a safetensors file; the same numbers give the same bytes, whatever device they are on."""
    return safetensors.save({name: np.ascontiguousarray(to_host(array)) for name, array in arrays.items()})


def unpack_arrays(content: bytes, *, name: str) -> dict[str, Array]:
    """The arrays of a safetensors file.

    Raises:
        SealBroken: it is not one.
    """
    try:
        return dict(safetensors.load(content))
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise SealBroken(f"{name} is not a safetensors file: {error}") from error


def _read(folder: Path) -> tuple[CheckpointInfo, TrainingState]:
    try:
        sealed, files = read_sealed(folder, format_name=CHECKPOINT_FORMAT)
        arrays = {name: unpack_arrays(files[f"{name}.safetensors"], name=name) for name in _ARRAY_NAMES}
        document = parse_json(files[_STATE_NAME], name=_STATE_NAME)
        about: Mapping[str, Any] = sealed.manifest
        epoch, step, is_best = int(about["epoch"]), int(about["step"]), bool(about["is_best"])
    except SealBroken as error:
        raise CheckpointInvalid(f"the checkpoint {folder} cannot be used: {error}") from error
    except KeyError as error:
        raise CheckpointInvalid(f"the checkpoint {folder} cannot be used: {error} is missing") from error
    info = CheckpointInfo(folder, epoch, step, sealed.sha256, sealed.bytes, is_best)
    return info, TrainingState(epoch, step, document, **arrays)
