"""How much memory does the idle platform take, all its processes together? Goal 400 MB, moonshot 250 MB.

PSS counts a page that several processes share once; RSS counts it in each.
"""

from __future__ import annotations

import json
import time

import psutil
from running_platform import running_platform

SETTLE_S = 20.0
"""The throw-away child that reads the catalog has ended by then."""


def main() -> None:
    with running_platform() as platform:
        time.sleep(SETTLE_S)
        parent = psutil.Process(platform.pid)
        rows = [(process, process.memory_full_info()) for process in (parent, *parent.children(recursive=True))]
        for process, memory in rows:
            name = " ".join(process.cmdline())[-60:]
            print(f"PSS {memory.pss / 1e6:6.1f} MB  RSS {memory.rss / 1e6:6.1f} MB  {name}")
    result = {
        "benchmark": "idle_memory",
        "value": round(sum(memory.pss for _, memory in rows) / 1e6, 1),
        "unit": "MB",
        "rss": round(sum(memory.rss for _, memory in rows) / 1e6, 1),
        "processes": len(rows),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
