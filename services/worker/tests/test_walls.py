"""What the walls keep in, tried by a real child on the running kernel; without them the same child gets in."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from azuraforge_worker import walls
from azuraforge_worker.landlock import landlock_version
from azuraforge_worker.syscall_filter import has_filter
from azuraforge_worker.trainer_user import TrainerUserUnusable, check_trainer_user
from azuraforge_worker.walls import WallsMissing, find_mode, missing_walls, raise_walls

CLIMBER = Path(__file__).parent / "wall_climber.py"

needs_walls = pytest.mark.skipif(bool(missing_walls()), reason="; ".join(missing_walls()))


def climb(tmp_path: Path, **environ: str) -> dict[str, Any]:
    """What a child behind the walls managed to do to this process and to a file that is not its own."""
    folder = tmp_path / "work" / "1"
    folder.mkdir(parents=True)
    (folder.parent / "earlier.txt").write_text("of an earlier attempt")
    secret = tmp_path / "secrets" / "owner.key"
    secret.parent.mkdir()
    secret.write_text("the owner's key")
    command = [sys.executable, "-P", str(CLIMBER), str(folder), str(os.getpid()), str(secret)]
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found["secret"] = secret.read_text() if secret.exists() else ""
    return found


@needs_walls
def test_a_child_reaches_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    found = climb(tmp_path)
    tried = found["tried"]
    assert [name for name, how in tried.items() if how == "done" and not name.startswith("may_")] == []
    assert {how for name, how in tried.items() if not name.startswith("may_")} <= {
        "EPERM", "EACCES", "EXDEV", "CalledProcessError", "ValueError",
    }  # fmt: skip
    assert found["secret"] == "the owner's key"


@needs_walls
def test_a_child_does_what_a_training_needs(tmp_path: Path) -> None:
    tried = climb(tmp_path)["tried"]
    assert {name: how for name, how in tried.items() if name.startswith("may_") and how != "done"} == {}


def test_a_child_inherits_no_file_and_keeps_its_own_private(tmp_path: Path) -> None:
    found = climb(tmp_path)
    assert found["descriptors"] == [0, 1, 2]
    assert found["umask"] == 0o077


@needs_walls
def test_without_the_walls_the_same_child_gets_in(tmp_path: Path) -> None:
    tried = climb(tmp_path, AZURAFORGE_TRAINER_WALLS="off")["tried"]
    assert {"read_a_secret", "open_a_local_socket", "read_environ_of_parent"} <= {
        name for name, how in tried.items() if how == "done"
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_child_of_root_becomes_the_named_user(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder) not in {"/", "/tmp"} and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    tried = climb(tmp_path, AZURAFORGE_TRAINER_USER="nobody", AZURAFORGE_TRAINER_WALLS="off")["tried"]
    assert tried["may_write_in_its_folder"] == "done"
    assert tried["read_environ_of_parent"] == "EACCES"
    assert tried["signal_parent"] == "EPERM"
    assert tried["write_code"] == "EACCES"
    assert (tmp_path / "work" / "1").stat().st_uid == nobody.pw_uid


@pytest.mark.parametrize(
    ("version", "filtered", "words"),
    [(0, True, "no Landlock"), (5, True, "signals"), (7, False, "local sockets")],
)
def test_what_a_platform_cannot_do_is_said(
    monkeypatch: pytest.MonkeyPatch, version: int, filtered: bool, words: str
) -> None:
    monkeypatch.setattr(walls, "landlock_version", lambda: version)
    monkeypatch.setattr(walls, "has_filter", lambda: filtered)
    (missing,) = missing_walls()
    assert words in missing
    with pytest.raises(WallsMissing, match="required"):
        raise_walls({"AZURAFORGE_TRAINER_WALLS": "required"}, parent=os.getppid(), writable=[])


def test_the_setting_takes_three_words() -> None:
    assert find_mode({}) == "auto"
    assert find_mode({"AZURAFORGE_TRAINER_WALLS": " Required "}) == "required"
    with pytest.raises(WallsMissing, match="auto, required or off"):
        find_mode({"AZURAFORGE_TRAINER_WALLS": "no"})


def test_a_user_that_trainers_cannot_be_is_refused(tmp_path: Path) -> None:
    work = Path("/var/lib/azuraforge/work")
    check_trainer_user({}, work=work)
    for name, words in (("nobody-of-that-name", "nobody on this machine"), ("root", "without rights")):
        with pytest.raises(TrainerUserUnusable, match=words):
            check_trainer_user({"AZURAFORGE_TRAINER_USER": name}, work=work)
    (tmp_path / "private").mkdir(mode=0o700)
    if os.geteuid() == 0:
        with pytest.raises(TrainerUserUnusable, match="AZURAFORGE_WORK"):
            check_trainer_user({"AZURAFORGE_TRAINER_USER": "nobody"}, work=tmp_path / "private" / "work")


def test_this_machine_is_known() -> None:
    assert landlock_version() >= 0
    assert has_filter() == (sys.platform == "linux" and os.uname().machine in {"x86_64", "aarch64"})
