"""`make soak SECONDS=600`: use and break a platform for as long as asked, judge it all the while; 1 if it failed.

python tests/lab/run_soak.py [seconds] [sqlite]
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from gateway import open_gateway
from live_servers import valkey_server
from own_postgres import own_postgres
from soak import Soak
from watchers import Ear
from worker_house import install_lab, open_house

REPORT_S = 30.0
LOOK_S = 0.2
DEADLINE_S = 180.0


def main(arguments: list[str]) -> int:
    """0 if nothing was ever wrong."""
    seconds = float(arguments[0]) if arguments else 600.0
    is_sqlite = "sqlite" in arguments
    seed = random.SystemRandom().randrange(2**32)
    say(f"soak for {seconds:.0f} s, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="azf-soak-") as name, own_postgres() as server, valkey_server() as redis:
        folder = Path(name)
        url = f"sqlite:///{folder / 'ledger.sqlite3'}" if is_sqlite else server.make_database()
        path = install_lab(folder / "lab")
        with (
            open_house(
                database_url=url, redis_url=redis, folder=folder, pythonpath=path, deadline_s=DEADLINE_S
            ) as house,
            open_gateway(house) as gateway,
            Ear(house) as ear,
        ):
            soak = Soak(house, gateway, None if is_sqlite else server, ear, random.Random(seed))
            soak.start()
            _run(soak, seconds)
            soak.finish()
    report(soak)
    return 1 if soak.wrongs else 0


def _run(soak: Soak, seconds: float) -> None:
    start = time.monotonic()
    report_at = start + REPORT_S
    while time.monotonic() < start + seconds:
        soak.step()
        if time.monotonic() >= report_at:
            report_at += REPORT_S
            report(soak)
        time.sleep(LOOK_S)


def report(soak: Soak) -> None:
    """What has been done, how experiments ended, what was wrong."""
    deeds = ", ".join(f"{count} {name}" for name, count in sorted(soak.deeds.items()))
    ended = ", ".join(f"{count} {state}" for state, count in sorted(soak.ended.items()))
    say(f"{deeds}; ended: {ended or 'none yet'}; {len(soak.wrongs)} wrong")
    for wrong in soak.wrongs[:20]:
        say(f"    {wrong[:300]}")


def say(text: str) -> None:
    """A line of the report, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended on the way out
    sys.exit(main(sys.argv[1:]))
