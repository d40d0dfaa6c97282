"""What an experiment ran with, kept on its row: of its newest attempt, and what was not the same in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, update

from azuraforge_contracts import Provenance
from azuraforge_ledger.tables import experiment

_OUTCOMES: Final = frozenset({"weights_hash", "changed"})
"""What came out, as opposed to what went in."""


def merge(earlier: Provenance | None, new: Provenance) -> Provenance:
    """`new`, with what it does not know taken from `earlier`, and the names of what is not the same."""
    if earlier is None:
        return new
    data_hash = new.data_hash or earlier.data_hash
    completed = new.model_copy(update={"data_hash": data_hash})
    changed = {name for name, _, _ in list_differences(earlier, completed)} | set(earlier.changed)
    if not earlier.data_hash:  # it was only not known yet
        changed -= {"data_hash"}
    return completed.model_copy(update={"changed": sorted(changed)})


def list_differences(one: Provenance, other: Provenance) -> list[tuple[str, Any, Any]]:
    """Name and both values of every fact in which the two differ, by name."""
    ones, others = dict(_flatten(one.model_dump(mode="json"))), dict(_flatten(other.model_dump(mode="json")))
    names = sorted(ones.keys() | others.keys())
    return [(name, ones.get(name), others.get(name)) for name in names if ones.get(name) != others.get(name)]


def read(row: Row[Any]) -> Provenance | None:
    """What is stored with an experiment."""
    return None if row.provenance is None else Provenance.model_validate(row.provenance)


def store(connection: Connection, row: Row[Any], new: Provenance) -> None:
    """Note what this attempt of a locked experiment runs with."""
    _write(connection, row, merge(read(row), new))


def add(connection: Connection, row: Row[Any], facts: Mapping[str, str]) -> None:
    """Note what became known later: `data_hash`, `weights_hash`."""
    known = read(row) or Provenance()
    added = known.model_copy(update=dict(facts))
    _write(connection, row, merge(known, added))


def _write(connection: Connection, row: Row[Any], value: Provenance) -> None:
    content = value.model_dump(mode="json")
    connection.execute(update(experiment).where(experiment.c.id == row.id).values(provenance=content))


def _flatten(value: Mapping[str, Any], *, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield from _flatten(item, prefix=f"{prefix}{name}.")
        elif name not in _OUTCOMES:
            yield f"{prefix}{name}", item
