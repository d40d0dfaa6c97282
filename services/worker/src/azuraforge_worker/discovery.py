"""Finding installed pipelines through the entry point group `azuraforge.pipelines`; used in child processes only."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from azuraforge_contracts.names import GROUP_PIPELINES
from azuraforge_learner.pipelines.base import Pipeline
from azuraforge_worker.errors import PipelineBroken, PipelineMissing


def list_entry_points() -> list[EntryPoint]:
    """One entry point per pipeline name, by name; of two apps that claim a name the first by its own name has it."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP_PIPELINES):
        found.setdefault(point.name, []).append(point)
    # An app's name costs parsing its metadata, which a trainer need not pay for.
    return [min(points, key=app_of) if len(points) > 1 else points[0] for _, points in sorted(found.items())]


def app_of(point: EntryPoint) -> str:
    """Name of the distribution that has the entry point."""
    return point.dist.name if point.dist is not None else ""


def load_pipeline(point: EntryPoint) -> type[Pipeline]:
    """Import the class behind an entry point.

    Raises:
        PipelineBroken: it cannot be imported, is no `Pipeline`, or calls itself otherwise.
    """
    try:
        loaded: object = point.load()
    except (Exception, SystemExit) as error:  # whatever an app does at its import is the app's failure
        raise PipelineBroken(f"{point.value} cannot be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Pipeline)):
        raise PipelineBroken(f"{point.value} is not a subclass of azuraforge_learner.pipelines.Pipeline")
    if loaded.name != point.name:
        raise PipelineBroken(f"{point.value} calls itself {loaded.name!r} and its entry point {point.name!r}")
    return loaded


def find_pipeline(name: str) -> type[Pipeline]:
    """The pipeline of that name; only its own app is imported.

    Raises:
        PipelineMissing: no app offers it.
        PipelineBroken: its app cannot be loaded.
    """
    points = {point.name: point for point in list_entry_points()}
    if name not in points:
        raise PipelineMissing(name, known=sorted(points))
    return load_pipeline(points[name])
