"""Bytes from a trainer become typed lines, or a `ProtocolBroken` that says what was wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from azuraforge_contracts import (
    ArtifactFile,
    BatchProgress,
    CheckpointFile,
    DataFound,
    EpochFinished,
    LineType,
    LogLine,
    Message,
    ReadyReport,
    TrainerLine,
    WarningRaised,
)
from azuraforge_contracts.names import MAX_LINE_BYTES
from azuraforge_worker.errors import ProtocolBroken
from azuraforge_worker.last_words import FailedWord, FinishedWord, StoppedWord

DATA_TYPES: Final[dict[LineType, type[Message]]] = {
    LineType.READY: ReadyReport,
    LineType.EPOCH: EpochFinished,
    LineType.CHECKPOINT: CheckpointFile,
    LineType.DATA: DataFound,
    LineType.ARTIFACT: ArtifactFile,
    LineType.WARNING: WarningRaised,
    LineType.BATCH: BatchProgress,
    LineType.LOG: LogLine,
    LineType.STOPPED: StoppedWord,
    LineType.FAILED: FailedWord,
    LineType.FINISHED: FinishedWord,
}


class LineReader:
    """Cuts a stream into lines of at most `MAX_LINE_BYTES` and checks each against the contracts."""

    def __init__(self) -> None:
        self._rest = b""
        self._count = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[TrainerLine, Message]]:
        """The complete lines in `chunk` and what was left before, each with its typed data.

        Raises:
            ProtocolBroken: a line is too long, not JSON, out of order or not what its type promises.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            yield self._parse(line)
        if len(self._rest) > MAX_LINE_BYTES:
            raise ProtocolBroken(f"line {self._count + 1} is longer than {MAX_LINE_BYTES} bytes")

    def _parse(self, line: bytes) -> tuple[TrainerLine, Message]:
        self._count += 1
        if len(line) > MAX_LINE_BYTES:
            raise ProtocolBroken(f"line {self._count} is longer than {MAX_LINE_BYTES} bytes")
        try:
            parsed = TrainerLine.model_validate_json(line)
        except ValidationError as error:
            raise ProtocolBroken(f"line {self._count} is not a trainer line: {_reason(error)}") from error
        if parsed.n != self._count:
            raise ProtocolBroken(f"line {self._count} calls itself line {parsed.n}")
        try:
            return parsed, DATA_TYPES[parsed.type].model_validate(parsed.data)
        except ValidationError as error:
            raise ProtocolBroken(f"line {self._count} is no {parsed.type} line: {_reason(error)}") from error


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
