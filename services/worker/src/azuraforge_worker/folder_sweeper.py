"""Sweeps what nobody needs any more: after experiments that ended where no worker saw it, and after accidents.

Nothing that lives is touched. An experiment's folder is judged by its row: one that has ended keeps its logs alone;
otherwise only attempts before the one that holds it, or all of them while nobody does, lose what they left half
written, and that only when it is old. A folder whose experiment this ledger does not know may be another ledger's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from azuraforge_contracts import TERMINAL_STATES, ExperimentRead, ExperimentState, is_id
from azuraforge_ledger import ArtifactStore, ExperimentMissing, Ledger
from azuraforge_worker.attempt_folder import LOG_NAME, sweep_experiment, sweep_halves

log = logging.getLogger(__name__)
OLD_S: Final = 3600.0
_HELD: Final = frozenset(
    {ExperimentState.STARTING, ExperimentState.RUNNING, ExperimentState.CANCELLING, ExperimentState.PAUSING}
)


def sweep(work: Path, *, ledger: Ledger, store: ArtifactStore) -> None:
    """All there is to sweep for one worker."""
    ended, halves = sweep_ended(work, ledger=ledger), sweep_abandoned(work, ledger=ledger)
    incoming = store.sweep_incoming(older_than_s=OLD_S)
    if ended or halves or incoming:
        log.info("swept: %d ended experiments, %d half files, %d incoming", len(ended), len(halves), incoming)


def sweep_ended(work: Path, *, ledger: Ledger) -> list[str]:
    """Delete what ended experiments left in `work` but for their logs; their ids."""
    swept = []
    for folder, found in _known_folders(work, ledger=ledger):
        if found.state in TERMINAL_STATES and _has_leftovers(folder):
            sweep_experiment(work, folder.name)
            swept.append(folder.name)
    return swept


def sweep_abandoned(work: Path, *, ledger: Ledger, older_than_s: float = OLD_S) -> list[str]:
    """Delete what attempts that are over left half written; the names."""
    swept = []
    for folder, found in _known_folders(work, ledger=ledger):
        living = found.attempt if found.state in _HELD else found.attempt + 1
        for attempt in folder.glob("*/"):
            if attempt.name.isdigit() and int(attempt.name) < living and not attempt.is_symlink():
                swept += sweep_halves(attempt, older_than_s=older_than_s)
    return swept


def _known_folders(work: Path, *, ledger: Ledger) -> Iterator[tuple[Path, ExperimentRead]]:
    for folder in sorted(work.glob("*")):
        if not is_id(folder.name) or not _has_leftovers(folder):
            continue
        try:
            yield folder, ledger.experiments.get(folder.name)
        except ExperimentMissing:
            continue


def _has_leftovers(folder: Path) -> bool:
    return any(entry.name != LOG_NAME for attempt in folder.glob("*/") for entry in attempt.iterdir())
