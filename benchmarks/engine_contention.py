"""Do two trainings on one machine get in each other's way when each uses all cores?

Two processes train an LSTM at the same time, once with as many threads each as there are cores, once with half of
them. The ratio is the mean step of the first pair over that of the second: 1 is sharing the cores, more is fighting for
them. PyTorch's own ratio stands beside it.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
from collections.abc import Callable
from typing import Any

from engine.command import effort_of, finish, parser_of, show
from engine.pairing import paired
from engine.process import Block, Candidate
from engine.rounds import Effort, run_rounds

WORKLOAD = "lstm_h64"


def both(pair: tuple[Candidate, Candidate], *, seconds: float) -> Block:
    """One block of two trainings at once; its seconds are the mean, for a median hides a stall."""
    for candidate in pair:
        candidate.start(seconds)
    blocks = [candidate.finish() for candidate in pair]
    mean = statistics.fmean(block.mean for block in blocks)
    return Block(
        wall=mean,
        mean=mean,
        p99=max(block.p99 for block in blocks),
        cpu=statistics.fmean(block.cpu for block in blocks),
        calls=sum(block.calls for block in blocks),
        total_cpu=sum(block.total_cpu for block in blocks),
    )


def contention_of(side: str, *, effort: Effort, cores: int) -> tuple[dict[str, Any], dict[str, str]]:
    """The row of one library, and what it computes with."""
    with contextlib.ExitStack() as stack:

        def duo(threads: int) -> Callable[[], Block]:
            first, second = (
                stack.enter_context(Candidate(side, kind="step", subject=WORKLOAD, threads=threads)) for _ in range(2)
            )
            facts.update(first.hello["facts"])
            return lambda: both((first, second), seconds=effort.block_s)

        facts: dict[str, str] = {}
        blocks = run_rounds({"all": duo(cores), "half": duo(max(1, cores // 2))}, effort=effort)
    return paired(blocks["all"], blocks["half"]).as_json(), facts


def main() -> int:
    given = parser_of(__doc__, pairs=7).parse_args()
    cores = os.cpu_count() or 2
    sides = (f"2 trainings x {cores} threads", f"2 x {max(1, cores // 2)}")
    rows: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for side, name in (("ours", f"contention/{WORKLOAD}"), ("torch", f"contention/{WORKLOAD}/of torch")):
        rows[name], found = contention_of(side, effort=effort_of(given), cores=cores)
        facts |= found
        show(name, rows[name], sides=sides)
    return finish("engine_contention", rows, facts=facts, headline=f"contention/{WORKLOAD}")


if __name__ == "__main__":
    sys.exit(main())
