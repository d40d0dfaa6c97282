"""Edges of one body: from a port to a port, each port of a reader fed once, and no way round in a circle."""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers.graph_document import MAX_PORTS, quoted
from azuraforge_learner.layers.spec import Ports

End = tuple[str, int]
"""A node or an input of the body, and the place of the port among what it answers."""

_END: Final = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_-]{0,63})(?:\.([A-Za-z0-9_][A-Za-z0-9_-]{0,63}))?")
_ONE: Final = ("",)
"""The nameless port of a body's own input or output."""
_MAX_EDGES: Final = MAX_PORTS * 1024


@dataclass(frozen=True)
class Places:
    """What edges may lead from and to: the body's inputs and outputs, and its nodes in the order of the document."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: Mapping[str, Ports]


def read_edges(edges: object, places: Places, *, where: str) -> dict[str, tuple[End, ...]]:
    """For every node and output what it reads, port by port.

    Raises:
        GraphInvalid: an edge that is none, leads nowhere or to a port that is fed already; or a port without an edge.
    """
    if not isinstance(edges, list) or len(edges) > _MAX_EDGES:
        raise GraphInvalid(f"there must be a list of at most {_MAX_EDGES:,} edges", where=where)
    fed: dict[str, dict[int, End]] = defaultdict(dict)
    for i, edge in enumerate(edges):
        place = f"{where}/{i}"
        if not isinstance(edge, list) or len(edge) != 2:
            raise GraphInvalid("an edge is a list of two: where it begins and where it ends", where=place)
        begin, end = _read_begin(edge[0], places, where=place), _read_end(edge[1], places, where=place)
        if end[1] in fed[end[0]]:
            raise GraphInvalid(f"a second edge to {quoted(edge[1])}; each port reads one value", where=place)
        if end[0] in places.outputs and begin[0] in places.inputs:
            raise GraphInvalid(f"the output {end[0]!r} must come from a node, not from an input", where=place)
        fed[end[0]][end[1]] = begin
    reads = {name: _all_fed(name, fed[name], ports, where=where) for name, ports in places.nodes.items()}
    reads |= {name: _all_fed(name, fed[name], Ports(inputs=_ONE), where=where) for name in places.outputs}
    _expect_all_read(reads, places, where=where)
    return reads


def order_nodes(names: Sequence[str], reads: Mapping[str, Sequence[End]], *, where: str) -> tuple[str, ...]:
    """The order of execution: each node after what it reads, otherwise as the document lists them.

    Raises:
        GraphInvalid: names the nodes of a circle.
    """
    place = {name: i for i, name in enumerate(names)}
    needs = {name: {source for source, _ in reads[name] if source in place} for name in names}
    readers: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for source in needs[name]:
            readers[source].append(name)
    waits = {name: len(sources) for name, sources in needs.items()}
    ready = [place[name] for name in names if not waits[name]]
    order: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for reader in readers[name]:
            waits[reader] -= 1
            if not waits[reader]:
                heapq.heappush(ready, place[reader])
    if len(order) < len(names):
        raise GraphInvalid(f"edges lead in a circle: {_circle(names, needs, set(order))}", where=where)
    return tuple(order)


def _circle(names: Sequence[str], needs: Mapping[str, set[str]], done: set[str]) -> str:
    name = next(name for name in names if name not in done)
    trail: list[str] = []
    while name not in trail:
        trail.append(name)
        name = min(needs[name] - done)
    circle = [name, *trail[: trail.index(name) : -1], name]
    return " → ".join([*circle[:8], "…", name] if len(circle) > 9 else circle)


def _read_begin(end: object, places: Places, *, where: str) -> End:
    name, port = _split(end, where=where)
    if name in places.inputs:
        return name, _place(name, port, _ONE, where=where)
    if name in places.outputs:
        raise GraphInvalid(f"it begins at {name!r}, which is an output", where=where)
    if name not in places.nodes:
        raise GraphInvalid(f"it begins at {name!r}, which is neither a node nor an input", where=where)
    return name, _place(name, port, places.nodes[name].outputs, where=where)


def _read_end(end: object, places: Places, *, where: str) -> End:
    name, port = _split(end, where=where)
    if name in places.outputs:
        return name, _place(name, port, _ONE, where=where)
    if name in places.inputs:
        raise GraphInvalid(f"it ends at {name!r}, which is an input", where=where)
    if name not in places.nodes:
        raise GraphInvalid(f"it ends at {name!r}, which is neither a node nor an output", where=where)
    ports = places.nodes[name]
    if not ports.is_row:
        return name, _place(name, port, ports.inputs, where=where)
    if port is None or not port.isdigit() or port != str(int(port)) or int(port) >= MAX_PORTS:
        raise GraphInvalid(f"{name!r} joins several values: write {name}.0, {name}.1 and so on", where=where)
    return name, int(port)


def _split(end: object, *, where: str) -> tuple[str, str | None]:
    match = _END.fullmatch(end) if isinstance(end, str) else None
    if match is None:
        raise GraphInvalid("an edge leads from a name to a name; name.port where there are several ports", where=where)
    return match[1], match[2]


def _place(name: str, port: str | None, ports: tuple[str, ...], *, where: str) -> int:
    if port is None and len(ports) == 1:
        return 0
    if port is None:
        known = ", ".join(f"{name}.{each}" for each in ports)
        raise GraphInvalid(f"{name!r} has several ports: write one of {known}", where=where)
    if port not in ports:
        known = f"it has {', '.join(ports)}" if ports != _ONE else "it has only one, without a name"
        raise GraphInvalid(f"{name!r} has no port {port!r}; {known}", where=where)
    return ports.index(port)


def _all_fed(name: str, fed: Mapping[int, End], ports: Ports, *, where: str) -> tuple[End, ...]:
    count = max(2, len(fed)) if ports.is_row else len(ports.inputs)
    missing = [place for place in range(count) if place not in fed]
    if missing:
        port = str(missing[0]) if ports.is_row else ports.inputs[missing[0]]
        raise GraphInvalid(f"no edge leads to {name}{f'.{port}' if port else ''}", where=where)
    return tuple(fed[place] for place in range(count))


def _expect_all_read(reads: Mapping[str, Sequence[End]], places: Places, *, where: str) -> None:
    read = {end for ends in reads.values() for end in ends}
    for name in places.inputs:
        if (name, 0) not in read:
            raise GraphInvalid(f"nothing reads the input {name!r}", where=where)
    for name, ports in places.nodes.items():
        for i, port in enumerate(ports.outputs):
            if (name, i) not in read:
                known = f"{name}.{port}" if len(ports.outputs) > 1 else name
                raise GraphInvalid(f"nothing reads what {known!r} answers", where=where)
