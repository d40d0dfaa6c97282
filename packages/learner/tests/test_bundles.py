"""Bundles: the same answers after a round trip, one file for the road, and nothing hostile gets in."""

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, no_grad
from azuraforge_learner import load_bundle, pack_bundle, save_bundle, unpack_bundle
from azuraforge_learner.bundles import BUNDLE_NAMES
from azuraforge_learner.errors import BundleInvalid
from azuraforge_learner.layers import LSTM, Dropout, Linear, Sequential
from azuraforge_learner.sealed import dump_json

BOMB_BYTES = 0x03_FE_DC_BA


def make_model() -> Sequential:
    g = Generator(1)
    return Sequential(LSTM(2, 3, generator=g), Dropout(0.5), Linear(3, 1, generator=g))


def save(folder: Path) -> Sequential:
    model = make_model()
    save_bundle(
        folder,
        model=model,
        preprocess={"scaler": {"mean": [0.1, 1 / 3], "kind": "standard"}},
        signature={"input": ["time", 2], "output": [1]},
        manifest={"pipeline": "stock_predictor", "metrics": {"mae": 1.5}},
        card="# Hisse tahmini\n",
    )
    return model


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    save(tmp_path / "bundle")
    return tmp_path / "bundle"


def reseal(folder: Path, change: Callable[[dict], None]) -> None:
    """Forge a manifest: every hash fits again, only the content is hostile."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    for name, entry in manifest.get("files", {}).items():
        if (folder / name).is_file():
            data = (folder / name).read_bytes()
            entry.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    manifest["seal"] = hashlib.sha256(dump_json({**manifest, "seal": ""})).hexdigest()
    (folder / "manifest.json").write_bytes(dump_json(manifest))


def test_round_trip_gives_the_same_answers(tmp_path: Path) -> None:
    model = save(tmp_path / "b").eval()
    loaded = load_bundle(tmp_path / "b")
    x = Generator(2).normal((5, 7, 2))
    with no_grad():
        assert np.array_equal(loaded.predict(x), model(Tensor(x)).data)
    assert loaded.preprocess == {"scaler": {"mean": [0.1, 1 / 3], "kind": "standard"}}
    assert loaded.signature == {"input": ["time", 2], "output": [1]}
    assert loaded.manifest["metrics"] == {"mae": 1.5}
    assert loaded.card == "# Hisse tahmini\n"


def test_a_loaded_model_is_in_use_and_predicts_without_a_tape(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_bundle(bundle)
    answers = []
    forward = loaded.model.forward
    monkeypatch.setattr(loaded.model, "forward", lambda x: answers.append(forward(x)) or answers[-1])
    x = np.ones((2, 3, 2), np.float32)
    assert np.array_equal(loaded.predict(x), loaded.predict(x))
    assert all(answer.node is None for answer in answers)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / name)
        pack_bundle(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert load_bundle(tmp_path / "a").sha256 == load_bundle(tmp_path / "b").sha256


def test_a_flipped_bit_anywhere_is_refused(bundle: Path) -> None:
    for file in sorted(bundle.iterdir()):
        good = file.read_bytes()
        for place in range(0, len(good), 7):
            file.write_bytes(good[:place] + bytes([good[place] ^ (1 << place % 8)]) + good[place + 1 :])
            with pytest.raises(BundleInvalid, match="cannot be used"):
                load_bundle(bundle)
        file.write_bytes(good)
    assert load_bundle(bundle).model


def test_a_missing_file_is_refused(bundle: Path) -> None:
    for file in sorted(bundle.iterdir()):
        good = file.read_bytes()
        file.unlink()
        with pytest.raises(BundleInvalid, match=f"{file.name} is missing"):
            load_bundle(bundle)
        file.write_bytes(good)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("graph.json", b"[" * 100_000),
        ("graph.json", b'{"format": "azf.graph/1", "nodes": [{"type": "os.system"}], "edges": []}'),
        ("graph.json", b"NaN"),
        ("preprocess.json", b"[]"),
        ("preprocess.json", b'{"mean": Infinity}'),
        ("preprocess.json", b"\xff\xfe"),
        ("card.md", b"\xff"),
        ("weights.safetensors", b"\x80\x04\x95cos\nsystem\n(S'true'\ntR."),
        ("weights.safetensors", b""),
        ("weights.safetensors", (2**60).to_bytes(8, "little") + b"{}"),
    ],
)
def test_hostile_content_with_fitting_hashes_is_refused(bundle: Path, name: str, content: bytes) -> None:
    (bundle / name).write_bytes(content)
    reseal(bundle, lambda manifest: None)
    with pytest.raises(BundleInvalid, match="cannot be used"):
        load_bundle(bundle)


def test_weights_of_another_architecture_are_refused(bundle: Path) -> None:
    graph = json.loads((bundle / "graph.json").read_text())
    graph["nodes"][2]["parameters"]["outputs"] = 2
    (bundle / "graph.json").write_text(json.dumps(graph))
    reseal(bundle, lambda manifest: None)
    with pytest.raises(BundleInvalid, match=r"2\.weight"):
        load_bundle(bundle)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(format="azf.model/2"),
        lambda manifest: manifest.update(signature=None),
        lambda manifest: manifest.update(files={}),
        lambda manifest: manifest.update(files=[1]),
        lambda manifest: manifest["files"].pop("card.md"),
        lambda manifest: manifest["files"].update({"run.py": {"sha256": "0" * 64, "bytes": 0}}),
        lambda manifest: manifest["files"].update({"card.md": {"bytes": True}}),
    ],
)
def test_forged_manifests_are_refused(bundle: Path, change: Callable[[dict], None]) -> None:
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    change(manifest)
    manifest["seal"] = hashlib.sha256(dump_json({**manifest, "seal": ""})).hexdigest()
    (bundle / "manifest.json").write_bytes(dump_json(manifest))
    with pytest.raises(BundleInvalid, match="cannot be used"):
        load_bundle(bundle)


@pytest.mark.parametrize(
    "wrong",
    [
        {"manifest": {"format": "x"}},
        {"manifest": {"metrics": float("nan")}},
        {"preprocess": {"function": print}},
        {"signature": {"x": {1, 2}}},
    ],
)
def test_only_plain_finite_json_can_be_saved(tmp_path: Path, wrong: dict) -> None:
    given: dict = {"preprocess": {}, "signature": {}, "manifest": {}, "card": "", **wrong}
    with pytest.raises(BundleInvalid):
        save_bundle(tmp_path / "b", model=make_model(), **given)
    assert list(tmp_path.iterdir()) == []


def test_archive_round_trip(bundle: Path, tmp_path: Path) -> None:
    pack_bundle(bundle, tmp_path / "out" / "model.azf.zip")
    loaded = unpack_bundle(tmp_path / "out" / "model.azf.zip", tmp_path / "again")
    assert loaded.sha256 == load_bundle(bundle).sha256
    for name in BUNDLE_NAMES:
        assert (bundle / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    with pytest.raises(BundleInvalid, match="already there"):
        unpack_bundle(tmp_path / "out" / "model.azf.zip", tmp_path / "again")


def test_a_damaged_bundle_is_not_packed(bundle: Path, tmp_path: Path) -> None:
    (bundle / "weights.safetensors").write_bytes(b"")
    with pytest.raises(BundleInvalid):
        pack_bundle(bundle, tmp_path / "model.azf.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def archive_of(bundle: Path, change: Callable[[dict[str, tuple[zipfile.ZipInfo, bytes]]], None]) -> bytes:
    members = {name: (zipfile.ZipInfo(name), (bundle / name).read_bytes()) for name in sorted(BUNDLE_NAMES)}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for info, data in members.values():
            target.writestr(info, data)
    return buffer.getvalue()


def rename_member(new: str) -> Callable:
    def change(members: dict) -> None:
        info, data = members.pop("card.md")
        info.filename = new
        members[new] = (info, data)

    return change


def link_member(members: dict) -> None:
    info, _ = members["card.md"]
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    members["card.md"] = (info, b"/etc/passwd")


def add_member(name: str) -> Callable:
    return lambda members: members.update({name + "!": (zipfile.ZipInfo(name), b"")})


def bomb(members: dict) -> None:
    info, _ = members["card.md"]
    info.compress_type = zipfile.ZIP_DEFLATED
    members["card.md"] = (info, bytes(BOMB_BYTES))


def deflate(members: dict) -> None:
    for info, _ in members.values():
        info.compress_type = zipfile.ZIP_DEFLATED


@pytest.mark.parametrize("change", [lambda members: None, deflate])
def test_a_bundle_zipped_by_another_tool_is_taken(bundle: Path, tmp_path: Path, change: Callable) -> None:
    (tmp_path / "m.zip").write_bytes(archive_of(bundle, change))
    assert unpack_bundle(tmp_path / "m.zip", tmp_path / "model").sha256 == load_bundle(bundle).sha256


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rename_member("../card.md"), "holds exactly"),
        (rename_member("/tmp/card.md"), "holds exactly"),
        (rename_member("a/card.md"), "holds exactly"),
        (rename_member("card.md/"), "holds exactly"),
        (rename_member("..\\card.md"), "holds exactly"),
        (add_member("run.py"), "holds exactly"),
        (add_member("card.md"), "holds exactly"),
        (lambda members: members.pop("card.md"), "holds exactly"),
        (link_member, "not a plain file"),
        (bomb, "unpack to more than 1,048,576 bytes"),
    ],
)
def test_hostile_archives_are_refused_and_leave_nothing(
    bundle: Path, tmp_path: Path, change: Callable, words: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    archive = tmp_path / "model.azf.zip"
    archive.write_bytes(archive_of(bundle, change))
    with pytest.raises(BundleInvalid, match=words):
        unpack_bundle(archive, place / "model", max_bytes=1024 * 1024)
    assert list(place.iterdir()) == []


def test_an_archive_that_lies_about_its_size_is_refused(bundle: Path, tmp_path: Path) -> None:
    """64 MB of zeros that claim to be 16 bytes: no more than 16 are ever unpacked."""
    data = archive_of(bundle, bomb)
    true_size, lie = BOMB_BYTES.to_bytes(4, "little"), (16).to_bytes(4, "little")
    assert data.count(true_size) == 2
    (tmp_path / "m.zip").write_bytes(data.replace(true_size, lie))
    with pytest.raises(BundleInvalid):
        unpack_bundle(tmp_path / "m.zip", tmp_path / "model", max_bytes=1024 * 1024)


def test_a_damaged_archive_is_refused_at_every_place(bundle: Path, tmp_path: Path) -> None:
    pack_bundle(bundle, tmp_path / "good.zip")
    good = (tmp_path / "good.zip").read_bytes()
    bad = tmp_path / "bad.zip"
    original = load_bundle(bundle).sha256
    for place in range(0, len(good), 29):
        bad.write_bytes(good[:place] + bytes([good[place] ^ 0x04]) + good[place + 1 :])
        try:
            loaded = unpack_bundle(bad, tmp_path / f"at-{place}")
        except BundleInvalid:
            assert not (tmp_path / f"at-{place}").exists()
        else:  # a date or a version in the zip's own headers: the bundle itself is untouched
            assert loaded.sha256 == original
    for length in (0, 10, len(good) // 2, len(good) - 1):
        bad.write_bytes(good[:length])
        with pytest.raises(BundleInvalid):
            unpack_bundle(bad, tmp_path / "short")
