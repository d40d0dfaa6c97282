"""Small programs in the place of the services: `python stand_ins.py NAME`.

They prove supervision, signals and death without the services' own start-up; the real ones are started in
test_up_real.py.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click

from azuraforge.errors import CommandError
from azuraforge.home import find_home
from azuraforge.locales import Language, Texts
from azuraforge.processes import death_signal
from azuraforge.up import Commands, Patience, UpOptions, run_up


def api() -> None:
    """Answers readiness and a catalog with one worker."""
    _serve(workers=1)


def lonely() -> None:
    """An API that no worker has reported to."""
    _serve(workers=0)


def _serve(*, workers: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"workers": workers, "pipelines": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    signal.signal(signal.SIGTERM, lambda *_: _say_end("api"))
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["AZURAFORGE_PORT"])), Handler).serve_forever()


def worker() -> None:
    """Runs a trainer in a session of its own that dies with it, as the real worker does."""
    _run_trainer(death_signal())


def careless() -> None:
    """Leaves its trainer behind when it ends."""
    _run_trainer(None)


def _run_trainer(preexec: Callable[[], None] | None) -> None:
    command = [sys.executable, __file__, "trainer"]
    subprocess.Popen(command, start_new_session=True, preexec_fn=preexec)  # noqa: PLW1509 - one thread
    signal.signal(signal.SIGTERM, lambda *_: _say_end("worker"))
    while True:
        signal.pause()


def trainer() -> None:
    """Ignores every polite request."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        signal.pause()


def stubborn() -> None:
    """A worker that does not stop when asked."""
    trainer()


def crash() -> None:
    """Ends at once with words that a user can act on."""
    sys.exit("AZURAFORGE_THREADS is 'many'. Use a whole number from 1 to 4096.")


def welcome() -> None:
    """Says that everything is ready."""
    click.echo(" ".join(["WELCOME", *sys.argv[2:]]))


def up() -> None:
    """`azuraforge up` with stand-ins: the kinds of worker and API and the patience with a worker are the arguments."""
    worker_kind, api_kind, patience_s = sys.argv[2:5]
    commands = Commands(
        api=(sys.executable, __file__, api_kind),
        worker=(sys.executable, __file__, worker_kind),
        welcome=(sys.executable, __file__, "welcome"),
    )
    patience = Patience(worker_s=float(patience_s))
    options = UpOptions(home=find_home(os.environ), port=0, commands=commands, patience=patience)
    try:
        run_up(options, environ=os.environ, texts=Texts(Language.EN), say=click.echo)
    except CommandError as error:
        sys.exit(str(error))


def _say_end(name: str) -> None:
    click.echo(f"{name} stopped at {time.monotonic()}")
    sys.exit(0)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
