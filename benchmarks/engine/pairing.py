"""From blocks to a figure: rounds that run forth and back, one ratio per round, its median and quartiles."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.process import Block

FEWEST_QUIET = 5


@dataclass(frozen=True)
class Ratio:
    """Ours over theirs: median over pairs and its quartiles; `loaded` is the share of pairs that were disturbed."""

    ratio: float
    low: float
    high: float
    cpu_ratio: float
    cpu_low: float
    cpu_high: float
    ours_s: float
    theirs_s: float
    pairs: int
    loaded: float

    @property
    def spread(self) -> float:
        """Distance of the quartiles."""
        return self.high - self.low

    def as_json(self) -> dict[str, Any]:
        """Rounded for the result line; times in milliseconds."""
        return {
            "ratio": round(self.ratio, 3),
            "low": round(self.low, 3),
            "high": round(self.high, 3),
            "cpu_ratio": round(self.cpu_ratio, 3),
            "cpu_low": round(self.cpu_low, 3),
            "cpu_high": round(self.cpu_high, 3),
            "ours_ms": round(self.ours_s * 1e3, 4),
            "theirs_ms": round(self.theirs_s * 1e3, 4),
            "pairs": self.pairs,
            "loaded": round(self.loaded, 2),
        }


def value_row(blocks: Sequence[Block], *, unit: str) -> dict[str, Any]:
    """The row of a figure without a peer: median and quartiles of the seconds."""
    quiet = [block for block in blocks if block.is_quiet]
    used = quiet if len(quiet) >= min(FEWEST_QUIET, len(blocks)) else blocks
    low, middle, high = quartiles([block.wall for block in used])
    return {
        "value": round(middle, 3),
        "unit": unit,
        "low": round(low, 3),
        "high": round(high, 3),
        "loaded": round(1 - len(quiet) / len(blocks), 2),
    }


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile; of one value three times that."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def order_of(round_number: int, names: Sequence[str]) -> list[str]:
    """ours, theirs, theirs, ours: every second round runs backwards, so that a drift hits both sides alike."""
    return list(names) if round_number % 2 == 0 else list(reversed(names))


def paired(ours: Sequence[Block], theirs: Sequence[Block]) -> Ratio:
    """Compare block by block. Disturbed pairs are left out when enough quiet ones remain."""
    pairs = list(zip(ours, theirs, strict=True))
    quiet = [pair for pair in pairs if pair[0].is_quiet and pair[1].is_quiet]
    used = quiet if len(quiet) >= min(FEWEST_QUIET, len(pairs)) else pairs
    ratios = [a.wall / b.wall for a, b in used]
    low, middle, high = quartiles(ratios)
    cpu_low, cpu_middle, cpu_high = quartiles([a.cpu / b.cpu for a, b in used])
    return Ratio(
        ratio=middle,
        low=low,
        high=high,
        cpu_ratio=cpu_middle,
        cpu_low=cpu_low,
        cpu_high=cpu_high,
        ours_s=statistics.median(a.wall for a, _ in used),
        theirs_s=statistics.median(b.wall for _, b in used),
        pairs=len(used),
        loaded=1 - len(quiet) / len(pairs),
    )
