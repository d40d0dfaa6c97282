"""`python -m azuraforge_api.openapi`: the API's description on stdout, without a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from azuraforge_api.app import create_app
from azuraforge_api.description import describe
from azuraforge_api.settings import Settings


def main() -> None:
    """Write the document."""
    nobody = Settings(database_url="sqlite:///nowhere", redis_url="unix:///nowhere", owner_key="", artifacts=Path())
    json.dump(describe(create_app(nobody)), sys.stdout, indent=2, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
