"""The dashboard's files: caching, fallback, and no way out of the folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_fakes import Gateway, run_gateway, wait_until

NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
def gateway(clean_redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("dashboard")
    static = folder / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>built</title>")
    (static / "assets" / "app-1a2b.js").write_text("export {}")
    (folder / "secret.txt").write_text("secret")
    (static / "out.txt").symlink_to(folder / "secret.txt")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=clean_redis, folder=folder, static=static) as running:
        yield running


def test_hashed_files_are_kept_for_ever_and_the_index_is_asked_for_again(gateway: Gateway) -> None:
    with gateway.stranger() as stranger:
        script = stranger.get("/assets/app-1a2b.js")
        index = stranger.get("/")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert index.headers["cache-control"] == "no-cache"
    assert "built" in index.text


def test_a_page_may_run_its_own_scripts_only(gateway: Gateway) -> None:
    policy = gateway.stranger().get("/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/experiments/0197", "/sign-in", "/a/b/c"])
def test_addresses_of_the_dashboard_get_its_index(gateway: Gateway, path: str) -> None:
    assert "built" in gateway.stranger().get(path, headers=NAVIGATION).text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/assets/gone.js", {"Accept": "*/*"}),
        ("/assets/gone.js", NAVIGATION),
        ("/experiments/0197", {"Accept": "application/json"}),
        ("/experiments/0197", {"Accept": "text/html", "Sec-Fetch-Mode": "cors"}),
    ],
)
def test_a_missing_file_is_a_problem_and_not_the_index(gateway: Gateway, path: str, headers: dict[str, str]) -> None:
    answer = gateway.stranger().get(path, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/out.txt",
        "/..\\secret.txt",
    ],
)
def test_there_is_no_way_out_of_the_folder(gateway: Gateway, path: str) -> None:
    answer = gateway.stranger().get(path)
    assert "secret" not in answer.text
    assert answer.status_code in {404, 401}


def test_static_files_take_no_other_method(gateway: Gateway) -> None:
    assert gateway.client.post("/", headers={}).status_code == 405
    assert gateway.stranger().post("/").status_code == 401


def test_a_build_is_found_while_the_server_runs(clean_redis: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=clean_redis, folder=tmp_path) as gateway:
        assert "make up" in gateway.stranger().get("/").text
        (tmp_path / "static").mkdir()
        (tmp_path / "static" / "index.html").write_text("built now")
        wait_until(lambda: gateway.stranger().get("/").text == "built now")
