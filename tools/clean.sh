#!/bin/sh
# Remove what the other tools built. Data under AZURAFORGE_HOME is never touched.
set -eu
cd "$(dirname "$0")/.."
rm -rf .venv dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
rm -rf dashboard/node_modules dashboard/test-results services/api/src/azuraforge_api/static
find packages services apps tests tools benchmarks -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
