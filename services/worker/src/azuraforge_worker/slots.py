"""Where a worker's trainings run: one GPU each, or as many at a time on the CPU as its settings say."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DRIVER_GPUS: Final = Path("/proc/driver/nvidia/gpus")
VISIBLE: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Slot:
    """Room for one training; `gpu` is the one that its trainer sees, None on the CPU."""

    gpu: str | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What its trainer must know of it."""
        return {} if self.gpu is None else {VISIBLE: self.gpu, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


class Slots:
    """The free slots of one worker."""

    def __init__(self, *, gpus: Sequence[str] = (), count: int = 1) -> None:
        self._free: queue.SimpleQueue[Slot] = queue.SimpleQueue()
        for slot in [Slot(gpu) for gpu in gpus][:count] or [Slot()] * count:
            self._free.put(slot)

    @property
    def has_free(self) -> bool:
        """Whether one is free now."""
        return not self._free.empty()

    @contextmanager
    def take(self) -> Iterator[Slot]:
        """A slot for the block, waiting for a free one."""
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)


def list_gpus(environ: Mapping[str, str], *, driver: Path = DRIVER_GPUS) -> tuple[str, ...]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; none where no driver is."""
    if VISIBLE in environ:
        return tuple(name.strip() for name in environ[VISIBLE].split(",") if name.strip() not in {"", "-1"})
    try:
        return tuple(str(number) for number, _ in enumerate(driver.iterdir()))
    except OSError:
        return ()
