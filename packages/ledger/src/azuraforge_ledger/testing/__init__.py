"""For tests of whatever stands on the ledger: what must hold, checked apart from the code that should keep it."""

from azuraforge_ledger.testing import play
from azuraforge_ledger.testing.checker import check_history
from azuraforge_ledger.testing.history import History, RecordedEvent, list_task_ids, read_history
from azuraforge_ledger.testing.time_travel import pass_time
from azuraforge_ledger.testing.witnesses import Life, View, check_files, check_lives, check_published, check_view

__all__ = [
    "History",
    "Life",
    "RecordedEvent",
    "View",
    "check_files",
    "check_history",
    "check_lives",
    "check_published",
    "check_view",
    "list_task_ids",
    "pass_time",
    "play",
    "read_history",
]
