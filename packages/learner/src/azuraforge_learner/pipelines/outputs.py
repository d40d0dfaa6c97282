"""The files that an experiment leaves: report, figures and the model bundle, complete and closed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azuraforge_learner.bundle_archive import pack_bundle
from azuraforge_learner.bundles import save_bundle
from azuraforge_learner.layers import Graph, Sequential
from azuraforge_learner.pipelines.base import ProducedFile
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.reports import render_card, write_reports

BUNDLE_NAME = "model.azf.zip"


def write_files(
    folder: Path,
    *,
    results: Mapping[str, Any],
    title: Mapping[str, str],
    prepared: PreparedSeries,
    model: Sequential | Graph,
) -> list[ProducedFile]:
    """Write everything into `folder`; what an earlier attempt left there is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bundle = folder / "bundle"
    save_bundle(
        bundle,
        model=model,
        preprocess=prepared.to_dict(),
        signature=_signature(prepared),
        manifest={key: results[key] for key in ("pipeline", "pipeline_version", "metrics", "units", "reproducibility")},
        card=render_card(results, title=title),
    )
    pack_bundle(bundle, folder / BUNDLE_NAME)
    shutil.rmtree(bundle)
    written = write_reports(results, folder=folder, title=title)
    return [
        *(ProducedFile(file.path, file.path.name, file.kind, file.media_type) for file in written),
        ProducedFile(folder / BUNDLE_NAME, BUNDLE_NAME, "model", "application/zip"),
    ]


def _signature(prepared: PreparedSeries) -> dict[str, Any]:
    return {
        "input": {
            "shape": [prepared.length, len(prepared.feature_names)],
            "dtype": "float32",
            "features": list(prepared.feature_names),
        },
        "output": {
            "shape": [1],
            "dtype": "float32",
            "target": prepared.series.target_name,
            "unit": prepared.series.unit,
            "horizon": prepared.horizon,
        },
    }
