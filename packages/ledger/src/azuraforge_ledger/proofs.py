"""Two trainings laid beside each other: the same bit for bit, or where they part.

Compared is what both recorded: each epoch's metrics, each layer's weights after it, the final weights. Numbers are
compared as they were stored, so the last bit counts.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, select

from azuraforge_contracts import (
    TERMINAL_STATES,
    Difference,
    ExperimentState,
    ProofRead,
    ProofVerdict,
    Provenance,
    ProvenanceDifference,
)
from azuraforge_ledger import provenance
from azuraforge_ledger.forks import first_epoch
from azuraforge_ledger.tables import event

_PAGE: Final = 1000


class _Comparison:
    """The epochs of two experiments, side by side, up to the first difference."""

    def __init__(self) -> None:
        self.epochs = 0
        self.layers = 0
        self.difference: Difference | None = None

    def feed(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        """Compare an epoch; whether it is the same."""
        self.epochs += 1
        ones, others = one.get("weights") or {}, other.get("weights") or {}
        if ones and others:
            self.layers = max(self.layers, len(ones))
        self.difference = _find_layer(one["epoch"], ones, others) or _find_metric(one, other)
        return self.difference is None


def compare(connection: Connection, one: Row[Any], other: Row[Any]) -> ProofRead:
    """Compare `other` with `one`, which is taken as what was to be expected."""
    comparison = _Comparison()
    is_aligned = first_epoch(one) == first_epoch(other)
    if is_aligned:
        _compare_epochs(connection, comparison, one.id, other.id)
    known = provenance.read(one) or Provenance(), provenance.read(other) or Provenance()
    is_final = bool(known[0].weights_hash and known[1].weights_hash)
    difference = comparison.difference or _find_end(one, other)
    if difference is None and is_final and known[0].weights_hash != known[1].weights_hash:
        difference = Difference(expected=known[0].weights_hash, found=known[1].weights_hash)
    facts = [] if one.provenance is None or other.provenance is None else provenance.list_differences(*known)
    return ProofRead(
        task_id=one.id,
        other=other.id,
        verdict=_judge(one, other, comparison, difference=difference, is_final=is_final),
        state=one.state,
        other_state=other.state,
        epochs_compared=comparison.epochs,
        layers_compared=comparison.layers,
        is_final_compared=is_final,
        difference=difference,
        provenance=[ProvenanceDifference(name=name, expected=a, found=b) for name, a, b in facts],
    )


def _judge(
    one: Row[Any], other: Row[Any], comparison: _Comparison, *, difference: Difference | None, is_final: bool
) -> ProofVerdict:
    states = {one.state, other.state}
    if difference is not None:
        return ProofVerdict.DIFFERS
    if not states <= TERMINAL_STATES:
        return ProofVerdict.PENDING
    if states != {ExperimentState.SUCCEEDED} or not comparison.epochs or not is_final:
        return ProofVerdict.INCOMPARABLE
    return ProofVerdict.REPRODUCED


def _compare_epochs(connection: Connection, comparison: _Comparison, one: str, other: str) -> None:
    after = 0
    while True:
        ones, others = _read_page(connection, one, after=after), _read_page(connection, other, after=after)
        for a, b in zip(ones, others, strict=False):
            if not comparison.feed(a, b):
                return
        if min(len(ones), len(others)) < _PAGE:
            return
        after = ones[-1]["epoch"]


def _read_page(connection: Connection, task_id: str, *, after: int) -> list[dict[str, Any]]:
    query = select(event.c.data).where(event.c.experiment == task_id, event.c.epoch > after)
    return list(connection.execute(query.order_by(event.c.epoch).limit(_PAGE)).scalars())


def _find_layer(epoch: int, ones: dict[str, str], others: dict[str, str]) -> Difference | None:
    if not ones or not others:
        return None
    for layer in [*ones, *(name for name in others if name not in ones)]:
        if ones.get(layer) != others.get(layer):
            return Difference(epoch=epoch, layer=layer, expected=ones.get(layer), found=others.get(layer))
    return None


def _find_metric(one: dict[str, Any], other: dict[str, Any]) -> Difference | None:
    ones, others = one["metrics"], other["metrics"]
    for name in [*ones, *(name for name in others if name not in ones)]:
        if name not in ones or name not in others or ones[name] != others[name]:
            return Difference(epoch=one["epoch"], metric=name, expected=ones.get(name), found=others.get(name))
    return None


def _find_end(one: Row[Any], other: Row[Any]) -> Difference | None:
    """Two that succeeded after another number of epochs."""
    if one.state == other.state == ExperimentState.SUCCEEDED and one.epoch != other.epoch:
        return Difference(epoch=min(one.epoch, other.epoch) + 1, expected=one.epoch, found=other.epoch)
    return None
