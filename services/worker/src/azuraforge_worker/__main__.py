"""Starts the worker."""

import sys

from azuraforge_worker.main import main

if __name__ == "__main__":
    sys.exit(main())
