"""A block counts when others rested before it and during it; patience is finite."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine.quiet import Gate, busy_seconds


class Machine:
    """A clock and a record of busy processor seconds, both moved by hand; others use `others` cores throughout."""

    def __init__(self, *, others: float) -> None:
        self.others, self.now, self.busy, self.blocks = others, 0.0, 0.0, 0

    def pass_time(self, seconds: float, *, cores: float = 0.0) -> None:
        self.now += seconds
        self.busy += seconds * (self.others + cores)

    def gate(self, *, patience_s: float) -> Gate:
        return Gate(patience_s=patience_s, read=lambda: self.busy, clock=lambda: self.now, sleep=self.pass_time)

    def work(self, block):
        def run():
            self.blocks += 1
            self.pass_time(1.0, cores=2.0)
            return block(0.01, total_cpu=2.0)

        return run


def test_a_block_on_a_quiet_machine_counts_whatever_it_uses_itself(block) -> None:
    machine = Machine(others=0.1)

    assert machine.gate(patience_s=10.0).run(machine.work(block)).is_quiet
    assert machine.blocks == 1


def test_a_block_during_which_others_computed_is_repeated_and_then_marked(block) -> None:
    machine = Machine(others=0.0)
    run = machine.work(block)

    def disturbed():
        machine.busy += 0.5
        return run()

    assert not machine.gate(patience_s=60.0).run(disturbed).is_quiet
    assert machine.blocks == 3


def test_the_gate_waits_until_others_rest(block) -> None:
    machine = Machine(others=1.0)
    gate = machine.gate(patience_s=60.0)
    rest = machine.pass_time

    def sleep(seconds: float) -> None:
        rest(seconds)
        if machine.now > 5.0:
            machine.others = 0.0

    gate._sleep = sleep

    assert gate.run(machine.work(block)).is_quiet
    assert machine.blocks == 1
    assert machine.now > 5.0


def test_patience_is_shared_by_all_blocks_and_ends(block) -> None:
    machine = Machine(others=1.0)
    gate = machine.gate(patience_s=2.0)

    blocks = [gate.run(machine.work(block)) for _ in range(4)]

    assert [b.is_quiet for b in blocks] == [False] * 4
    assert machine.blocks == 4
    assert machine.now <= 2.0 + 4 * 1.0 + 0.25


def test_without_a_record_of_the_load_every_block_counts(block) -> None:
    gate = Gate(patience_s=10.0, read=lambda: None)

    assert gate.run(lambda: block(0.01)).is_quiet


def test_idle_and_waiting_time_are_not_busy(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 2 3\n")

    assert busy_seconds(tmp_path / "stat") == pytest.approx(1.71)
    assert busy_seconds(tmp_path / "nothing") is None
