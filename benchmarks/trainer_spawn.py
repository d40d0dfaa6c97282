"""How long is it from starting a trainer to its first line, `ready`? Everything that it imports is in between.

Median of several starts of the stock predictor, pages warm. The trainer is the real one, with the environment and the
pipes that a supervisor gives it.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from azuraforge_contracts import Job, LineType, new_id
from azuraforge_worker.attempt_folder import make_attempt_folder
from azuraforge_worker.job_plan import start_trainer
from azuraforge_worker.pipe_lines import LineReader

ROUNDS = 7
PIPELINE = "stock_predictor"


def seconds_to_ready(work: Path) -> float:
    task_id = new_id()
    folder = make_attempt_folder(work, task_id=task_id, attempt=1)
    job = Job(task_id=task_id, attempt=1, pipeline=PIPELINE, config={}, folder=str(folder))
    before = time.perf_counter()
    trainer = start_trainer(job, environ=os.environ)
    try:
        reader = LineReader()
        while trainer.is_talking:
            for line, data in reader.feed(trainer.read(timeout_s=60.0)):
                if line.type is LineType.READY:
                    return time.perf_counter() - before
                raise SystemExit(f"the trainer said {line.type} before ready: {data}")
    finally:
        trainer.close()
    raise SystemExit(f"the trainer ended before it was ready: {(folder / 'trainer.log').read_text()}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="azf-bench-") as work:
        seconds_to_ready(Path(work))
        seconds = [seconds_to_ready(Path(work)) for _ in range(ROUNDS)]
    median = statistics.median(seconds)
    print(f"spawn to ready: median {median:.2f} s, best {min(seconds):.2f} s, worst {max(seconds):.2f} s")
    print(json.dumps({"benchmark": "trainer_spawn", "value": round(median, 3), "unit": "s"}))


if __name__ == "__main__":
    main()
