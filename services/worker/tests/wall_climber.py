"""`python wall_climber.py FOLDER PARENT SECRET`: raises the walls, then tries what an app must not be able to do.

Prints one JSON object: each deed and how it ended.
"""

import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from azuraforge_worker.walls import raise_walls

LIBC = ctypes.CDLL(None, use_errno=True)
PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}


def call(function: Callable[..., int], *arguments: object) -> int:
    answer = function(*arguments)
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


def read_memory_of(pid: int) -> int:
    buffer = ctypes.create_string_buffer(16)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
    remote = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
    return call(LIBC.syscall, ctypes.c_long(PROCESS_VM_READV[os.uname().machine]), pid, vector, 1, remote, 1, 0)


def deeds(folder: Path, parent: int, secret: Path) -> dict[str, Callable[[], object]]:
    """What is tried; those that begin with `may_` are what a training needs."""
    proc = Path(f"/proc/{parent}")
    return {
        "read_environ_of_parent": (proc / "environ").read_bytes,
        "open_memory_of_parent": lambda: (proc / "mem").open("rb").read(0),
        "read_maps_of_parent": lambda: (proc / "maps").read_bytes()[0],
        "open_files_of_parent": lambda: [one.readlink() for one in (proc / "fd").iterdir()],
        "trace_parent": lambda: call(LIBC.ptrace, 0x4206, parent, 0, 0),
        "read_memory_by_call": lambda: read_memory_of(parent),
        "signal_parent": lambda: os.kill(parent, 0),
        "read_a_secret": secret.read_text,
        "overwrite_a_secret": lambda: secret.write_text("mine"),
        "remove_a_secret": secret.unlink,
        "truncate_a_secret": lambda: os.truncate(secret, 0),
        "move_a_secret_in": lambda: secret.rename(folder / "stolen"),
        "link_a_secret_in": lambda: os.link(secret, folder / "linked"),
        "point_at_a_secret": lambda: (folder / "pointer").symlink_to(secret),
        "list_its_folder": lambda: list(secret.parent.iterdir()),
        "read_it_in_a_child": lambda: subprocess.run(["/bin/cat", secret], check=True, capture_output=True),
        "write_code": lambda: (Path(sys.prefix) / "planted.py").write_text(""),
        "write_next_door": lambda: (folder.parent / "next").write_text(""),
        "open_a_local_socket": lambda: socket.socket(socket.AF_UNIX),
        "open_a_host_socket": lambda: socket.socket(40),
        "make_a_namespace": lambda: call(LIBC.unshare, 0x10000000),
        "outlive_its_parent": lambda: call(LIBC.prctl, 1, 0, 0, 0, 0),
        "hide_from_its_worker": lambda: call(LIBC.prctl, 4, 0, 0, 0, 0),
        "dump_core": lambda: __import__("resource").setrlimit(4, (1, 1)),
        "may_write_in_its_folder": lambda: (folder / "out.txt").write_text("x"),
        "may_make_folders": lambda: (folder / "a" / "b").mkdir(parents=True),
        "may_rename": lambda: (folder / "out.txt").rename(folder / "a" / "out.txt"),
        "may_read_next_door": (folder.parent / "earlier.txt").read_text,
        "may_write_to_nothing": lambda: Path("/dev/null").write_text("x"),
        "may_read_random": lambda: Path("/dev/urandom").open("rb").read(4),
        "may_look_up_names": lambda: socket.getaddrinfo("localhost", 80),
        "may_open_internet_sockets": lambda: [socket.socket(family) for family in (2, 10)],
        "may_pair_sockets": socket.socketpair,
        "may_start_threads": lambda: threading.Thread(target=str).start(),
        "may_start_programs": lambda: subprocess.run(["/bin/true"], check=True),
        "may_fork": lambda: os.waitpid(os.fork() or os._exit(0), 0),
        "may_lock_across_processes": lambda: __import__("multiprocessing").Lock(),
        "may_import": lambda: __import__("numpy"),
        "may_signal_itself": lambda: os.kill(os.getpid(), 0),
    }


def outcome(deed: Callable[[], object]) -> str:
    try:
        deed()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - however it failed
        return type(error).__name__
    return "done"


def main() -> None:
    folder, parent, secret = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    raise_walls(os.environ, parent=os.getppid(), writable=[folder], readable=[folder.parent])
    tried = {name: outcome(deed) for name, deed in deeds(folder, parent, secret).items()}
    descriptors = sorted(int(one) for one in os.listdir("/proc/self/fd"))  # noqa: PTH208 - names
    sys.stdout.write(json.dumps({"tried": tried, "descriptors": descriptors[:-1], "umask": os.umask(0)}))


if __name__ == "__main__":
    main()
