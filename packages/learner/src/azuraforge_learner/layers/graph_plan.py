"""How a network runs: rows of layers that are computed together, each begun by what more than one reads or joins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from azuraforge_core import Tensor
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.activations import ReLU
from azuraforge_learner.layers.batch_norm import BatchNorm
from azuraforge_learner.layers.blocks import Add, Branches
from azuraforge_learner.layers.graph_document import JOINS
from azuraforge_learner.layers.graph_network import Leaf, Wiring
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.sequential import run_layers


@dataclass(frozen=True)
class Row:
    """Values `reads`, joined if there are several, through `layers` in a row, become the value `makes`.

    With `added` the first of two values still lacks this BatchNorm, which adds the second one in the same op. A value
    that is in `last_read` is needed by no later row.
    """

    path: str
    reads: tuple[int, ...]
    layers: tuple[Layer, ...]
    makes: int
    join: type[Branches] | None = None
    added: BatchNorm | None = None
    last_read: tuple[int, ...] = ()

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """What becomes of the values that it reads."""
        if self.join is None:
            return run_layers(values[0], self.layers)
        try:
            self.join.join_shapes([value.shape for value in values])
        except LayerInvalid as error:
            raise LayerInvalid(f"{self.path}: {error}") from error
        if self.added is None:
            return run_layers(self.join.join(values), self.layers)
        is_rectified = bool(self.layers) and type(self.layers[0]) is ReLU
        x = self.added.forward_added(*values, is_rectified=is_rectified)
        return run_layers(x, self.layers[is_rectified:])


@dataclass(frozen=True)
class Plan:
    """The rows in the order of execution; `values` is how many values there are, the inputs first."""

    rows: tuple[Row, ...]
    inputs: int
    values: int
    answers: tuple[int, ...]

    def run(self, given: Sequence[Tensor]) -> list[Tensor]:
        """The answers; a value is let go as soon as nothing reads it any more."""
        values: list[Tensor | None] = [*given, *([None] * (self.values - self.inputs))]
        for row in self.rows:
            read = [_need(values[i]) for i in row.reads]
            for i in row.last_read:
                values[i] = None
            values[row.makes] = row.run(read)
        return [_need(values[i]) for i in self.answers]


def make_plan(wiring: Wiring, layers: Mapping[str, Layer]) -> Plan:
    """Leaves in a row where each is the only reader of the one before; what is between them has no other use."""
    inputs = len(wiring.inputs)
    readers = Counter(i for leaf in wiring.leaves for i in leaf.reads)
    readers.update(wiring.answers)
    rows: list[Row] = []
    row_of: dict[int, int] = {}
    for makes, leaf in enumerate(wiring.leaves, start=inputs):
        source, own = leaf.reads[0], layers.get(leaf.path)
        if own is not None and source in row_of and readers[source] == 1:
            place = row_of.pop(source)
            rows[place] = replace(rows[place], layers=(*rows[place].layers, own), makes=makes)
        else:
            place = len(rows)
            row = Row(leaf.path, leaf.reads, () if own is None else (own,), makes)
            rows.append(row if own is not None else _join(row, leaf, rows, row_of, readers=readers))
        row_of[makes] = place
    return Plan(_with_last_reads(rows, wiring.answers), inputs, inputs + len(wiring.leaves), wiring.answers)


def _join(row: Row, leaf: Leaf, rows: list[Row], row_of: Mapping[int, int], *, readers: Mapping[int, int]) -> Row:
    """A row that begins with a join; a BatchNorm before a sum of two goes into it, as in `Residual`."""
    row = replace(row, join=JOINS[leaf.node.content["type"]])
    if row.join is not Add or len(row.reads) != 2:
        return row
    for normed, other in (row.reads[::-1], row.reads):
        place = row_of.get(normed)
        last = rows[place].layers[-1] if place is not None and rows[place].layers else None
        if place is not None and type(last) is BatchNorm and readers[normed] == 1:
            rows[place] = replace(rows[place], layers=rows[place].layers[:-1])
            return replace(row, reads=(normed, other), added=last)
    return row


def _with_last_reads(rows: Sequence[Row], answers: Sequence[int]) -> tuple[Row, ...]:
    kept = set(answers)
    done: list[Row] = []
    for row in reversed(rows):
        done.append(replace(row, last_read=tuple(sorted(set(row.reads) - kept))))
        kept.update(row.reads)
    return tuple(reversed(done))


def _need(value: Tensor | None) -> Tensor:
    if value is None:
        raise LayerInvalid("a value is read before it is made")  # the order of execution does not let this happen
    return value
