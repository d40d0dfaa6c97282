"""Refuse source files over 500 lines and Python functions over 60 lines (docs/explanation/architecture.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

FILE_LIMIT = 500
FUNCTION_LIMIT = 60
SUFFIXES = {".py", ".ts", ".tsx", ".css"}


def tracked_sources() -> list[Path]:
    """Source files that git tracks or would track, without generated ones."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    paths = [Path(name) for name in names if Path(name).suffix in SUFFIXES and Path(name).exists()]
    return [path for path in paths if ".gen." not in path.name]


def long_functions(path: Path) -> list[str]:
    """One line per function of `path` that is over the limit."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LIMIT:
                found.append(f"{path}:{node.lineno}: {node.name} has {lines} lines, the limit is {FUNCTION_LIMIT}")
    return found


def main() -> int:
    """Print what is too long; 1 if anything is."""
    found = []
    for path in tracked_sources():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LIMIT:
            found.append(f"{path}: {lines} lines, the limit is {FILE_LIMIT}: split it by idea")
        if path.suffix == ".py" and "versions" not in path.parts:
            found.extend(long_functions(path))
    print("\n".join(found) if found else "sizes: every file and function is within its limit")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
