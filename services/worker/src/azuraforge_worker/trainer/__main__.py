"""`python -m azuraforge_worker.trainer --job path --up fd --down fd --parent pid`."""

import os
import sys
from pathlib import Path

from azuraforge_worker.trainer.arguments import parse_arguments
from azuraforge_worker.walls import raise_walls


def main() -> int:
    """Tie the process to its parent and shut it in before anything slow or foreign is imported, then train."""
    options = parse_arguments(sys.argv[1:])
    folder = options.job.parent
    os.environ["TMPDIR"] = str(_make_temporary(folder))
    raise_walls(os.environ, parent=options.parent, writable=[folder], readable=[folder.parent])

    from azuraforge_worker.trainer.run import train  # noqa: PLC0415 - 0.4 s of imports, inside the walls

    return int(train(options.job, up_fd=options.up, down_fd=options.down))


def _make_temporary(folder: Path) -> Path:
    """Where libraries may put what they forget; it is swept with the attempt."""
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o700, exist_ok=True)
    return temporary


if __name__ == "__main__":
    sys.exit(main())
