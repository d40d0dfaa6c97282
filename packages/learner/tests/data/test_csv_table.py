"""The CSV reader: strict, and every refusal names line and column."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_learner.data import DatedTable, TableInvalid, read_dated_csv, read_header
from azuraforge_learner.data.csv_table import MAX_CELL, MAX_COLUMNS, MAX_ROWS

GOOD = "Date,Close\n2024-01-01,1.5\n2024-01-02,2.5\n"


def read(content: str | bytes, *columns: str) -> DatedTable:
    return read_dated_csv(content, date_column="Date", number_columns=columns or ("Close",))


def refused(content: str | bytes) -> TableInvalid:
    with pytest.raises(TableInvalid) as raised:
        read(content)
    return raised.value


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.encode("utf-8-sig"),
        '"Date","Close"\n"2024-01-01","1.5"\n"2024-01-02","2.5"',
        " Date , Close \n 2024-01-01 , 1.5 \n\n2024-01-02,2.5\n\n",
        "Close,Note,Date\n1.5,a,2024-01-01\n2.5,b,2024-01-02\n",
        'Date,Close,Note\n2024-01-01,1.5,"a\nb"\n2024-01-02,2.5,"say ""hi"", twice"\n',
        "Date,Close\n2024-01-01 00:00,15e-1\n2024-01-02T00:00:00,+2.50\n",
        "Date;Close;Comment, with commas\n2024-01-01;1.5;a,b,c\n2024-01-02;2.5;d\n",
    ],
)
def test_ordinary_tables_are_read(content: str | bytes) -> None:
    table = read(content)
    np.testing.assert_array_equal(table.columns["Close"], [1.5, 2.5])
    np.testing.assert_array_equal(table.dates, np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"))
    assert not table.is_reversed


def test_newest_first_is_turned_around_and_said() -> None:
    table = read("Date,Close\n2024-01-02,2.5\n2024-01-01,1.5\n")
    np.testing.assert_array_equal(table.columns["Close"], [1.5, 2.5])
    assert table.is_reversed


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("", "csv_empty", None),
        (" \n \n", "csv_empty", None),
        (",,,\n,,,\n", "csv_empty", None),
        ("Date,Close\n", "csv_no_rows", None),
        ("Date,Close\n2024-01-01,abc\n", "csv_not_number", 2),
        ("Date,Close\n2024-01-01,1\n2024-01-02,1 000\n", "csv_not_number", 3),
        ("Date;Close\n2024-01-01;1,5\n", "csv_not_number", 2),
        ("Date,Close\n2024-01-01,1_000\n", "csv_not_number", 2),
        ("Date,Close\n2024-01-01,0x10\n", "csv_not_number", 2),
        ("Date,Close\n2024-01-01,١٢\n", "csv_not_number", 2),
        ("Date,Close\n2024-01-01,=1+1\n", "csv_not_number", 2),
        ("Date,Close\n2024-01-01,\n", "csv_missing_value", 2),
        ("Date,Close\n2024-01-01,NaN\n", "csv_not_finite", 2),
        ("Date,Close\n2024-01-01,-inf\n", "csv_not_finite", 2),
        ("Date,Close\n2024-01-01,1e999\n", "csv_too_large", 2),
        ("Date,Close\n2024-01-01,-1e300\n", "csv_too_large", 2),
        ("Date,Close\n01/02/2024,1\n", "csv_not_date", 2),
        ("Date,Close\n2024-02-30,1\n", "csv_not_date", 2),
        ("Date,Close\n2024-01-01T00:00Z,1\n", "csv_not_date", 2),
        ("Date,Close\n20240101,1\n", "csv_not_date", 2),
        ("Date,Close\n2024-01-01,1,2\n", "csv_ragged_row", 2),
        ("Date,Close\n2024-01-01\n", "csv_ragged_row", 2),
        ("Date,Close\n2024-01-01,1\n2024-01-01,2\n", "csv_duplicate_date", 3),
        ("Date,Close\n2024-01-02,1\n2024-01-01,2\n2024-01-03,3\n", "csv_unsorted", 3),
        ("Date,Close,Close\n2024-01-01,1,2\n", "csv_duplicate_column", None),
        ('Date,Close\n2024-01-01,"1\n', "csv_quotes", 2),
        ('Date,Close\n2024-01-01,"1"x\n', "csv_quotes", 2),
        ("Date,Close\n2024-01-01,1\0\n", "csv_binary", 2),
        (b"Date,Close\n2024-01-01,1\n2024-01-02,\xff\n", "csv_encoding", 3),
        ("Date,Close\n2024-01-01," + "1" * (MAX_CELL + 1) + "\n", "csv_cell_too_large", 2),
        ("Date,Close\n2024-01-01," + "1" * 200_000 + "\n", "csv_cell_too_large", 2),
        (",".join(f"c{i}" for i in range(MAX_COLUMNS + 1)), "csv_too_many_columns", None),
        ("PK\x03\x04\0\0\0", "csv_binary", 1),
    ],
)
def test_broken_tables_are_refused_by_line(content: str | bytes, code: str, line: int | None) -> None:
    error = refused(content)
    assert error.code == code
    assert error.params.get("line") == line
    if line is not None:
        assert str(line) in error.message
    assert error.hint


def test_a_missing_column_names_the_ones_that_are_there() -> None:
    error = refused("Day,Open,Close\n2024-01-01,1,2\n")
    assert error.code == "csv_column_missing"
    assert error.params == {"column": "Date", "columns": ["Day", "Open", "Close"]}
    assert "'Day', 'Open', 'Close'" in error.message


def test_a_wrong_cell_names_its_column() -> None:
    error = refused("Date,Close\n2024-01-01,abc\n")
    assert error.message == "Line 2, column 'Close': 'abc' is not a number."
    assert error.params == {"line": 2, "column": "Close", "cell": "abc"}


def test_a_long_cell_is_not_echoed_whole() -> None:
    error = refused("Date,Close\n2024-01-01," + "x" * 900 + "\n")
    assert len(error.message) < 120


def test_too_many_rows_are_refused_without_reading_on() -> None:
    error = refused("Date,Close\n" + "x,y\n" * 3 + "\n" * 10)
    assert error.code == "csv_not_date"
    assert refused("Date,Close\n" + "2024-01-01,1\n" * (MAX_ROWS + 5)).code == "csv_too_many_rows"


def test_several_number_columns_are_read_together() -> None:
    table = read("Date,High,Low\n2024-01-01,2,1\n", "High", "Low")
    assert {name: column.tolist() for name, column in table.columns.items()} == {"High": [2.0], "Low": [1.0]}


def test_the_header_can_be_read_alone() -> None:
    assert read_header("\ufeffDate;Close\n") == ["Date", "Close"]


@given(st.text(alphabet=st.sampled_from("Date,Close\n\r\t;\"' 0123456789-.eE+:T\0\ufeffİç"), max_size=80))
def test_any_text_is_read_or_refused_by_a_table_error(text: str) -> None:
    for content in (text, "Date,Close\n2024-01-01,1\n" + text):
        with contextlib.suppress(TableInvalid):
            assert np.isfinite(read(content).columns["Close"]).all()


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_by_a_table_error(content: bytes) -> None:
    with pytest.raises(TableInvalid):
        read(content)
