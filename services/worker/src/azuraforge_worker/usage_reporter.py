"""Every two seconds, what a trainer uses is said to its viewers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from azuraforge_contracts import EventType
from azuraforge_worker.gpu_usage import GpuUsage, find_gpu
from azuraforge_worker.progress_voice import ProgressVoice
from azuraforge_worker.session_usage import SessionUsage

PERIOD_S: Final = 2.0


class UsageReporter:
    """Lives as long as an attempt listens; `session` is the trainer's."""

    def __init__(
        self,
        session: int,
        *,
        voice: ProgressVoice,
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._usage = SessionUsage(session, clock=clock)
        self._voice = voice
        self._environ = environ
        self._clock = clock
        self._next = clock()
        self._gpu: GpuUsage | None = None

    def look_at(self, device: str) -> None:
        """The trainer has said which device it uses."""
        if device == "gpu" and self._gpu is None:
            self._gpu = find_gpu(self._environ)

    def tick(self) -> None:
        """Say what is used, if it is time."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + PERIOD_S
        use = self._usage.sample()
        if use is None:
            return
        gpu = self._gpu.sample() if self._gpu is not None else None
        if gpu is not None:
            seen = {
                "gpu_percent": gpu.percent,
                "gpu_memory_bytes": gpu.memory_bytes,
                "gpu_memory_total_bytes": gpu.memory_total_bytes,
            }
            use = use.model_copy(update=seen)
        self._voice.say(EventType.SYSTEM, use)

    def close(self) -> None:
        """Let the GPU's library go."""
        if self._gpu is not None:
            self._gpu.close()
