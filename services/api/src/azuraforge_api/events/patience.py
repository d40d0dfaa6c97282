"""How often a viewer may be too slow before it is left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

MAX_OVERFLOWS: Final = 3
WINDOW_S: Final = 60.0


class Patience:
    """Ends with the third overflow within a minute."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._overflows: deque[float] = deque(maxlen=MAX_OVERFLOWS)

    def is_at_end(self) -> bool:
        """Count one more overflow; whether it was one too many."""
        now = self._clock()
        self._overflows.append(now)
        return len(self._overflows) == MAX_OVERFLOWS and now - self._overflows[0] <= WINDOW_S
