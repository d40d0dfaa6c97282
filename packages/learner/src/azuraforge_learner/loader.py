"""Samples and the order in which training meets them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from azuraforge_core import Array, Generator
from azuraforge_learner.errors import CheckpointMismatch, DataInvalid


class ArrayDataset:
    """Arrays whose first axis counts samples: inputs first, the target last."""

    def __init__(self, *arrays: Array) -> None:
        if not arrays:
            raise DataInvalid("a dataset needs at least one array")
        lengths = {len(array) for array in arrays}
        if len(lengths) != 1:
            raise DataInvalid(f"the arrays have different numbers of samples: {', '.join(map(str, sorted(lengths)))}")
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays[0])

    def sha256(self) -> str:
        """Hash of every value, shape and dtype; about a second per gigabyte."""
        digest = hashlib.sha256()
        for array in self.arrays:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def __getitem__(self, indices: Array | slice) -> tuple[Array, ...]:
        return tuple(array[indices] for array in self.arrays)


class DataLoader:
    """Batches of a dataset, one pass per iteration, from a position that can be saved.

    The order of pass k depends on the seed and k alone, never on what was drawn before, so any position of any pass
    can be reached without replaying the ones before it. With `is_shuffled` and no seed the Learner gives it one.
    """

    def __init__(
        self,
        dataset: ArrayDataset,
        *,
        batch_size: int,
        is_shuffled: bool = False,
        seed: int | None = None,
        is_last_dropped: bool = False,
    ) -> None:
        if batch_size < 1:
            raise DataInvalid(f"a batch needs at least one sample, not {batch_size}")
        self.dataset = dataset
        self.batch_size = batch_size
        self.is_shuffled = is_shuffled
        self.seed = seed
        self.is_last_dropped = is_last_dropped
        self.epoch = 1
        self.batch = 0
        if len(self) == 0:
            raise DataInvalid(f"{len(dataset)} samples give no batch of {batch_size}")

    def __len__(self) -> int:
        """Batches in one pass."""
        samples = len(self.dataset)
        return samples // self.batch_size if self.is_last_dropped else -(-samples // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Array, ...]]:
        """The rest of the current pass; at its end the position moves to the next pass."""
        order = self._order()
        while self.batch < len(self):
            start = self.batch * self.batch_size
            self.batch += 1
            yield self.dataset[order[start : start + self.batch_size]]
        self.seek(epoch=self.epoch + 1, batch=0)

    def in_order(self) -> Iterator[tuple[Array, ...]]:
        """Every sample once, in the dataset's own order, whatever the position; the position stays."""
        for start in range(0, len(self.dataset), self.batch_size):
            yield self.dataset[start : start + self.batch_size]

    def seek(self, *, epoch: int, batch: int) -> None:
        """Go to a pass (from 1) and to the number of its batches that are already done."""
        if epoch < 1 or not 0 <= batch <= len(self):
            raise DataInvalid(f"there is no batch {batch} in pass {epoch}: a pass has {len(self)} batches")
        self.epoch = epoch
        self.batch = batch

    def state(self) -> dict[str, Any]:
        """Position, and what the order depends on."""
        return self.identity() | {"epoch": self.epoch, "batch": self.batch}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go to a saved position.

        Raises:
            CheckpointMismatch: the samples or their order would not be the same.
        """
        self.expect_identity(state)
        self.seek(epoch=state["epoch"], batch=state["batch"])

    def identity(self) -> dict[str, Any]:
        """What the batches of every pass depend on, the values of the samples included."""
        return {
            "samples": len(self.dataset),
            "sha256": self.dataset.sha256(),
            "batch_size": self.batch_size,
            "is_shuffled": self.is_shuffled,
            "is_last_dropped": self.is_last_dropped,
            "seed": self.seed,
        }

    def expect_identity(self, saved: Mapping[str, Any]) -> None:
        """Refuse a saved position of other data or another order."""
        for name, value in self.identity().items():
            if saved.get(name) != value:
                raise CheckpointMismatch(f"the loader's {name} is {value!r}, the checkpoint's was {saved.get(name)!r}")

    def _order(self) -> Array:
        if not self.is_shuffled:
            return np.arange(len(self.dataset))
        if self.seed is None:
            raise DataInvalid("a shuffled loader needs a seed: pass seed=… or iterate through a Learner")
        return Generator(self.seed).spawn(f"pass-{self.epoch}").permutation(len(self.dataset))
