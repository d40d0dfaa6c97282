"""Shortens what a platform keeps as constants, so that a test need not wait half a minute for a dead worker.

LAB_LEASE_S and LAB_SECOND_LOOK_S choose other figures; LAB_LEASE_S=0 leaves the product's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from faults import replace

from azuraforge_ledger import budget, housekeeping, leases

LEASE_S = 3
SECOND_LOOK_S = 0.7
TURN_S = 1
CRASH_PAUSES_S = (0, 0.2, 0.3, 0.5)


def shorten(environ: Mapping[str, str]) -> None:
    """Make a dead worker be missed within three seconds."""
    lease_s = int(environ.get("LAB_LEASE_S", LEASE_S))
    if lease_s:
        replace(leases, "LEASE_S", lease_s)
        replace(housekeeping, "SECOND_LOOK_S", float(environ.get("LAB_SECOND_LOOK_S", SECOND_LOOK_S)))
        replace(housekeeping, "TURN_S", TURN_S)
        replace(budget, "CRASH_PAUSES_S", CRASH_PAUSES_S)
