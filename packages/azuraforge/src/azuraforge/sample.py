"""The sample experiment: a small real training that every pipeline may offer."""

from __future__ import annotations

import time
from collections.abc import Callable

from azuraforge.errors import CommandError
from azuraforge.locales import Texts
from azuraforge_client import Client
from azuraforge_contracts import PipelineManifest

CATALOG_WITHIN_S = 30.0
PAUSE_S = 0.25


def find_sample(
    client: Client, name: str | None = None, *, texts: Texts, sleep: Callable[[float], None] = time.sleep
) -> PipelineManifest:
    """The pipeline `name`, or the first that offers a sample; waits for a worker that has just started.

    Raises:
        CommandError: no pipeline offers one.
    """
    deadline = time.monotonic() + CATALOG_WITHIN_S
    while True:
        catalog = client.pipelines.list()
        for manifest in catalog.pipelines:
            if manifest.sample and name in {None, manifest.name}:
                return manifest
        if catalog.workers or time.monotonic() > deadline:
            raise CommandError(texts("no_sample"), remedy=texts("no_pipelines_remedy"))
        sleep(PAUSE_S)
