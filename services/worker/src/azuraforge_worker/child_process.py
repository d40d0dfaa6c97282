"""A child that imports apps for the worker: it answers in lines before a deadline, or it is ended."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Final

from azuraforge_worker.process_tree import kill_group, kill_marked

CHUNK_BYTES: Final = 256 * 1024
EXIT_S: Final = 2.0
"""How long after its last word a child's exit status may take."""


class ChildSilent(Exception):
    """The child said nothing in time."""


class ChildEnded(ChildSilent):
    """The child is gone, or will never speak again."""


class ChildProcess:
    """`python -m module --out fd --parent pid …` in its own session; it reads stdin and writes to `--out`."""

    def __init__(self, module: str, *, arguments: list[str], environ: Mapping[str, str], mark: str) -> None:
        """Start it. The calling thread must live as long as the child."""
        self._mark = mark
        out_read, out_write = os.pipe()
        in_read, in_write = os.pipe()
        command = [sys.executable, "-P", "-m", module, "--out", str(out_write), "--parent", str(os.getpid())]
        try:
            self._process = subprocess.Popen(
                [*command, *arguments],
                env=dict(environ),
                pass_fds=(out_write,),
                start_new_session=True,
                stdin=in_read,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except BaseException:
            os.close(out_read)
            os.close(in_write)
            raise
        finally:
            os.close(out_write)
            os.close(in_read)
        self._out, self._in = out_read, in_write
        self._rest = b""
        os.set_blocking(out_read, False)
        os.set_blocking(in_write, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(out_read, selectors.EVENT_READ)

    def read_line(self, *, deadline: float) -> bytes:
        """The next line before the monotonic `deadline`.

        Raises:
            ChildSilent: there is none.
        """
        while b"\n" not in self._rest:
            self._selector.select(max(0.0, deadline - time.monotonic()))
            with contextlib.suppress(BlockingIOError):
                chunk = os.read(self._out, CHUNK_BYTES)
                if not chunk:
                    raise ChildEnded(self._last_news())
                self._rest += chunk
                continue
            if time.monotonic() >= deadline:
                raise ChildSilent("it did not answer in time")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _last_news(self) -> str:
        try:
            return f"it ended with status {self._process.wait(EXIT_S)}"
        except subprocess.TimeoutExpired:
            return "it fell silent"

    def write_line(self, line: bytes, *, deadline: float) -> None:
        """Send one line before the monotonic `deadline`.

        Raises:
            ChildSilent: it has ended, or does not read.
        """
        rest = line + b"\n"
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_WRITE)
            while rest:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ChildSilent("it does not read")
                try:
                    rest = rest[os.write(self._in, rest) :]
                except BrokenPipeError as error:
                    raise ChildEnded("it has ended") from error

    def close(self) -> None:
        """End it and whatever it started."""
        kill_group(self._process.pid)
        self._process.wait()
        kill_marked(self._mark)
        self._selector.close()
        os.close(self._out)
        os.close(self._in)
