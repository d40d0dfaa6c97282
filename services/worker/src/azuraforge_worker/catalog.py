"""`python -m azuraforge_worker.catalog`: a throw-away child that imports the apps and describes what they offer.

It writes JSON lines to `--out`: `{"loading": name}` before an app is imported, then `{"manifest": …}` or
`{"broken": …}`, and `{"device": …}` at the end. An app that ends or hangs the process is known by its `loading` line;
the worker then starts another child with `--skip name`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from azuraforge_contracts import BrokenApp, Localized, PipelineManifest
from azuraforge_core.device import choose_device
from azuraforge_core.errors import CoreError
from azuraforge_learner.pipelines.base import Pipeline
from azuraforge_worker.discovery import app_of, list_entry_points, load_pipeline
from azuraforge_worker.errors import PipelineBroken
from azuraforge_worker.walls import SHARED_MEMORY, raise_walls

SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def describe_app(point: EntryPoint) -> PipelineManifest | BrokenApp:
    """The manifest of the pipeline behind `point`, or why there is none."""
    try:
        return describe_pipeline(load_pipeline(point), app=app_of(point))
    except PipelineBroken as error:
        return _broken(point, str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an app's own words about itself may raise anything
        return _broken(point, f"{point.value} cannot be described: {type(error).__name__}: {error}")


def describe_pipeline(pipeline: type[Pipeline], *, app: str) -> PipelineManifest:
    """What a pipeline offers. Its sample must be a valid config.

    Raises:
        ValidationError: a text, the schema or the sample is not what it must be.
    """
    pipeline.Config.model_validate(pipeline.sample)
    return PipelineManifest(
        name=pipeline.name,
        version=pipeline.version,
        app=app,
        title=Localized.model_validate(pipeline.title),
        description=Localized.model_validate(pipeline.description),
        task=pipeline.task,
        config_schema={"$schema": SCHEMA_DIALECT, **pipeline.Config.model_json_schema()},
        defaults=_defaults(pipeline.Config),
        sample=dict(pipeline.sample),
    )


def _defaults(config: type[BaseModel]) -> dict[str, Any]:
    """The config that leaves everything at its default; empty where a field has none."""
    try:
        return config().model_dump(mode="json")
    except ValidationError:
        return {}


def _broken(point: EntryPoint, error: str) -> BrokenApp:
    hint = f"Update or remove the app {app_of(point)!r}, then restart the worker."
    return BrokenApp(entry_point=point.name, error=error[:2000], hint=hint)


def main(arguments: Sequence[str]) -> int:
    """Describe every installed pipeline."""
    parser = argparse.ArgumentParser(prog="azuraforge_worker.catalog")
    parser.add_argument("--out", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--skip", action="append", default=[])
    options = parser.parse_args(arguments)
    os.environ["TMPDIR"] = SHARED_MEMORY
    raise_walls(os.environ, parent=options.parent, writable=[])
    with os.fdopen(options.out, "w", encoding="utf-8") as out:

        def say(kind: str, value: object) -> None:
            out.write(json.dumps({kind: value}, allow_nan=False) + "\n")
            out.flush()

        for point in list_entry_points():
            if point.name in options.skip:
                continue
            say("loading", point.name)
            found = describe_app(point)
            kind = "manifest" if isinstance(found, PipelineManifest) else "broken"
            say(kind, found.model_dump(mode="json"))
        try:
            choice = choose_device(os.environ)
            say("device", {"device": choice.device.value, "reason": choice.reason})
        except CoreError as error:
            say("device", {"device": os.environ.get("AZURAFORGE_DEVICE", ""), "reason": str(error)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
