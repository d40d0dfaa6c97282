"""`python -m azuraforge_worker.preflight`: a warm child that says whether a config would train, without credentials.

Reads one `PreflightRequest` per line from stdin and writes one `PreflightReply` per line to `--out`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from azuraforge_contracts import FieldProblem, PreflightReply, PreflightRequest
from azuraforge_learner.pipelines.base import ConfigProblem, Pipeline
from azuraforge_worker.discovery import find_pipeline
from azuraforge_worker.errors import PipelineBroken, PipelineMissing
from azuraforge_worker.field_problems import list_problems
from azuraforge_worker.walls import SHARED_MEMORY, raise_walls


class Examiner:
    """Answers preflight questions; every pipeline is imported when it is first asked for."""

    def __init__(self) -> None:
        self._pipelines: dict[str, type[Pipeline]] = {}

    def answer(self, request: PreflightRequest) -> PreflightReply:
        """Whether `request.config` would train, as far as that can be seen without training."""
        try:
            problems = self._examine(request.pipeline, request.config)
        except (PipelineMissing, PipelineBroken) as error:
            return PreflightReply(request_id=request.request_id, status="error", detail=str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an app's preflight may raise anything
            detail = f"the preflight of {request.pipeline} failed: {type(error).__name__}: {error}"
            return PreflightReply(request_id=request.request_id, status="error", detail=detail[:2000])
        status = "refused" if problems else "ok"
        return PreflightReply(request_id=request.request_id, status=status, errors=problems)

    def _examine(self, name: str, config: Mapping[str, Any]) -> list[FieldProblem]:
        if name not in self._pipelines:
            self._pipelines[name] = find_pipeline(name)
        pipeline = self._pipelines[name]
        try:
            valid = pipeline.Config.model_validate(config)
        except ValidationError as error:
            return list_problems(error, value=config)
        return [_field_problem(problem) for problem in pipeline.preflight(valid)]


def _field_problem(problem: ConfigProblem) -> FieldProblem:
    return FieldProblem(
        pointer=problem.pointer, code=problem.code, message=problem.message, params=dict(problem.params)
    )


def main(arguments: Sequence[str]) -> int:
    """Answer until stdin ends."""
    parser = argparse.ArgumentParser(prog="azuraforge_worker.preflight")
    parser.add_argument("--out", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args(arguments)
    os.environ["TMPDIR"] = SHARED_MEMORY
    raise_walls(os.environ, parent=options.parent, writable=[])
    examiner = Examiner()
    with os.fdopen(options.out, "w", encoding="utf-8") as out:
        for line in sys.stdin.buffer:
            out.write(examiner.answer(PreflightRequest.model_validate_json(line)).model_dump_json() + "\n")
            out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
