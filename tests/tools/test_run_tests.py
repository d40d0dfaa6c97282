"""How the parts of `make test` run beside each other, fail, and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import run_tests
from run_tests import Part
from workspace import ROOT, StepFailed


def script(name: str, code: str, *, after: tuple[str, ...] = ()) -> Part:
    return Part(name, (sys.executable, "-c", code), after)


def test_every_test_file_belongs_to_exactly_one_part() -> None:
    roots = [
        ROOT / word
        for part in run_tests.parts(is_full=False)
        for word in part.command
        if word.split("/")[0] in {"packages", "services", "apps", "tests"}
    ]
    roots += [ROOT / "services/api"]  # its tests run in the installation that tools/isolated_api.py makes
    files = [file for top in ("packages", "services", "apps", "tests") for file in (ROOT / top).rglob("test_*.py")]
    files = [file for file in files if "_template" not in file.parts]

    owners = {
        file: [root for root in roots if file.is_relative_to(root)] for file in files if "_template" not in str(file)
    }

    assert len(owners) > 100
    assert {file: found for file, found in owners.items() if len(found) != 1} == {}


def test_the_full_run_takes_the_slow_grids_too_and_more_examples() -> None:
    for is_full, options in ((False, ("-m", "not slow")), (True, ("--hypothesis-profile", "full"))):
        commands = [part.command for part in run_tests.parts(is_full=is_full) if "pytest" in part.command]
        assert {command[3:5] for command in commands} == {options}


def test_a_named_part_brings_what_it_waits_for() -> None:
    chosen = run_tests.select(["learner"], among=run_tests.parts(is_full=False))

    assert [part.name for part in chosen] == ["kernels", "oracle", "learner"]


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    with pytest.raises(StepFailed, match=r"no part is called lerner; there are kernels, .*learner"):
        run_tests.select(["lerner"], among=run_tests.parts(is_full=False))


def test_a_part_starts_when_those_before_it_have_ended(tmp_path: Path) -> None:
    done = tmp_path / "done"
    first = script("first", f"import time; time.sleep(0.2); open({str(done)!r}, 'w')")
    second = script("second", f"open({str(done)!r})", after=("first",))

    outcomes = run_tests.run([second, first], at_once=2, logs=tmp_path)

    assert [(outcome.name, outcome.is_good) for outcome in outcomes] == [("first", True), ("second", True)]


def test_parts_that_need_each_other_run_side_by_side(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # opening blocks until the other end is opened too
    reader = script("reader", f"assert open({str(pipe)!r}).read() == 'word'")
    writer = script("writer", f"open({str(pipe)!r}, 'w').write('word')")

    outcomes = run_tests.run([reader, writer], at_once=2, logs=tmp_path)

    assert [outcome.is_good for outcome in outcomes] == [True, True]


def test_never_more_run_than_are_allowed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    alone = f"import os, time; os.mkdir({str(lock)!r}); time.sleep(0.1); os.rmdir({str(lock)!r})"

    outcomes = run_tests.run([script(str(k), alone) for k in range(3)], at_once=1, logs=tmp_path)

    assert [outcome.is_good for outcome in outcomes] == [True] * 3


def test_a_log_is_printed_whole_and_a_failure_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = script("bad", "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(3)")
    good = script("good", "print('three')", after=("bad",))

    outcomes = run_tests.run([bad, good], at_once=2, logs=tmp_path)

    assert [outcome.is_good for outcome in outcomes] == [False, True]
    printed = capsys.readouterr().out
    assert "== bad\none\ntwo\nFAILED" in printed
    assert "== good\nthree\nok" in printed


@pytest.mark.parametrize("is_good", [True, False])
def test_the_summary_and_the_status_tell_of_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_good: bool
) -> None:
    listed = [script("first", "pass"), script("last", f"exit({int(not is_good)})")]
    monkeypatch.setattr(run_tests, "parts", lambda *, is_full: listed)

    assert run_tests.main([]) == (0 if is_good else 1)
    summary = capsys.readouterr().out.partition("== summary")[2]
    assert ("FAILED" in summary) is not is_good
    assert {line.split()[-1] for line in summary.split("\n")[1:3]} == {"first", "last"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_every_process_even_one_that_ignores_it(tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    deaf = f"signal.signal(signal.SIGINT, signal.SIG_IGN); out = open({str(pipe)!r}, 'w', 1); print('here', file=out)"
    child = f"import signal, time; {deaf}; time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    runner = (
        "import sys, run_tests; run_tests.PATIENCE_S = 0.1;"
        f"run_tests.parts = lambda *, is_full: [run_tests.Part('deaf', (sys.executable, '-c', {parent!r}))];"
        "sys.exit(run_tests.main([]))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    with subprocess.Popen([sys.executable, "-c", runner], env=environ, stdout=subprocess.PIPE, text=True) as process:
        with pipe.open() as held:  # ends when nobody holds the other end any more
            assert held.readline() == "here\n"
            process.send_signal(number)
            assert held.read() == ""
        assert "== deaf\ninterrupted" in process.communicate(timeout=60)[0]
        assert process.returncode == 130
