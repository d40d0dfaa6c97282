"""`make chaos`: every row in full, then each of its planted faults, one table; exit status 1 if any row misses.

    python tests/lab/run_chaos.py [row …]

AZURAFORGE_CHAOS_KILLS=1000 sets the kills, AZURAFORGE_CHAOS_SHARE=0.1 scales every row, AZURAFORGE_CHAOS_SECONDS=600
begins no further row after that time.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from chaos_rows import NEVER, ROWS, Row
from chaos_table import Line, show
from faults import KNOWN
from live_servers import valkey_server
from other_rows import OTHER_ROWS, OtherRow
from own_postgres import OwnPostgres, own_postgres
from scenario import Impossible, Measured, Scenario, play
from worker_house import House, install_lab, open_house


def say(text: str) -> None:
    """A line of the report, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Stage:
    """What every house of this run shares."""

    postgres: OwnPostgres
    pythonpath: str

    @contextmanager
    def house(self, row: Row, *, database: str, fault: str = "") -> Iterator[House]:
        """A house of its own for one scenario."""
        with tempfile.TemporaryDirectory(prefix="azf-chaos-") as name, valkey_server() as redis_url:
            folder = Path(name)
            url = f"sqlite:///{folder / 'ledger.sqlite3'}" if database == "sqlite" else self.postgres.make_database()
            with open_house(
                database_url=url,
                redis_url=redis_url,
                folder=folder,
                pythonpath=self.pythonpath,
                fault=fault,
                deadline_s=row.never_s if row.faults.get(fault) == NEVER else row.deadline_s,
            ) as house:
                yield house

    def scenario_of(self, row: Row) -> Scenario:
        """The row's scenario, with its hand on the server if it needs that."""
        return row.scenario(self.postgres) if row.stops_database else row.scenario  # type: ignore[return-value,call-arg,arg-type]


def main(wanted: list[str]) -> int:
    """1 if a row misses its goal or a planted fault is not found."""
    rows: list[Row | OtherRow] = [row for row in (*ROWS, *OTHER_ROWS) if not wanted or row.name in wanted]
    if unknown := set(wanted) - {row.name for row in (*ROWS, *OTHER_ROWS)}:
        say(f"no row {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in (*ROWS, *OTHER_ROWS))}")
        return 2
    last = time.monotonic() + float(os.environ.get("AZURAFORGE_CHAOS_SECONDS", "inf"))
    lines: list[Line] = []
    with own_postgres() as postgres, tempfile.TemporaryDirectory(prefix="azf-lab-") as lab:
        stage = Stage(postgres, install_lab(Path(lab)))
        for row in rows:
            if time.monotonic() > last:
                lines.append(Line(row.name, row.goal, "not begun", is_met=False))
                continue
            for line in row.lines() if isinstance(row, OtherRow) else _play_row(row, stage):
                lines.append(line)
                say(show([line], has_head=False))
    say(f"\n{show(lines)}")
    return 0 if all(line.is_met for line in lines) else 1


def _play_row(row: Row, stage: Stage) -> Iterator[Line]:
    figures, wrongs = [], []
    for database in row.databases:
        try:
            measured = _play(row, stage, database=database, size=_size(row))
        except Impossible as error:
            yield Line(row.name, row.goal, f"not possible here: {error}", is_met=True)
            return
        figures.append(f"{database}: {measured.figure}")
        wrongs += measured.wrongs
    _complain(row, "", wrongs)
    missed = [fault for fault in row.faults if not _is_found(row, stage, fault=fault)]
    found = [f"{KNOWN[fault]}: {'NOT FOUND' if fault in missed else 'found'}" for fault in row.faults]
    yield Line(row.name, row.goal, "; ".join(figures), is_met=not wrongs and not missed, faults=found)


def _is_found(row: Row, stage: Stage, *, fault: str) -> bool:
    wrongs = _play(row, stage, database=row.databases[-1], size=row.bite, fault=fault).wrongs
    _complain(row, fault, wrongs)
    return any(re.search(row.faults[fault], wrong) for wrong in wrongs)


def _play(row: Row, stage: Stage, *, database: str, size: int, fault: str = "") -> Measured:
    with stage.house(row, database=database, fault=fault) as house:
        return play(stage.scenario_of(row), house, size=size)


def _size(row: Row) -> int:
    if row.name == "kills" and "AZURAFORGE_CHAOS_KILLS" in os.environ:
        return int(os.environ["AZURAFORGE_CHAOS_KILLS"])
    return max(1, round(row.full * float(os.environ.get("AZURAFORGE_CHAOS_SHARE", "1"))))


def _complain(row: Row, fault: str, wrongs: list[str]) -> None:
    for wrong in wrongs[:3]:
        say(f"    {row.name} {f'[{fault}]' if fault else ''} {wrong[:300]}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended on the way out
    sys.exit(main(sys.argv[1:]))
