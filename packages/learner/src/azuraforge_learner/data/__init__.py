"""Data on its way to a model: strict readers, series, windows and splits."""

from azuraforge_learner.data.csv_table import DatedTable, read_dated_csv, read_header
from azuraforge_learner.data.errors import ArchiveInvalid, FetchRefused, SeriesInvalid, TableInvalid, TooFewRows
from azuraforge_learner.data.gzip_file import inflate_gzip
from azuraforge_learner.data.json_lines import read_json_lines
from azuraforge_learner.data.npz_file import read_npz
from azuraforge_learner.data.safe_fetch import FetchPolicy, fetch
from azuraforge_learner.data.series import TimeSeries
from azuraforge_learner.data.series_file import SERIES_FILE, pack_series, unpack_series
from azuraforge_learner.data.splits import TimeSplit, rows_needed, split_in_time
from azuraforge_learner.data.windows import window_origins, windows_at
from azuraforge_learner.data.zip_file import ArchiveLimits, read_zip

__all__ = [
    "SERIES_FILE",
    "ArchiveInvalid",
    "ArchiveLimits",
    "DatedTable",
    "FetchPolicy",
    "FetchRefused",
    "SeriesInvalid",
    "TableInvalid",
    "TimeSeries",
    "TimeSplit",
    "TooFewRows",
    "fetch",
    "inflate_gzip",
    "pack_series",
    "read_dated_csv",
    "read_header",
    "read_json_lines",
    "read_npz",
    "read_zip",
    "rows_needed",
    "split_in_time",
    "unpack_series",
    "window_origins",
    "windows_at",
]
