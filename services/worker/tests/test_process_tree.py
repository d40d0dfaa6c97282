from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from azuraforge_contracts import new_id
from azuraforge_worker.environment import MARK
from azuraforge_worker.process_tree import find_marked, kill_marked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and prctl are Linux")
SLEEP = "import time; time.sleep(600)"


def until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def test_marked_processes_die_wherever_they_hide() -> None:
    task = new_id()
    code = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True); {SLEEP}"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, MARK: f"{task}/1"})
    assert until(lambda: len(find_marked(task)) == 2)

    kill_marked(task)

    assert find_marked(task) == []
    assert parent.wait(10) == -9


def test_a_mark_is_a_whole_word() -> None:
    task = new_id()
    child = subprocess.Popen([sys.executable, "-c", SLEEP], env={**os.environ, MARK: f"{task}/12"})
    try:
        assert until(lambda: find_marked(task) == [child.pid])
        assert find_marked(f"{task}/1") == []
        assert kill_marked(f"{task}/1") == 0
    finally:
        child.kill()
        child.wait()


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    said = tmp_path / "pid"
    child = (
        "import os, sys, time; from azuraforge_worker.process_tree import die_with_parent; "
        "die_with_parent(os.getppid()); "
        f"open({str(said)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    )
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]).wait()"
    parent = subprocess.Popen([sys.executable, "-c", code])
    assert until(lambda: said.exists() and said.read_text() != "")

    parent.kill()
    parent.wait()

    assert until(lambda: not Path(f"/proc/{said.read_text()}").exists())


def test_a_child_whose_parent_is_already_gone_leaves_at_once() -> None:
    code = "from azuraforge_worker.process_tree import die_with_parent; die_with_parent(1 << 30); print('still here')"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert (child.returncode, child.stdout) == (1, b"")
