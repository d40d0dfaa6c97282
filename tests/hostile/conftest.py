"""The gateway's own test helpers, for storms against a running server."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "services" / "api" / "tests")]
