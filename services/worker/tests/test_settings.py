from __future__ import annotations

from pathlib import Path

import pytest

from azuraforge_contracts import SettingError
from azuraforge_worker.cores import usable_cores
from azuraforge_worker.settings import read_settings

REDIS = {"AZURAFORGE_REDIS_URL": "redis://:secret@127.0.0.1:6379/0"}


def test_everything_but_the_broker_has_a_default_below_home(tmp_path: Path) -> None:
    settings = read_settings({**REDIS, "AZURAFORGE_HOME": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    assert (settings.artifacts, settings.work) == (tmp_path / "artifacts", tmp_path / "work")
    assert (settings.device, settings.concurrency, settings.threads) == ("cpu", 1, usable_cores())


def test_a_training_has_all_cores_unless_it_is_told_how_many() -> None:
    assert read_settings(REDIS).threads == usable_cores()
    assert read_settings({**REDIS, "AZURAFORGE_THREADS": "2"}).threads == 2


def test_a_worker_id_is_new_at_every_start() -> None:
    assert read_settings(REDIS).worker_id != read_settings(REDIS).worker_id


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AZURAFORGE_DEVICE", "tpu"),
        ("AZURAFORGE_THREADS", "0"),
        ("AZURAFORGE_THREADS", "many"),
        ("AZURAFORGE_WORKER_CONCURRENCY", "-1"),
        ("AZURAFORGE_STOP_GRACE_S", "nan"),
        ("AZURAFORGE_LEASE_RENEWAL_S", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read_settings({**REDIS, name: value})


def test_a_missing_broker_is_named() -> None:
    with pytest.raises(SettingError, match="AZURAFORGE_REDIS_URL"):
        read_settings({})


def test_the_printed_line_holds_no_secret() -> None:
    environ = {**REDIS, "AZURAFORGE_DATABASE_URL": "postgresql://user:hidden@db.example:5432/azf?password=hidden"}

    line = read_settings(environ).printable()

    assert "hidden" not in line
    assert "secret" not in line
    assert "db.example" in line


def test_one_training_per_gpu_unless_fewer_are_wanted() -> None:
    on_gpus = {**REDIS, "AZURAFORGE_DEVICE": "auto", "CUDA_VISIBLE_DEVICES": "0,1,2"}
    assert read_settings(on_gpus).concurrency == 3
    assert read_settings({**on_gpus, "AZURAFORGE_WORKER_CONCURRENCY": "2"}).concurrency == 2
    assert read_settings({**on_gpus, "AZURAFORGE_WORKER_CONCURRENCY": "8"}).concurrency == 3


def test_gpus_do_not_count_where_the_cpu_trains() -> None:
    settings = read_settings({**REDIS, "CUDA_VISIBLE_DEVICES": "0,1", "AZURAFORGE_WORKER_CONCURRENCY": "4"})
    assert (settings.gpus, settings.concurrency) == ((), 4)
