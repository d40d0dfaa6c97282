"""Refuse an API whose installation would bring the engine along (docs/explanation/architecture.md)."""

from __future__ import annotations

import sys

from closure import closure

FORBIDDEN = {
    "azuraforge-api": {
        "azuraforge",
        "azuraforge-client",
        "azuraforge-core",
        "azuraforge-learner",
        "azuraforge-stock-predictor",
        "azuraforge-worker",
        "matplotlib",
        "numpy",
        "pandas",
    },
    "azuraforge-client": {"azuraforge-api", "azuraforge-core", "azuraforge-ledger", "azuraforge-worker", "numpy"},
    "azuraforge-learner": {"azuraforge-contracts", "azuraforge-ledger", "celery", "fastapi", "redis", "sqlalchemy"},
}
"""Member → what its locked closure must not hold."""


def main() -> int:
    """Print every forbidden package that a member brings; 1 if there is any."""
    faults = 0
    for member, forbidden in FORBIDDEN.items():
        brought = closure(member)
        wrong = sorted(brought & forbidden)
        faults += len(wrong)
        print(f"closure: {member} brings {len(brought) - 1} packages, forbidden: {', '.join(wrong) or 'none'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
