"""Data on its way to a model: strict readers, series, windows and splits.

`zip_file`, `npz_file` and `safe_fetch` are imported by their own names: who needs none of them starts sooner.
"""

from azuraforge_learner.data.csv_table import DatedTable, read_dated_csv, read_header
from azuraforge_learner.data.errors import ArchiveInvalid, FetchRefused, SeriesInvalid, TableInvalid, TooFewRows
from azuraforge_learner.data.gzip_file import inflate_gzip
from azuraforge_learner.data.json_lines import read_json_lines
from azuraforge_learner.data.series import TimeSeries
from azuraforge_learner.data.series_file import SERIES_FILE, pack_series, unpack_series
from azuraforge_learner.data.splits import TimeSplit, rows_needed, split_in_time
from azuraforge_learner.data.windows import window_origins, windows_at

__all__ = [
    "SERIES_FILE",
    "ArchiveInvalid",
    "DatedTable",
    "FetchRefused",
    "SeriesInvalid",
    "TableInvalid",
    "TimeSeries",
    "TimeSplit",
    "TooFewRows",
    "inflate_gzip",
    "pack_series",
    "read_dated_csv",
    "read_header",
    "read_json_lines",
    "rows_needed",
    "split_in_time",
    "unpack_series",
    "window_origins",
    "windows_at",
]
