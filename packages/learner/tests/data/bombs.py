# ruff: noqa: E501 - a table of bombs is read by its lines
"""A hundred files that are more than they seem; `python bombs.py` reads each and prints what it cost.

Each is small to make and would take seconds or gigabytes to read in good faith.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from azuraforge_learner.data import SeriesInvalid, inflate_gzip, read_dated_csv, read_json_lines
from azuraforge_learner.data.npz_file import read_npz
from azuraforge_learner.data.zip_file import read_zip

MEBI = 1024**2
Bomb = tuple[str, Callable[[], bytes], Callable[[bytes], object]]


def packed(members: dict[str, bytes], *, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def zeros(size: int) -> bytes:
    """A deflate stream of that many zeros, made without holding them."""
    stream, parts, chunk = zlib.compressobj(9, zlib.DEFLATED, -15), [], bytes(MEBI)
    parts += [stream.compress(chunk) for _ in range(size // MEBI)]
    return b"".join([*parts, stream.flush()])


def raw_member(name: bytes, data: bytes, *, said: int, method: int = 8, flags: int = 0, crc: int = 0) -> bytes:
    head = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 33, crc, len(data), said, len(name), 0)
    return head + name + data


def raw_entry(
    name: bytes, data: bytes, *, said: int, at: int, method: int = 8, flags: int = 0, crc: int = 0, mode: int = 0
) -> bytes:
    return (
        struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0x0314, 20, flags, method, 0, 33, crc, len(data), said, len(name), 0, 0, 0, 0,
            mode << 16, at,
        )
        + name
    )  # fmt: skip


def raw_zip(body: bytes, entries: list[bytes], *, count: int | None = None) -> bytes:
    directory = b"".join(entries)
    counted = len(entries) if count is None else count
    return (
        body + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, counted, counted, len(directory), len(body), 0)
    )


def one_member(name: str, *, said: int = 10, data: bytes = b"", **options: int) -> bytes:
    body = raw_member(name.encode(), data, said=said, **{k: v for k, v in options.items() if k != "mode"})
    return raw_zip(body, [raw_entry(name.encode(), data, said=said, at=0, **options)])


def overlapping(count: int) -> bytes:
    data = zeros(MEBI)
    entries = [raw_entry(f"{n}.txt".encode(), data, said=MEBI, at=0) for n in range(count)]
    return raw_zip(raw_member(b"0.txt", data, said=MEBI), entries)


def npy(header: str, data: bytes = b"", *, version: int = 1) -> bytes:
    text = header.encode("latin-1", "replace") + b"\n"
    length = struct.pack("<H", len(text)) if version == 1 else struct.pack("<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def head(descr: str, shape: str, order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def dated(content: bytes) -> object:
    return read_dated_csv(content, date_column="date", number_columns=["close"])


def zip_bombs() -> Iterator[Bomb]:
    for size in (64, 100, 128, 150):
        yield (
            f"zip of {size} MB of zeros",
            lambda size=size: one_member("a", said=size * MEBI, data=zeros(size * MEBI)),
            read_zip,
        )
    for said in (0, 1, 1000):
        yield (
            f"zip that says {said} bytes and has 30 MB",
            lambda said=said: one_member("a", said=said, data=zeros(30 * MEBI)),
            read_zip,
        )
    for count in (2, 100, 1000):
        yield f"{count} members in the same bytes", lambda count=count: overlapping(count), read_zip
    yield (
        "two members of zeros",
        lambda: packed({f"{n}": bytes(20 * MEBI) for n in range(1)} | {"b": bytes(30 * MEBI)}),
        read_zip,
    )
    for count in (1001, 60_000):
        entries = [raw_entry(f"{n}".encode(), b"", said=0, at=0, method=0) for n in range(count)]
        yield f"{count} members", lambda e=entries: raw_zip(b"", e), read_zip
    lying = [raw_entry(f"{n}".encode(), b"", said=0, at=0, method=0) for n in range(100_000)]
    yield "100,000 members that say one", lambda: raw_zip(b"", lying, count=1), read_zip
    yield "64-bit directory", lambda: raw_zip(b"", [], count=0xFFFF), read_zip
    names = [
        "../x",
        "/x",
        "a/../../x",
        "..",
        ".",
        "a//b",
        "C:x",
        "a\\..\\x",
        "a\x01b",
        "a\u202eb",
        "x" * 300,
        "a/./b",
        "~\x00",
    ]
    for name in names:
        yield f"member {name[:12]!r}", lambda name=name: one_member(name, said=0, method=0, flags=0x800), read_zip
    yield (
        "link",
        lambda: one_member("l", said=4, data=b"/etc", method=0, mode=0o120777, crc=zlib.crc32(b"/etc")),
        read_zip,
    )
    yield "pipe", lambda: one_member("l", said=0, method=0, mode=0o010600), read_zip
    yield "encrypted", lambda: one_member("e", said=4, data=b"abcd", method=0, flags=1), read_zip
    yield "unknown method", lambda: one_member("e", said=4, data=b"abcd", method=97), read_zip
    yield "bzip2", lambda: packed({"a": bytes(1000)}, kind=zipfile.ZIP_BZIP2), read_zip
    yield "lzma", lambda: packed({"a": bytes(1000)}, kind=zipfile.ZIP_LZMA), read_zip
    yield "wrong checksum", lambda: one_member("a", said=4, data=b"abcd", method=0, crc=1), read_zip
    yield "name twice", lambda: raw_zip(raw_member(b"a", b"", said=0, method=0) * 2, [
        raw_entry(b"a", b"", said=0, at=0, method=0), raw_entry(b"A", b"", said=0, at=31, method=0)]), read_zip  # fmt: skip
    for content in (b"", b"PK", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18, bytes(1000), b"Rar!\x1a\x07" + bytes(99)):
        yield f"no zip {content[:8]!r}", lambda content=content: content, read_zip
    yield "cut short", lambda: packed({"a": bytes(range(256)) * 99})[:-40], read_zip


def npz_bombs() -> Iterator[Bomb]:
    headers = [
        head("'<f8'", "(10000000000,)"), head("'<f8'", "(1,) * 9"), head("'<f8'", "(-1,)"), head("'|O'", "(1,)"),
        head("[('a', '<f8')]", "(1,)"), head("[('a', '|O')]", "(1,)"), head("'<f8'", "(4611686018427387904, 4)"),
        head("'<U100000000'", "(0,)"), head("'|V1000000'", "(0,)"), head("'<f8'", "(2,)"), head("'<f8'", "()"),
        head("'<f8'", "(1.5,)"), head("'<f8'", "(" + "1," * 3000 + ")"), "(" * 5000, "{" * 9000, "__import__('os')",
        head("'<f8'", "(" + "9" * 5000 + ",)"), head("'|S0'", "(99999999999,)"), head("'<c16'", "(1,)"), "{}", "",
        head("'<f8'", "[1]"), head("('<f8', (100000, 100000))", "(1,)"),
    ]  # fmt: skip
    for at, header in enumerate(headers):
        content = npy(header, b"\0" * 3)
        yield f"npy head {at}", lambda content=content: packed({"a.npy": content}), read_npz
    yield "npy head of 30 MB", lambda: packed({"a.npy": npy(" " * 30 * MEBI, version=2)}), read_npz
    yield "npy of version 9", lambda: packed({"a.npy": b"\x93NUMPY\x09\x00" + bytes(100)}), read_npz
    yield (
        "array of 60 MB of zeros",
        lambda: packed({"a.npy": npy(head("'|u1'", f"({60 * MEBI},)"), bytes(60 * MEBI))}),
        read_npz,
    )
    yield "pickle", lambda: packed({"a.npy": pickled()}), read_npz
    yield "no array", lambda: packed({"a.txt": b"x"}), read_npz
    yield "array in a folder", lambda: packed({"x/a.npy": npy(head("'<f8'", "(0,)"))}), read_npz


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def gzip_bombs() -> Iterator[Bomb]:
    for size in (30, 65, 100):
        yield f"gzip of {size} MB of zeros", lambda size=size: _gzip_zeros(size), inflate_gzip
    yield "ten thousand gzip members", lambda: gzip.compress(bytes(200_000)) * 10_000, inflate_gzip
    for content in (b"", b"\x1f\x8b", bytes(99), gzip.compress(b"x" * 99)[:-1], gzip.compress(b"x")[:-8] + bytes(8)):
        if content:
            yield f"no gzip {content[:6]!r}", lambda content=content: content, inflate_gzip


def _gzip_zeros(size: int) -> bytes:
    body = zeros(size * MEBI)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + body + struct.pack("<LL", 0, size * MEBI % 2**32)


def csv_bombs() -> Iterator[Bomb]:
    start = b"date,close\n"
    contents = {
        "only line ends": lambda: b"\n" * 30 * MEBI, "line ends after a header": lambda: start + b"\n" * 30 * MEBI,
        "only commas": lambda: b"," * 30 * MEBI, "a row of commas": lambda: start + b"," * 30 * MEBI,
        "one open quotation mark": lambda: start + b'"' + b"x\n" * 10 * MEBI, "only quotation marks": lambda: b'"' * 30 * MEBI,
        "a cell of 30 MB": lambda: start + b"x" * 30 * MEBI, "too large": lambda: bytes(33 * MEBI),
        "carriage returns": lambda: start + b"\r" * 30 * MEBI, "NUL": lambda: start + b"2024-01-01,\x00\n",
        "UTF-16": lambda: "date,close\n2024-01-01,1\n".encode("utf-16"), "Latin": lambda: start + b"\xe9\n",
        "too many rows": lambda: start + b"2024-01-01,1\n" * 300_000, "a number of 1,000 digits": lambda: start + b"2024-01-01," + b"9" * 999,
        "a thousand and one columns": lambda: b",".join(b"c%d" % n for n in range(1001)) + b"\n1\n",
        "infinity": lambda: start + b"2024-01-01,1e999\n", "other digits": lambda: start + "2024-01-01,٣\n".encode(),
    }  # fmt: skip
    for name, content in contents.items():
        yield f"CSV: {name}", content, dated


def json_bombs() -> Iterator[Bomb]:
    contents = {
        "deep lists": lambda: b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "deep objects": lambda: b'{"a":' * 10_000,
        "5,000 digits": lambda: b'{"a":' + b"9" * 5000 + b"}", "1e999": lambda: b'{"a":1e999}', "NaN": lambda: b'{"a":NaN}',
        "65 bits": lambda: b'{"a":18446744073709551616}', "a key twice": lambda: b'{"a":1,"a":2}', "surrogate": lambda: b'{"a":"\\ud800"}',
        "NUL": lambda: b'{"a":"\\u0000"}', "a line of 30 MB": lambda: b'{"a":"' + b"x" * 30 * MEBI + b'"}',
        "only line ends": lambda: b"\n" * 30 * MEBI, "too large": lambda: bytes(33 * MEBI), "a list": lambda: b"[1]",
        "no UTF-8": lambda: b'{"a":"\xff"}', "cut short": lambda: b'{"a":', "many keys": lambda: json.dumps({f"k{n}": 0 for n in range(5000)}).encode(),
        "open texts": lambda: b'{"a":"' + b'\\"' * 30_000,
    }  # fmt: skip
    for name, content in contents.items():
        yield f"JSON: {name}", content, read_json_lines


def all_bombs() -> list[Bomb]:
    return [*zip_bombs(), *npz_bombs(), *gzip_bombs(), *csv_bombs(), *json_bombs()]


def main() -> None:
    """One line of JSON per bomb: how it was refused, seconds of CPU, and memory beyond the bomb itself in MB."""
    for name, make, read in all_bombs():
        content = make()
        code = ""
        before = _peak_mb(reset=True)
        began = time.process_time()
        try:
            read(content)
        except SeriesInvalid as error:
            code = error.code
        seconds = time.process_time() - began
        line = {"bomb": name, "code": code, "seconds": seconds, "megabytes": _peak_mb() - before}
        sys.stdout.write(json.dumps(line) + "\n")


def _peak_mb(*, reset: bool = False) -> float:
    """The most memory that the process had; `reset` begins to count anew from what it has now (Linux)."""
    if reset:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:  # noqa: PTH123 - a kernel's switch
            file.write("5")
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123 - as above
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
