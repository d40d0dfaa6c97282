"""Late joins at any moment: random schedules of writers and viewers, from the API's own tests."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from scenario import Measured
from worker_house import House

sys.path.append(str(Path(__file__).parents[3] / "services" / "api" / "tests"))

from late_join import Deaf, Naive, run_schedules

from azuraforge_api.events.hub import Hub
from azuraforge_api.events.service import LiveService

FAULT_PATIENCE_S = 1.0


def join_late(house: House, size: int) -> Measured:
    """`size` schedules: snapshot and stream together are the whole history."""
    outcome = asyncio.run(
        run_schedules(
            house.folder,
            redis_url=house.redis_url,
            database_url=house.database_url,
            count=size,
            seed=random.SystemRandom().randrange(2**32),
            service=Naive if house.fault == "joins_late" else LiveService,
            hub=Deaf if house.fault == "hands_on_all" else Hub,
            patience_s=FAULT_PATIENCE_S if house.fault else house.deadline_s,
        )
    )
    return Measured(f"{outcome.schedules} schedules, {len(outcome.wrong)} wrong", [str(one) for one in outcome.wrong])
