"""Randomness from an explicit generator whose state can be saved.

Numbers are drawn on the host and are the same on every device. A child is derived from its parent's seed and a name,
so its stream depends neither on what the parent drew nor on the order in which children were made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from azuraforge_core.dtypes import DEFAULT, Array
from azuraforge_core.errors import ArgumentError, StateInvalid


class Generator:
    """A stream of random numbers (PCG64).

    Raises:
        ArgumentError: the seed is negative.
    """

    def __init__(self, seed: int, *, path: tuple[str, ...] = ()) -> None:
        if seed < 0:
            raise ArgumentError(f"a seed is a whole number from 0 on, not {seed}")
        self.seed = int(seed)
        self.path = path
        key = [int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little") for name in path]
        self._stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))

    def spawn(self, name: str) -> Generator:
        """An independent generator that this seed and `name` alone decide."""
        return Generator(self.seed, path=(*self.path, name))

    def normal(self, shape: tuple[int, ...], *, mean: float = 0.0, std: float = 1.0, dtype: Any = DEFAULT) -> Array:
        """Normally distributed numbers."""
        return self._stream.standard_normal(shape, dtype=np.dtype(dtype)) * float(std) + float(mean)

    def uniform(self, shape: tuple[int, ...], *, low: float = 0.0, high: float = 1.0, dtype: Any = DEFAULT) -> Array:
        """Numbers from `low` up to, not including, `high`."""
        unit = self._stream.random(shape, dtype=np.dtype(dtype))
        return unit if (low, high) == (0.0, 1.0) else unit * (float(high) - float(low)) + float(low)

    def integers(self, shape: tuple[int, ...], *, low: int = 0, high: int) -> Array:
        """Whole numbers from `low` up to, not including, `high`, as int64."""
        return self._stream.integers(low, high, size=shape, dtype=np.int64)

    def permutation(self, count: int) -> Array:
        """0 to count - 1 in random order, as int64."""
        return self._stream.permutation(count)

    def state(self) -> dict[str, Any]:
        """Everything needed to continue the stream, fit for JSON; whole numbers as text, for they have 128 bits."""
        saved: Mapping[str, Any] = self._stream.bit_generator.state
        return {
            "kind": "PCG64",
            "seed": str(self.seed),
            "path": list(self.path),
            "state": str(saved["state"]["state"]),
            "increment": str(saved["state"]["inc"]),
            "has_spare": int(saved["has_uint32"]),
            "spare": int(saved["uinteger"]),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue where `state` was taken.

        Raises:
            StateInvalid: it was not made by `state()`.
        """
        try:
            if state["kind"] != "PCG64":
                raise StateInvalid(f"a PCG64 stream cannot continue a state of kind {state['kind']!r}")
            seed, path = int(state["seed"]), tuple(str(name) for name in state["path"])
            numbers = {"state": int(state["state"]), "inc": int(state["increment"])}
            self._stream.bit_generator.state = {
                "bit_generator": "PCG64",
                "state": numbers,
                "has_uint32": int(state["has_spare"]),
                "uinteger": int(state["spare"]),
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            if isinstance(error, StateInvalid):
                raise
            raise StateInvalid(f"this is no state of a generator: {error!r}") from error
        self.seed, self.path = seed, path
