"""A proof in sentences: reproduced bit for bit, or where two trainings part and what was not the same."""

from __future__ import annotations

from collections.abc import Iterator

from azuraforge.locales import Texts
from azuraforge_contracts import Difference, ProofRead, ProofVerdict


def say_proof(proof: ProofRead, *, texts: Texts) -> Iterator[str]:
    """The verdict, then what the two were trained with that is not the same."""
    match proof.verdict:
        case ProofVerdict.REPRODUCED:
            yield texts("proof_reproduced", epochs=proof.epochs_compared, layers=proof.layers_compared)
        case ProofVerdict.PENDING:
            yield texts("proof_pending", epochs=proof.epochs_compared)
        case ProofVerdict.INCOMPARABLE:
            states = {"state": texts(f"state_{proof.state}"), "other_state": texts(f"state_{proof.other_state}")}
            yield texts("proof_incomparable", task_id=proof.task_id, other=proof.other, **states)
        case ProofVerdict.DIFFERS:
            yield _say_difference(proof.difference or Difference(), texts=texts)
            yield from _say_provenance(proof, texts=texts)


def _say_difference(found: Difference, *, texts: Texts) -> str:
    values = {"expected": found.expected, "found": found.found}
    if found.epoch is None:
        return texts("proof_differs_final")
    if found.layer is not None:
        return texts("proof_differs_layer", epoch=found.epoch, layer=found.layer, **values)
    if found.metric is not None:
        return texts("proof_differs_metric", epoch=found.epoch, metric=found.metric, **values)
    return texts("proof_differs_length", epoch=found.epoch, **values)


def _say_provenance(proof: ProofRead, *, texts: Texts) -> Iterator[str]:
    if not proof.provenance:
        yield texts("proof_provenance_none")
    for one in proof.provenance:
        yield texts("proof_provenance", name=one.name, expected=one.expected, found=one.found)
