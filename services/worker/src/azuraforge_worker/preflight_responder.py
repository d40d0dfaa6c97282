"""Answers preflight questions from the broker with the help of a warm child, which ends when nobody asks any more."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from pydantic import ValidationError
from redis import Redis
from redis.exceptions import RedisError

from azuraforge_contracts import PreflightReply, PreflightRequest
from azuraforge_contracts.names import preflight_queue, preflight_reply
from azuraforge_worker.child_process import ChildEnded, ChildProcess, ChildSilent

log = logging.getLogger(__name__)
LISTEN_S: Final = 1
PAUSE_S: Final = 1.0
LONGEST_ANSWER_S: Final = 30.0
REPLY_TTL_S: Final = 30
MOST_SILENCES: Final = 3
MARK: Final = "preflight"


class PreflightResponder:
    """A thread that takes one question at a time. `list_pipelines` says whose questions are taken."""

    def __init__(
        self,
        redis: Redis,
        *,
        list_pipelines: Callable[[], Sequence[str]],
        environ: Mapping[str, str],
        mark: str,
        idle_s: float,
    ) -> None:
        self._redis = redis
        self._list_pipelines = list_pipelines
        self._environ = environ
        self._mark = f"{mark}/{MARK}"
        self._idle_s = idle_s
        self._child: ChildProcess | None = None
        self._last_used = 0.0
        self._silences = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="preflight", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and its child; a question on its way is left to another worker, or to nobody."""
        self._closed.set()
        self._thread.join(LISTEN_S + 2.0)

    def _run(self) -> None:
        # The child is started, used and ended by this thread: the kernel ends it with the thread that started it.
        while not self._closed.is_set():
            try:
                self._serve_one()
            except (RedisError, OSError) as error:
                log.debug("the broker is away, no preflight: %s", error)
                self._closed.wait(PAUSE_S)
            if self._child is not None and time.monotonic() - self._last_used > self._idle_s:
                self._end_child()
        self._end_child()

    def _serve_one(self) -> None:
        queues = [preflight_queue(name) for name in self._list_pipelines()]
        if not queues:
            self._closed.wait(PAUSE_S)
            return
        taken = cast("tuple[bytes, bytes] | None", self._redis.brpop(queues, timeout=LISTEN_S))
        if taken is None:
            return
        try:
            request = PreflightRequest.model_validate_json(taken[1])
        except ValidationError:
            log.warning("a preflight question could not be read")
            return
        if request.expires_at <= time.time():
            return
        key = preflight_reply(request.request_id)
        answer = self._answer(request)
        pipe = self._redis.pipeline()
        pipe.lpush(key, answer.model_dump_json())
        pipe.expire(key, REPLY_TTL_S)
        pipe.execute()

    def _answer(self, request: PreflightRequest) -> PreflightReply:
        deadline = time.monotonic() + min(LONGEST_ANSWER_S, max(0.1, request.expires_at - time.time()))
        try:
            child = self._warm_child()
            child.write_line(request.model_dump_json().encode(), deadline=deadline)
            reply = _read_reply(child, request_id=request.request_id, deadline=deadline)
        except (ChildSilent, OSError, ValidationError) as error:
            self._silences += 1
            if not isinstance(error, ChildSilent) or isinstance(error, ChildEnded) or self._silences >= MOST_SILENCES:
                self._end_child()  # else it may only be slow, importing an app for the first time
            detail = f"the preflight of {request.pipeline} gave no answer: {error}"
            return PreflightReply(request_id=request.request_id, status="error", detail=detail)
        self._silences = 0
        self._last_used = time.monotonic()
        return reply

    def _warm_child(self) -> ChildProcess:
        self._last_used = time.monotonic()
        if self._child is None:
            self._child = ChildProcess(
                "azuraforge_worker.preflight", arguments=[], environ=self._environ, mark=self._mark
            )
        return self._child

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None
            self._silences = 0


def _read_reply(child: ChildProcess, *, request_id: str, deadline: float) -> PreflightReply:
    """The answer to this question; late answers to earlier ones are passed over."""
    while True:
        reply = PreflightReply.model_validate_json(child.read_line(deadline=deadline))
        if reply.request_id == request_id:
            return reply
