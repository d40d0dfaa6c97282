"""kill -9 of trainers and workers in the middle of trainings: twenty in all, ten on each database."""

from __future__ import annotations

import pytest
from scenarios.kills import kill_trainings
from worker_house import House


@pytest.mark.timeout(300)
def test_killed_trainings_end_as_if_nothing_had_happened(house: House) -> None:
    assert kill_trainings(house, 10).wrongs == []
