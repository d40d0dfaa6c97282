"""The worker with short leases, and with the fault of LAB_FAULT; everything else is the worker's own `main`.

LAB_BARE=1 leaves out what costs a second of two cores at each start and no accident depends on: kernels compiled
ahead, and the catalog, which only a gateway reads.
"""

from __future__ import annotations

import os
import sys

from faults import plant, replace
from lab_clock import shorten
from worker_faults import IN_WORKER

from azuraforge_worker import service, supervisor
from azuraforge_worker.main import main

STORAGE_RETRY_S = 1.0


def bare() -> None:
    """Start nothing but the trainings."""
    replace(service, "warm_kernels", lambda **_: None)
    replace(service.Service, "_look_at_apps", lambda _: None)


if __name__ == "__main__":
    shorten(os.environ)
    replace(supervisor, "STORAGE_RETRY_S", STORAGE_RETRY_S)
    if os.environ.get("LAB_BARE") == "1":
        bare()
    plant(os.environ.get("LAB_FAULT", ""), more=IN_WORKER)
    sys.exit(main())
