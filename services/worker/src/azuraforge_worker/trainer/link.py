"""Both pipes of a trainer: numbered lines up, acknowledgements and orders down."""

from __future__ import annotations

import os
import threading
from typing import Final

from pydantic import ValidationError

from azuraforge_contracts import ExitCode, LineType, Message, OrderType, SupervisorLine, TrainerLine
from azuraforge_contracts.names import MAX_LINE_BYTES
from azuraforge_learner.pipelines.base import StopReason

STOPS: Final = {OrderType.CANCEL: StopReason.CANCEL, OrderType.PAUSE: StopReason.PAUSE}


class LineTooLong(ValueError):
    """A line that no supervisor would accept."""


class SupervisorLink:
    """Speaks to the supervisor; a thread listens, and ends the process when the supervisor is gone."""

    def __init__(self, *, up_fd: int, down_fd: int) -> None:
        for fd in (up_fd, down_fd):
            os.set_inheritable(fd, False)  # noqa: FBT003 - a program that the app starts shall not hold the line open
        self._up = up_fd
        self._down = down_fd
        self._count = 0
        self._speaking = threading.RLock()
        self._acknowledged = 0
        self._news = threading.Condition()
        self._stop: StopReason | None = None
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    @property
    def stop_requested(self) -> StopReason | None:
        """The order to stop, once there is one."""
        return self._stop

    def request_stop(self, reason: StopReason) -> None:
        """Stop at the next batch; the first reason counts."""
        self._stop = self._stop or reason

    def say(self, line_type: LineType, data: Message) -> int:
        """Write one line; its number.

        Raises:
            LineTooLong: the line is longer than the protocol allows; nothing was written.
        """
        with self._speaking:
            line = TrainerLine(n=self._count + 1, type=line_type, data=data.model_dump(mode="json"))
            encoded = line.model_dump_json().encode() + b"\n"
            if len(encoded) > MAX_LINE_BYTES:
                raise LineTooLong(f"a {line_type} line of {len(encoded)} bytes is over the limit of {MAX_LINE_BYTES}")
            self._count += 1
            while encoded:
                encoded = encoded[os.write(self._up, encoded) :]
            return self._count

    def say_and_wait(self, line_type: LineType, data: Message) -> None:
        """Write one line and return when the supervisor has made it durable."""
        number = self.say(line_type, data)
        with self._news:
            self._news.wait_for(lambda: self._acknowledged >= number)

    def _listen(self) -> None:
        with os.fdopen(self._down, "rb", closefd=False) as down:
            for line in down:
                try:
                    order = SupervisorLine.model_validate_json(line)
                except ValidationError:  # an order that this version does not know yet
                    continue
                self._follow(order)
        os._exit(ExitCode.FENCE_LOST)  # nobody would hear or store anything any more

    def _follow(self, order: SupervisorLine) -> None:
        if order.type in STOPS:
            self.request_stop(STOPS[order.type])
        elif order.n is not None:
            with self._news:
                self._acknowledged = max(self._acknowledged, order.n)
                self._news.notify_all()
