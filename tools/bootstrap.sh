#!/bin/sh
# Find a Python that is new enough and let it do the rest: `tools/bootstrap.sh [--no-dashboard]`.
set -eu
cd "$(dirname "$0")/.."

for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$candidate" tools/bootstrap.py "$@"
    fi
done

echo "azuraforge needs Python 3.11 or newer, and none was found on PATH. Install one, or name it: make up PYTHON=/path/to/python3.11" >&2
exit 1
