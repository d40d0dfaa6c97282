"""Model bundles: a trained model as a folder `azf.model/1` that executes nothing when loaded.

```
manifest.json        format, signature, what the caller knows (ids, metrics, hashes), sha256 of every file
graph.json           the architecture, azf.graph/1
weights.safetensors  parameters and buffers
preprocess.json      fitted transforms as data
card.md              what the model is, for people
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from azuraforge_core import Array, Generator
from azuraforge_learner.checkpoints import pack_arrays, unpack_arrays
from azuraforge_learner.errors import BundleInvalid, CheckpointMismatch, GraphInvalid
from azuraforge_learner.inference import predict
from azuraforge_learner.layers import Graph, Sequential, from_graph, to_graph
from azuraforge_learner.sealed import MANIFEST_NAME, SealBroken, dump_json, parse_json, read_sealed, write_sealed

BUNDLE_FORMAT: Final = "azf.model/1"
GRAPH_NAME: Final = "graph.json"
WEIGHTS_NAME: Final = "weights.safetensors"
PREPROCESS_NAME: Final = "preprocess.json"
CARD_NAME: Final = "card.md"
CONTENT_NAMES: Final = frozenset({GRAPH_NAME, WEIGHTS_NAME, PREPROCESS_NAME, CARD_NAME})
BUNDLE_NAMES: Final = CONTENT_NAMES | {MANIFEST_NAME}
_RESERVED: Final = frozenset({"format", "files", "signature"})


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle; the model is ready for use, not for training."""

    model: Sequential | Graph
    preprocess: Mapping[str, Any]
    signature: Mapping[str, Any]
    manifest: Mapping[str, Any]
    card: str
    sha256: str
    """Of the manifest, which covers every file."""

    def predict(self, x: Array, *, batch_size: int = 256) -> Array:
        """The model's answers for `x (n, ...)`, without a tape.

        Raises:
            DataInvalid: `x` has no sample.
        """
        return predict(self.model, x, batch_size=batch_size)


def save_bundle(
    folder: Path,
    *,
    model: Sequential | Graph,
    preprocess: Mapping[str, Any],
    signature: Mapping[str, Any],
    manifest: Mapping[str, Any],
    card: str,
) -> str:
    """Write a bundle, durable and all at once; returns the manifest's sha256.

    `signature` says what goes in and comes out; `manifest` is anything else worth keeping: ids, metrics, hashes.

    Raises:
        GraphInvalid: the model has a layer that no document can name.
        BundleInvalid: the manifest uses a reserved key, or something in it is not JSON.
    """
    if reserved := sorted(_RESERVED & manifest.keys()):
        raise BundleInvalid(f"the manifest's key {reserved[0]!r} is written by save_bundle itself")
    try:
        files = {
            GRAPH_NAME: dump_json(to_graph(model)),
            WEIGHTS_NAME: pack_arrays(model.arrays()),
            PREPROCESS_NAME: dump_json(dict(preprocess)),
            CARD_NAME: card.encode(),
        }
        about = {**manifest, "format": BUNDLE_FORMAT, "signature": dict(signature)}
        return write_sealed(folder, files=files, about=about).sha256
    except (TypeError, ValueError) as error:
        raise BundleInvalid(f"a bundle holds plain JSON and finite numbers only: {error}") from error


def load_bundle(folder: Path) -> Bundle:
    """Verify every byte, then build the model and fill in its weights.

    Raises:
        BundleInvalid: something is missing, changed, unknown or does not fit; nothing was built from it.
    """
    try:
        sealed, files = read_sealed(folder, format_name=BUNDLE_FORMAT)
        if files.keys() != CONTENT_NAMES:
            raise SealBroken(f"a bundle holds exactly {', '.join(sorted(CONTENT_NAMES))}")
        graph = parse_json(files[GRAPH_NAME], name=GRAPH_NAME)
        preprocess = _parse_object(files[PREPROCESS_NAME], name=PREPROCESS_NAME)
        weights = unpack_arrays(files[WEIGHTS_NAME], name=WEIGHTS_NAME)
        card = files[CARD_NAME].decode("utf-8")
        model = from_graph(graph, generator=Generator(0))
        model.load_arrays(weights)
    except (SealBroken, GraphInvalid, CheckpointMismatch, UnicodeDecodeError) as error:
        raise BundleInvalid(f"the bundle {folder} cannot be used: {error}") from error
    signature = sealed.manifest.get("signature")
    if not isinstance(signature, dict):
        raise BundleInvalid(f"the bundle {folder} cannot be used: its manifest has no signature")
    return Bundle(model.eval(), preprocess, signature, sealed.manifest, card, sealed.sha256)


def _parse_object(content: bytes, *, name: str) -> dict[str, Any]:
    value = parse_json(content, name=name)
    if not isinstance(value, dict):
        raise SealBroken(f"{name} must be an object")
    return value
