"""The user that trainers run as, where the worker runs as root: `AZURAFORGE_TRAINER_USER`."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pwd

SETTING: Final = "AZURAFORGE_TRAINER_USER"


class TrainerUserUnusable(Exception):
    """Trainers cannot run as the named user; the message says what to do."""


def check_trainer_user(environ: Mapping[str, str], *, work: Path) -> None:
    """Return where trainers can run as the named user, or none is named.

    Raises:
        TrainerUserUnusable: there is no such user, the worker is not root, or the user cannot reach `work`.
    """
    name = environ.get(SETTING, "")
    if not name:
        return
    account = _find(name)
    if account.pw_uid == 0:
        raise TrainerUserUnusable(f"{SETTING} is root. Name a user without rights.")
    if os.geteuid() != 0:
        raise TrainerUserUnusable(f"{SETTING} needs a worker that runs as root. Start it so, or leave the setting out.")
    for folder in work.absolute().parents:
        if folder.exists() and not folder.stat().st_mode & 0o001:
            raise TrainerUserUnusable(
                f"{SETTING} cannot reach AZURAFORGE_WORK: {folder} may be entered by its owner alone. Choose a folder "
                "such as /var/lib/azuraforge/work whose parents everybody may enter."
            )


def become(environ: MutableMapping[str, str], *, owning: Sequence[Path]) -> None:
    """Turn this process into the named user, who then owns the folders in `owning`, their content and their parents."""
    name = environ.get(SETTING, "")
    if not name or os.geteuid() != 0:
        return
    account = _find(name)
    for folder in owning:
        _give(folder, account)
    os.initgroups(name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    environ["HOME"] = account.pw_dir


def _give(folder: Path, account: pwd.struct_passwd) -> None:
    for path in (folder.parent, folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _find(name: str) -> pwd.struct_passwd:
    import pwd  # noqa: PLC0415 - POSIX only

    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise TrainerUserUnusable(f"{SETTING} names nobody on this machine. Make the user, or leave it out.") from None
