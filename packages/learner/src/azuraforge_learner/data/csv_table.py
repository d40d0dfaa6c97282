"""A strict reader of dated tables in CSV: every refusal names the line and the column."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azuraforge_learner.data.errors import Param, TableInvalid

DELIMITERS: Final = (",", ";", "\t")
MAX_BYTES: Final = 32 * 1024**2
MAX_ROWS: Final = 200_000
MAX_LINES: Final = MAX_ROWS + 10_000
"""A row may hold a line end, and a file empty lines, but not many."""
MAX_COLUMNS: Final = 1_000
MAX_LINE: Final = 256 * 1024
MAX_CELL: Final = 1_000
MAX_MAGNITUDE: Final = 1e15
"""Larger numbers lose their differences in float64 arithmetic; no price or temperature comes near."""

_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n|\Z)")
_FIRST_LINE = re.compile(r"[^\r\n\S]*+\S[^\r\n]*+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?", re.ASCII)
_DELIMITER_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab"}


@dataclass(frozen=True)
class DatedTable:
    """Dates ascending without duplicates; each column `(rows,)` float64, finite."""

    dates: NDArray[np.datetime64]
    columns: dict[str, NDArray[np.float64]]
    is_reversed: bool = False
    """The file had the newest row first and was turned around."""


def read_dated_csv(content: str | bytes, *, date_column: str, number_columns: Sequence[str]) -> DatedTable:
    """Read one date column and number columns; separators `,` `;` and tab, UTF-8 with or without byte order mark.

    Raises:
        TableInvalid: with a code, and the line and column in its message and params.
    """
    header, rows = _split(_decode(content), wanted=[date_column, *number_columns])
    date_at = _position(header, date_column)
    positions = {name: _position(header, name) for name in number_columns}
    lines: list[int] = []
    dates: list[datetime] = []
    values: dict[str, list[float]] = {name: [] for name in number_columns}
    for line, cells in rows:
        _check_row(cells, line=line, header=header)
        lines.append(line)
        dates.append(_parse_date(cells[date_at], line=line, column=date_column))
        for name, position in positions.items():
            values[name].append(_parse_number(cells[position], line=line, column=name))
    if not dates:
        raise TableInvalid(
            "The CSV has a header but no rows.", code="csv_no_rows", hint="Add one row per date below the header."
        )
    is_reversed = len(dates) > 1 and all(later < earlier for earlier, later in pairwise(dates))
    step = -1 if is_reversed else 1
    _check_order(dates[::step], lines=lines[::step], column=date_column)
    return DatedTable(
        dates=np.array(dates[::step], dtype="datetime64[s]"),
        columns={name: np.array(column[::step], dtype=np.float64) for name, column in values.items()},
        is_reversed=is_reversed,
    )


def read_header(content: str | bytes) -> list[str]:
    """The column names of a CSV.

    Raises:
        TableInvalid: when the text has no readable header.
    """
    header, _ = _split(_decode(content), wanted=[])
    return header


def _decode(content: str | bytes) -> str:
    if len(content) > MAX_BYTES:
        raise TableInvalid(
            f"The CSV is larger than {MAX_BYTES // 1024**2} MB.",
            code="csv_too_large_file",
            hint="Bring a shorter period, a coarser step, or fewer columns.",
            params={"limit": MAX_BYTES},
        )
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise TableInvalid(
                f"The CSV is not UTF-8: byte {error.start + 1}, in line {line}, cannot be read.",
                code="csv_encoding",
                hint="Save the file as UTF-8 and try again.",
                params={"line": line, "byte": error.start + 1},
            ) from None
    content = content.removeprefix("\ufeff")
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        raise TableInvalid(
            f"The CSV holds a NUL character in line {line}: this is not a text table.",
            code="csv_binary",
            hint="Export the table as CSV, not as a spreadsheet file.",
            params={"line": line},
        )
    return content


def _split(content: str, *, wanted: Sequence[str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    if max(content.count("\n"), content.count("\r")) > MAX_LINES:
        raise _too_many_rows()
    found = _FIRST_LINE.search(content)
    first_line = found[0][:MAX_LINE] if found else ""
    headers = {delimiter: _cells_of(first_line, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: (sum(name in headers[d] for name in wanted), len(headers[d])))
    rows = _rows(content, delimiter)
    _, cells = next(rows, (0, []))
    header = [cell.strip() for cell in cells]
    if not header:
        raise TableInvalid("The CSV is empty.", code="csv_empty", hint="Choose a file with a header and rows.")
    if len(header) > MAX_COLUMNS:
        raise TableInvalid(
            f"The CSV has {len(header)} columns; at most {MAX_COLUMNS} are read.",
            code="csv_too_many_columns",
            hint="Keep the date column and the columns you need.",
            params={"columns": len(header), "limit": MAX_COLUMNS},
        )
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise TableInvalid(
                f"The CSV has two columns named {_shown(name)}.",
                code="csv_duplicate_column",
                hint="Give every column its own name.",
                params={"column": _clipped(name)},
            )
        seen.add(name)
    return header, rows


def _lines(content: str) -> Iterator[str]:
    """The lines with their ends, one at a time: a list of all of them would take many times the memory of the text."""
    for number, match in enumerate(_LINE.finditer(content), start=1):
        line = match[0]
        if len(line) > MAX_LINE:
            raise TableInvalid(
                f"Line {number} of the CSV is longer than {MAX_LINE} characters.",
                code="csv_line_too_long",
                hint="Keep the date column and the columns you need.",
                params={"line": number, "limit": MAX_LINE},
            )
        if line:
            yield line


def _cells_of(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error:
        return []


def _rows(content: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Non-empty rows with the line each of them ends in."""
    reader = csv.reader(_lines(content), delimiter=delimiter, strict=True)
    count = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _unreadable(error, line=reader.line_num) from None
        if cells is None:
            return
        is_empty = not any(cell.strip() for cell in cells)
        count += not is_empty
        if count > MAX_ROWS + 1:
            raise _too_many_rows()
        if not is_empty:
            yield reader.line_num, cells


