"""Several candidates in one measurement: all alive at once, one working at a time, forth and back."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.pairing import order_of
from engine.process import Block, Candidate
from engine.quiet import Gate

Check = Callable[..., None]


@dataclass(frozen=True)
class Effort:
    """How long to measure: pairs of blocks, seconds of a block, seconds to wait for a quiet machine in all."""

    pairs: int
    block_s: float
    patience_s: float


@dataclass(frozen=True)
class Measured:
    """Blocks and first results by candidate; what the candidates said they compute with."""

    blocks: Mapping[str, Sequence[Block]]
    checks: Mapping[str, Any]
    facts: dict[str, str] = field(default_factory=dict)


def measure(
    names: Sequence[str],
    *,
    kind: str,
    subject: str,
    threads: int,
    effort: Effort,
    check: Check,
    python_of: Mapping[str, str] | None = None,
) -> Measured:
    """Start every candidate, compare what the first computed with each other's, then time them in rounds."""
    with contextlib.ExitStack() as stack:
        candidates = {}
        for name in names:
            python = (python_of or {}).get(name, sys.executable)
            made = Candidate(name, kind=kind, subject=subject, threads=threads, python=python)
            candidates[name] = stack.enter_context(made)
        checks = {name: candidate.hello["check"] for name, candidate in candidates.items()}
        for name in names[1:]:
            check(subject, checks[names[0]], checks[name], peer=name)
        blocks = run_rounds(
            {name: one_block(candidate, seconds=effort.block_s) for name, candidate in candidates.items()},
            effort=effort,
        )
    facts: dict[str, str] = {}
    for candidate in candidates.values():
        facts |= candidate.hello["facts"]
    return Measured(blocks, checks, facts)


def run_rounds(work: Mapping[str, Callable[[], Block]], *, effort: Effort) -> dict[str, list[Block]]:
    """As many rounds as pairs are asked for, each block when the machine is quiet."""
    gate = Gate(patience_s=effort.patience_s)
    blocks: dict[str, list[Block]] = {name: [] for name in work}
    for turn in range(effort.pairs):
        for name in order_of(turn, list(work)):
            blocks[name].append(gate.run(work[name]))
    return blocks


def one_block(candidate: Candidate, *, seconds: float) -> Callable[[], Block]:
    """A block of this candidate, to be run later."""
    return lambda: candidate.block(seconds)
