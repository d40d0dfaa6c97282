"""`python -m azuraforge_worker.kernel_child`: a throw-away child that compiles the engine's kernels; see `kernels`."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os

from azuraforge_core import warmup
from azuraforge_worker.process_tree import die_with_parent
from azuraforge_worker.trainer_user import become

NICENESS = 10
"""What accepted experiments need goes first."""


def main() -> None:
    """Write one line to `--out`: what was done, or why it could not be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    arguments = parser.parse_args()
    die_with_parent(arguments.parent)
    become(os.environ, owning=[])  # the cache belongs to whoever trains
    die_with_parent(arguments.parent)
    os.nice(NICENESS)
    said, complaint = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
        status = warmup.main()
    lines = (complaint if status else said).getvalue().strip().splitlines()
    with os.fdopen(arguments.out, "wb") as out:
        out.write(json.dumps({"status": status, "text": "; ".join(line.strip() for line in lines)}).encode() + b"\n")


if __name__ == "__main__":
    main()
