"""Has the engine's kernels compiled while the worker waits for its first experiment.

A trainer that comes before they are ready compiles what it needs itself, or waits for the one that is being compiled.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Final

from azuraforge_worker.child_process import ChildProcess, ChildSilent

DEADLINE_S: Final = 900.0
log = logging.getLogger(__name__)


def warm_kernels(*, environ: Mapping[str, str], mark: str, deadline_s: float = DEADLINE_S) -> None:
    """Compile in a child and say how it ended; a failure is a warning, for trainings go on in plain NumPy."""
    child = ChildProcess("azuraforge_worker.kernel_child", arguments=[], environ=environ, mark=f"{mark}/kernels")
    try:
        said = json.loads(child.read_line(deadline=time.monotonic() + deadline_s))
        log.log(logging.WARNING if said["status"] else logging.INFO, "kernels: %s", said["text"])
    except (ChildSilent, ValueError) as error:
        log.warning("kernels were not compiled ahead: %s", error)
    finally:
        child.close()
