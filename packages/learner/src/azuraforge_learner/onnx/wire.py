"""A look at the bytes of an ONNX file before a parser sees them: how many messages, how deep, how much of it weights.

Protobuf is a row of fields, each a number, a kind and a content; a parser makes an object of each message, so that a
small file of empty ones takes much memory. Here fields are only counted and stepped over; nothing is copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from azuraforge_learner.errors import OnnxInvalid, OnnxUnsupported

MAX_FILE_BYTES: Final = 1024**3
MAX_FIELDS: Final = 500_000
"""Messages, names and numbers outside of packed weights: a thousand layers need some ten thousand."""
MAX_STRUCTURE_BYTES: Final = 32 * 1024**2
"""All of a file but its weights."""

_MESSAGES: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 8: "leaf", 14: "leaf"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value"},
    "node": {5: "attribute", 9: "leaf"},
    "attribute": {5: "tensor"},
    "value": {2: "type"},
    "type": {1: "tensor type"},
    "tensor type": {2: "shape"},
    "shape": {1: "leaf"},
    "tensor": {13: "leaf"},
}
"""Messages within messages, by the field's number in onnx.proto; `leaf` holds no message."""
_REFUSED: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {20: "training information", 25: "functions of its own"},
    "graph": {15: "sparse weights"},
    "attribute": {
        6: "a graph within a node",
        10: "rows of tensors",
        11: "graphs within a node",
        22: "sparse weights",
        23: "rows of sparse weights",
    },
    "tensor": {3: "weights in segments"},
}
_PAYLOAD: Final = frozenset({4, 5, 7, 9, 10, 11})
"""Fields of a tensor that hold its numbers."""


def check_wire(content: bytes) -> None:
    """Return if the bytes are whole protobuf fields of bearable number that an importer can have a use for.

    Raises:
        OnnxInvalid: cut off, not protobuf, or too much of something.
        OnnxUnsupported: has parts that no model of ours has.
    """
    scan = _Scan(content)
    scan.message("model", 0, len(content))
    if scan.structure > MAX_STRUCTURE_BYTES:
        raise OnnxInvalid(f"{scan.structure:,} bytes besides its weights are more than {MAX_STRUCTURE_BYTES:,}")


class _Scan:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.fields = 0
        self.structure = 0

    def message(self, kind: str, place: int, end: int) -> None:
        """Step over the fields of one message; depth is that of `_MESSAGES`."""
        inner, refused = _MESSAGES.get(kind, {}), _REFUSED.get(kind, {})
        while place < end:
            self._count()
            key, start = self._varint(place, end)
            number, wire = key >> 3, key & 7
            if number in refused:
                raise OnnxUnsupported(f"the file has {refused[number]}, which no model of ours has")
            place, content_start = self._skip(wire, start, end)
            if wire == 2 and number in inner:
                self.message(inner[number], content_start, place)
            elif not (kind == "tensor" and number in _PAYLOAD):
                self.structure += place - start

    def _count(self) -> None:
        self.fields += 1
        if self.fields > MAX_FIELDS:
            raise OnnxInvalid(f"it has more than {MAX_FIELDS:,} fields")

    def _skip(self, wire: int, place: int, end: int) -> tuple[int, int]:
        """Where the field ends and where its content starts."""
        start = place
        if wire == 0:
            _, place = self._varint(place, end)
        elif wire == 2:
            length, start = self._varint(place, end)
            place = start + length
        elif wire in {1, 5}:
            place += 8 if wire == 1 else 4
        else:
            raise OnnxInvalid("it is not a protobuf file: a field of an unknown kind")
        if place > end:
            raise OnnxInvalid("it is cut off, or not a protobuf file: a field reaches beyond its message")
        return place, start

    def _varint(self, place: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while place < end and shift < 70:
            byte = self.content[place]
            value |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if byte < 0x80:
                return value, place
        raise OnnxInvalid("it is cut off, or not a protobuf file: a number without an end")
