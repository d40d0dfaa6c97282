"""A series: its hash depends on the data alone, its labels on its own calendar."""

from dataclasses import replace

import numpy as np

from azuraforge_learner.data import TimeSeries


def series() -> TimeSeries:
    return TimeSeries(
        dates=np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"),
        target=np.array([1.0, 2.0]),
        target_name="Close",
        source="test",
        columns={"Volume": np.array([5.0, 6.0])},
    )


def test_the_hash_does_not_depend_on_where_the_data_came_from() -> None:
    assert series().sha256() == replace(series(), source="elsewhere", unit="USD").sha256()


def test_the_hash_changes_with_one_bit_of_one_value() -> None:
    changed = np.array([1.0, np.nextafter(2.0, 3.0)])
    assert series().sha256() != replace(series(), target=changed).sha256()
    assert series().sha256() != replace(series(), columns={"Volume": changed}).sha256()
    assert series().sha256() != replace(series(), dates=series().dates + 1).sha256()


def test_labels_show_the_time_only_where_there_is_one() -> None:
    assert series().labels() == ["2024-01-01", "2024-01-02"]
    at_noon = replace(series(), dates=series().dates + np.timedelta64(12, "h"))
    assert at_noon.labels() == ["2024-01-01T12:00", "2024-01-02T12:00"]
