from __future__ import annotations

from azuraforge_worker.environment import BLAS_SETTINGS, MARK, child_environment


def test_only_what_is_allowed_passes() -> None:
    environ = {
        "PATH": "/bin",
        "AZURAFORGE_DATABASE_URL": "x",
        "AZURAFORGE_DATABASE_URL_FILE": "x",
        "AZURAFORGE_REDIS_URL": "x",
        "AZURAFORGE_OWNER_KEY_FILE": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PGPASSWORD": "x",
    }

    child = child_environment(environ, device="cpu", threads=3, mark="task/1")

    assert "x" not in child.values()
    assert child["PATH"] == "/bin"


def test_threads_device_and_mark_are_set_over_what_was_there() -> None:
    child = child_environment({"OMP_NUM_THREADS": "64"}, device="gpu", threads=3, mark="task/1")

    assert {child[name] for name in BLAS_SETTINGS} == {"1"}
    assert child["AZURAFORGE_THREADS"] == "3"
    assert (child["AZURAFORGE_DEVICE"], child[MARK]) == ("gpu", "task/1")
