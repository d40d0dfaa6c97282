"""Sweeps the folders of experiments that ended where no worker saw it: cancelled in the queue, or given up."""

from __future__ import annotations

from pathlib import Path

from azuraforge_contracts import TERMINAL_STATES, is_id
from azuraforge_ledger import ExperimentMissing, Ledger
from azuraforge_worker.attempt_folder import LOG_NAME, sweep_experiment


def sweep_ended(work: Path, *, ledger: Ledger) -> list[str]:
    """Delete what ended experiments left in `work` but for their logs; their ids. Other folders are not touched."""
    swept = []
    for folder in sorted(work.glob("*")):
        if not is_id(folder.name) or not _has_leftovers(folder):
            continue
        try:
            is_over = ledger.experiments.get(folder.name).state in TERMINAL_STATES
        except ExperimentMissing:  # another ledger's; it may be wanted there
            continue
        if is_over:
            sweep_experiment(work, folder.name)
            swept.append(folder.name)
    return swept


def _has_leftovers(folder: Path) -> bool:
    return any(entry.name != LOG_NAME for attempt in folder.glob("*/") for entry in attempt.iterdir())
