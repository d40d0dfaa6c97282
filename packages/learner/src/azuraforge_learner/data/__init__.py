"""Data on its way to a model: strict readers, series, windows and splits."""

from azuraforge_learner.data.csv_table import DatedTable, read_dated_csv, read_header
from azuraforge_learner.data.errors import SeriesInvalid, TableInvalid, TooFewRows
from azuraforge_learner.data.series import TimeSeries
from azuraforge_learner.data.series_file import SERIES_FILE, pack_series, unpack_series
from azuraforge_learner.data.splits import TimeSplit, rows_needed, split_in_time
from azuraforge_learner.data.windows import window_origins, windows_at

__all__ = [
    "SERIES_FILE",
    "DatedTable",
    "SeriesInvalid",
    "TableInvalid",
    "TimeSeries",
    "TimeSplit",
    "TooFewRows",
    "pack_series",
    "read_dated_csv",
    "read_header",
    "rows_needed",
    "split_in_time",
    "unpack_series",
    "window_origins",
    "windows_at",
]
