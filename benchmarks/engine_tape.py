"""What does one op on the tape cost beside PyTorch eager, when the arrays are too small to matter?

A chain of 2,000 ops (multiply, tanh) over 4 numbers, forward and backward, one thread. Each side runs in its own
process; blocks run forth and back; the gradients must agree before any time counts. The ratio is the median over pairs.
"""

from __future__ import annotations

import sys

from engine.agreement import check_values
from engine.chain import PAIRS_OF_OPS
from engine.command import effort_of, finish, parser_of
from engine.pairing import paired
from engine.rounds import measure


def main() -> int:
    given = parser_of(__doc__).parse_args()
    done = measure(
        ["ours", "torch"], kind="tape", subject="chain", threads=1, effort=effort_of(given), check=check_values
    )
    ratio = paired(done.blocks["ours"], done.blocks["torch"])
    ours, theirs = (seconds / (2 * PAIRS_OF_OPS) * 1e6 for seconds in (ratio.ours_s, ratio.theirs_s))
    print(f"per op, forward and backward: ours {ours:.1f} µs, PyTorch {theirs:.1f} µs")
    return finish("engine_tape", {"tape/torch": {**ratio.as_json(), "threads": 1}}, facts=done.facts)


if __name__ == "__main__":
    sys.exit(main())
