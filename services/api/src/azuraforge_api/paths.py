"""Values in addresses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from azuraforge_api.errors import NotFound
from azuraforge_contracts import is_id


def _task_id(task_id: Annotated[str, Path(description="The experiment's id.")]) -> str:
    if not is_id(task_id):
        raise NotFound("experiment", hint="The list of experiments has the ids of those that exist.")
    return task_id


TaskId = Annotated[str, Depends(_task_id)]
"""An id in canonical form; anything else is answered as not found."""
