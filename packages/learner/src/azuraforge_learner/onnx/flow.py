"""Who reads what in a graph, and where paths that parted meet again."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence

from azuraforge_learner.onnx.program import Node, Program
from azuraforge_learner.onnx.simplification import simplify


class Flow:
    """A simplified graph: `weights` by name, and the nodes that reach the output, in an order in which they run."""

    def __init__(self, program: Program) -> None:
        self.weights = dict(program.weights)
        self.output = program.output.name
        self.nodes = simplify(program.nodes, self.weights, output=self.output)
        self.readers: dict[str, list[Node]] = defaultdict(list)
        self.makers: dict[str, Node] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                self.readers[name].append(node)
            self.makers.update((name, node) for name in node.outputs if name)
        self._joins = _Joins(self)

    def is_used(self, *names: str) -> bool:
        """Whether anyone reads one of these."""
        return any(name and (name == self.output or self.readers.get(name)) for name in names)

    def find_only_reader(self, name: str) -> Node | None:
        """The one node that reads a value, None if there are more, or if it is an answer itself."""
        readers = self.readers.get(name, [])
        return readers[0] if len(readers) == 1 and name != self.output else None

    def find_meeting(self, heads: Sequence[Node]) -> Node | None:
        """The first node that every path from these nodes to the output leads through; it may be one of them."""
        return self._joins.of_nodes(heads)

    def list_upstream(self, name: str) -> set[str]:
        """Names of all nodes' first outputs on the paths that lead to a value."""
        found: set[str] = set()
        left = [name]
        while left:
            maker = self.makers.get(left.pop())
            if maker is not None and maker.outputs[0] not in found:
                found.add(maker.outputs[0])
                left.extend(maker.inputs)
        return found

    def list_joins(self, name: str, *, limit: int) -> list[Node]:
        """The first nodes, `limit` at most, that every path from a value to the output leads through."""
        return self._joins.of_value(name, limit=limit)


class _Joins:
    """For each node the first one that every path from it to the output leads through (its post-dominator)."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._place = {id(node): i for i, node in enumerate(flow.nodes)}
        self._end = len(flow.nodes)
        self._next = [self._end] * len(flow.nodes)
        for i in range(len(flow.nodes) - 1, -1, -1):
            self._next[i] = self._meet([self._after(name) for name in flow.nodes[i].outputs if name])

    def of_value(self, name: str, *, limit: int) -> list[Node]:
        place = self._after(name)
        found: list[Node] = []
        while place is not None and place != self._end and len(found) < limit:
            found.append(self._flow.nodes[place])
            place = self._next[place]
        return found

    def _after(self, name: str) -> int | None:
        places: list[int | None] = [self._place[id(node)] for node in self._flow.readers.get(name, [])]
        if name == self._flow.output:
            places.append(self._end)
        return self._meet(places) if places else None

    def of_nodes(self, heads: Sequence[Node]) -> Node | None:
        place = self._meet([self._place[id(node)] for node in heads])
        return None if place == self._end else self._flow.nodes[place]

    def _meet(self, places: Sequence[int | None]) -> int:
        waiting = sorted({place for place in places if place is not None}) or [self._end]
        while True:  # the earliest moves on until it is the only one: what it leads to comes later
            earliest = heapq.heappop(waiting)
            while waiting and waiting[0] == earliest:
                heapq.heappop(waiting)
            if not waiting:
                return earliest
            heapq.heappush(waiting, self._next[earliest])
