"""Numbers as people of each language write them."""

from __future__ import annotations

import math

TURKISH = str.maketrans(",.", ".,")


def number(value: float | None, *, language: str, digits: int = 4) -> str:
    """About `digits` significant digits with thousands separators; a dash where there is no finite value."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        text = f"{int(value):,}"
    elif abs(value) >= 10 ** (digits - 1):
        text = f"{value:,.0f}"
    elif abs(value) >= 1e-3:
        decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:,.{decimals}f}"
    else:
        text = f"{value:.{digits - 1}g}"
    return _spelled(text, language=language)


def percent(share: float | None, *, language: str) -> str:
    """A share as a percentage: 3.2 % in English, %3,2 in Turkish."""
    if share is None or not math.isfinite(share):
        return "–"
    text = _spelled(f"{abs(100 * share):.1f}", language=language)
    sign = "−" if share < 0 else ""
    return f"{sign}%{text}" if language == "tr" else f"{sign}{text} %"


def duration(seconds: float, *, language: str) -> str:
    """Seconds below two minutes, minutes after."""
    if seconds < 120:
        return f"{_spelled(f'{seconds:.1f}', language=language)} {'sn' if language == 'tr' else 's'}"
    return f"{_spelled(f'{seconds / 60:.1f}', language=language)} {'dk' if language == 'tr' else 'min'}"


def _spelled(text: str, *, language: str) -> str:
    text = text.replace("-", "−")
    return text.translate(TURKISH) if language == "tr" else text