def _too_many_rows() -> TableInvalid:
    return TableInvalid(
        f"The CSV has more than {MAX_ROWS} rows.",
        code="csv_too_many_rows",
        hint="Bring a shorter period or a coarser step.",
        params={"limit": MAX_ROWS},
    )


def _unreadable(error: csv.Error, *, line: int) -> TableInvalid:
    if "field larger" in str(error):
        return _huge_cell(line)
    return TableInvalid(
        f"Line {line} of the CSV cannot be read: a quotation mark is not closed or stands in the wrong place.",
        code="csv_quotes",
        hint="Close every quotation mark, and double those inside a cell.",
        params={"line": line},
    )


def _huge_cell(line: int) -> TableInvalid:
    return TableInvalid(
        f"A cell in line {line} of the CSV is longer than {MAX_CELL} characters.",
        code="csv_cell_too_large",
        hint="Cells of a series hold a date or a number; check the quotation marks.",
        params={"line": line, "limit": MAX_CELL},
    )


def _position(header: Sequence[str], name: str) -> int:
    if name in header:
        return header.index(name)
    known = [_clipped(column) for column in header]
    raise TableInvalid(
        f"The CSV has no column {_shown(name)}; its columns are {', '.join(_shown(c) for c in known[:20])}"
        + (f" and {len(known) - 20} more." if len(known) > 20 else "."),
        code="csv_column_missing",
        hint="Choose one of the columns that are there; upper and lower case matter.",
        params={"column": _clipped(name), "columns": known[:20]},
    )


def _check_row(cells: Sequence[str], *, line: int, header: Sequence[str]) -> None:
    if len(cells) != len(header):
        raise TableInvalid(
            f"Line {line} of the CSV has {len(cells)} cells, but the header has {len(header)}.",
            code="csv_ragged_row",
            hint="Every row needs one cell per column; a number with a decimal comma counts as two cells.",
            params={"line": line, "cells": len(cells), "columns": len(header)},
        )
    if any(len(cell) > MAX_CELL for cell in cells):
        raise _huge_cell(line)


def _parse_date(cell: str, *, line: int, column: str) -> datetime:
    text = cell.strip()
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # a day such as 2024-02-30: refused below with the same words
    raise TableInvalid(
        f"Line {line}, column {_shown(column)}: {_shown(text)} is not a date.",
        code="csv_not_date",
        hint="Write dates as 2024-12-31 or 2024-12-31 17:30, without a time zone.",
        params={"line": line, "column": _clipped(column), "cell": _clipped(text)},
    )


def _parse_number(cell: str, *, line: int, column: str) -> float:
    text = cell.strip()
    where = f"Line {line}, column {_shown(column)}"
    params: dict[str, Param] = {"line": line, "column": _clipped(column), "cell": _clipped(text)}
    if not text:
        raise TableInvalid(
            f"{where}: the cell is empty.",
            code="csv_missing_value",
            hint="Fill the cell or remove the row; missing values are not guessed.",
            params=params,
        )
    if _NOT_FINITE.fullmatch(text):
        raise TableInvalid(
            f"{where}: {_shown(text)} is not a finite number.",
            code="csv_not_finite",
            hint="Replace it by the true value or remove the row.",
            params=params,
        )
    if not _NUMBER.fullmatch(text):
        raise TableInvalid(
            f"{where}: {_shown(text)} is not a number.",
            code="csv_not_number",
            hint="Write numbers with a decimal point and without thousands separators, units or text.",
            params=params,
        )
    value = float(text)
    if abs(value) > MAX_MAGNITUDE:
        raise TableInvalid(
            f"{where}: {_shown(text)} is larger than {MAX_MAGNITUDE:g}.",
            code="csv_too_large",
            hint="Check the value, or bring the column in a larger unit.",
            params={**params, "limit": MAX_MAGNITUDE},
        )
    return value


def _check_order(dates: Sequence[datetime], *, lines: Sequence[int], column: str) -> None:
    seen: dict[datetime, int] = {}
    for date, line in zip(dates, lines, strict=True):
        if date in seen:
            where = f"Line {line}, column {_shown(column)}"
            raise TableInvalid(
                f"{where}: the date {date.isoformat(' ')} is already in line {seen[date]}.",
                code="csv_duplicate_date",
                hint="Keep one row per date.",
                params={"line": line, "column": _clipped(column), "first_line": seen[date]},
            )
        seen[date] = line
    for before, after, line in zip(dates, dates[1:], lines[1:], strict=False):
        if after < before:
            raise TableInvalid(
                f"Line {line}, column {_shown(column)}: {after.isoformat(' ')} is earlier than the row before it.",
                code="csv_unsorted",
                hint="Sort the rows by date.",
                params={"line": line, "column": _clipped(column)},
            )


def _clipped(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _shown(text: str) -> str:
    return repr(_clipped(text))
