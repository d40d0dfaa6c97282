"""The gateway with the lab's short leases, and with the fault of LAB_FAULT; everything else is its own `main`."""

from __future__ import annotations

import os
import sys

from faults import plant
from gateway_faults import IN_GATEWAY
from lab_clock import shorten

from azuraforge_api.__main__ import main

if __name__ == "__main__":
    shorten(os.environ)
    plant(os.environ.get("LAB_FAULT", ""), more=IN_GATEWAY)
    sys.exit(main())
