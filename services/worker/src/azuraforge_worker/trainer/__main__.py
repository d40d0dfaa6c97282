"""`python -m azuraforge_worker.trainer --job path --up fd --down fd --parent pid`."""

import sys

from azuraforge_worker.process_tree import die_with_parent
from azuraforge_worker.trainer.arguments import parse_arguments


def main() -> int:
    """Tie the process to its parent before anything slow is imported, then train."""
    options = parse_arguments(sys.argv[1:])
    die_with_parent(options.parent)

    from azuraforge_worker.trainer.run import train  # noqa: PLC0415 - 0.4 s during which the parent may die

    return int(train(options.job, up_fd=options.up, down_fd=options.down))


if __name__ == "__main__":
    sys.exit(main())
