"""Downloads: by name through the ledger, verified, harmless in a browser."""

from pathlib import Path

import pytest
from gateway_fakes import FakeWorker, Gateway

from azuraforge_contracts import ArtifactSaved, ExperimentEnded, ExperimentState, ReadyReport
from azuraforge_ledger import ArtifactStore

FILES = {
    "results.json": ("application/json", b'{"format": "azf.results/1"}'),
    "report.html": ("text/html", b"<script>alert(1)</script>"),
    "model.azf.zip": ("application/zip", b"PK\x03\x04"),
    'odd "n\u00e4me"; x=.md': ("text/markdown", b"# hi"),
}


@pytest.fixture(scope="module")
def finished(gateway: Gateway, worker: FakeWorker, tmp_path_factory: pytest.TempPathFactory) -> str:
    task_id, folder = gateway.submit(), tmp_path_factory.mktemp("out")
    store, saved = ArtifactStore(gateway.settings.artifacts), []
    for name, (media_type, content) in FILES.items():
        path = folder / "file"
        path.write_bytes(content)
        sha256, size = store.put_file(path)
        saved.append(ArtifactSaved(name=name, kind="file", media_type=media_type, sha256=sha256, bytes=size))
    gateway.ledger.leases.claim(task_id, worker_id="w")
    gateway.ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu"))
    ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
    gateway.ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=saved, ended=ended)
    return task_id


def test_every_file_is_listed_with_an_address_that_works(gateway: Gateway, finished: str) -> None:
    listed = gateway.client.get(f"/api/v1/experiments/{finished}/artifacts").json()
    assert {one["name"] for one in listed} == set(FILES)
    for one in listed:
        answer = gateway.client.get(one["url"])
        assert answer.content == FILES[one["name"]][1]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["etag"] == f'"{one["sha256"]}"'


def test_a_report_runs_nothing_and_has_no_origin(gateway: Gateway, finished: str) -> None:
    answer = gateway.client.get(f"/api/v1/experiments/{finished}/artifacts/report.html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-scripts" not in policy
    assert answer.headers["content-disposition"].startswith("inline")


def test_what_a_browser_cannot_show_is_a_download(gateway: Gateway, finished: str) -> None:
    zipped = gateway.client.get(f"/api/v1/experiments/{finished}/artifacts/model.azf.zip")
    asked = gateway.client.get(f"/api/v1/experiments/{finished}/artifacts/report.html?download=true")
    assert zipped.headers["content-disposition"] == "attachment; filename*=UTF-8''model.azf.zip"
    assert asked.headers["content-disposition"].startswith("attachment")


def test_a_client_that_has_it_is_told_so(gateway: Gateway, finished: str) -> None:
    url = f"/api/v1/experiments/{finished}/artifacts/results.json"
    etag = gateway.client.get(url).headers["etag"]
    assert gateway.client.get(url, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ["gone.json", "..%2f..%2fledger.sqlite3", "%2Fetc%2Fpasswd", "results.json%00", "%2e"])
def test_a_name_is_never_a_path(gateway: Gateway, finished: str, name: str) -> None:
    answer = gateway.client.get(f"/api/v1/experiments/{finished}/artifacts/{name}")
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_damaged_file_is_not_handed_out(gateway: Gateway, finished: str) -> None:
    url = f"/api/v1/experiments/{finished}/artifacts/results.json"
    sha256 = gateway.client.get(url).headers["etag"].strip('"')
    path = Path(gateway.settings.artifacts) / "sha256" / sha256[:2] / sha256
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"]")
    try:
        answer = gateway.client.get(url)
    finally:
        path.write_bytes(good)
    assert (answer.status_code, answer.json()["code"]) == (410, "artifact_damaged")
