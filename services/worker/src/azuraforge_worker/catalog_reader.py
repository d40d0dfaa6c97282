"""Runs the catalog child as often as it takes: an app that ends or hangs it is listed, the others are offered."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from azuraforge_contracts import BrokenApp, PipelineManifest
from azuraforge_worker.child_process import ChildProcess, ChildSilent

APP_DEADLINE_S: Final = 60.0
MARK: Final = "catalog"


@dataclass
class Findings:
    """What the installed apps offer, and on which device."""

    pipelines: list[PipelineManifest] = field(default_factory=list)
    broken: list[BrokenApp] = field(default_factory=list)
    device: str = ""
    device_reason: str = ""

    def names(self) -> list[str]:
        """Everything that need not be looked at again."""
        return [one.name for one in self.pipelines] + [one.entry_point for one in self.broken]


def read_catalog(*, environ: Mapping[str, str], mark: str, deadline_s: float = APP_DEADLINE_S) -> Findings:
    """Import every app in a throw-away child; `deadline_s` is what one app may take."""
    findings = Findings()
    while True:
        blamed, error = _read_once(findings, environ=environ, mark=mark, deadline_s=deadline_s)
        if blamed is None:
            findings.device_reason = findings.device_reason or error
            return findings
        hint = "Update or remove this app, then restart the worker."
        findings.broken.append(BrokenApp(entry_point=blamed, error=f"its import broke the process: {error}", hint=hint))


def _read_once(
    findings: Findings, *, environ: Mapping[str, str], mark: str, deadline_s: float
) -> tuple[str | None, str]:
    """Fill `findings` from one child; the app that it died of, and how it died."""
    skips = [part for name in findings.names() for part in ("--skip", name)]
    child = ChildProcess("azuraforge_worker.catalog", arguments=skips, environ=environ, mark=f"{mark}/{MARK}")
    loading: str | None = None
    try:
        while not findings.device:
            line: dict[str, Any] = json.loads(child.read_line(deadline=time.monotonic() + deadline_s))
            if "loading" in line:
                loading = line["loading"]
            else:
                loading = None
                _note(findings, line)
    except (ChildSilent, ValueError) as error:
        return loading, str(error)
    finally:
        child.close()
    return None, ""


def _note(findings: Findings, line: Mapping[str, Any]) -> None:
    if "manifest" in line:
        findings.pipelines.append(PipelineManifest.model_validate(line["manifest"]))
    elif "broken" in line:
        findings.broken.append(BrokenApp.model_validate(line["broken"]))
    elif "device" in line:
        findings.device = line["device"]["device"]
        findings.device_reason = line["device"]["reason"]
