from __future__ import annotations

from collections.abc import Mapping

import pytest

from azuraforge_contracts import (
    EpochFinished,
    EventType,
    ExperimentEnded,
    ExperimentState,
    Failure,
    FailureCode,
    Machine,
    ProofVerdict,
    Provenance,
    ReadyReport,
)
from azuraforge_ledger import Ledger
from azuraforge_ledger.testing import play

PROVENANCE = Provenance(seed=7, device="cpu", machine=Machine(cpu="one", cores=2))
WEIGHTS = {"lstm": "00", "linear": "00"}


def train(
    ledger: Ledger,
    *,
    epochs: int = 3,
    losses: Mapping[int, float] | None = None,
    weights: Mapping[int, dict[str, str]] | None = None,
    final: str = "f" * 64,
    provenance: Provenance = PROVENANCE,
    is_ended: bool = True,
) -> str:
    task_id = play.submit(ledger)
    ledger.leases.claim(task_id, worker_id=play.WORKER)
    ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu", provenance=provenance))
    for number in range(1, epochs + 1):
        told = EpochFinished(
            epoch=number,
            epochs=epochs,
            metrics={"loss": (losses or {}).get(number, 1 / number), "mae": None},
            weights=(weights or {}).get(number, WEIGHTS),
        )
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=told)
    ledger.control.note_facts(task_id, attempt=1, facts={"data_hash": "d", "weights_hash": final})
    if is_ended:
        ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
        ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=[], ended=ended)
    return task_id


def test_the_same_training_is_reproduced(ledger: Ledger) -> None:
    proof = ledger.control.compare(train(ledger), train(ledger))
    assert (proof.verdict, proof.difference, proof.provenance) == (ProofVerdict.REPRODUCED, None, [])
    assert (proof.epochs_compared, proof.layers_compared, proof.is_final_compared) == (3, 2, True)


def test_one_changed_weight_is_found_with_its_epoch_and_layer(ledger: Ledger) -> None:
    changed = {number: WEIGHTS | {"linear": "01"} for number in (2, 3)}
    proof = ledger.control.compare(train(ledger), train(ledger, weights=changed, losses={3: 0.4}))
    assert proof.verdict == ProofVerdict.DIFFERS
    assert proof.difference is not None
    assert (proof.difference.epoch, proof.difference.layer) == (2, "linear")
    assert (proof.difference.expected, proof.difference.found) == ("00", "01")


def test_the_last_bit_of_a_metric_counts(ledger: Ledger) -> None:
    proof = ledger.control.compare(train(ledger), train(ledger, losses={2: 0.5 + 2**-53}))
    assert proof.difference is not None
    assert (proof.difference.epoch, proof.difference.metric) == (2, "loss")


def test_other_final_weights_differ_although_every_epoch_is_the_same(ledger: Ledger) -> None:
    proof = ledger.control.compare(train(ledger), train(ledger, final="e" * 64))
    assert proof.verdict == ProofVerdict.DIFFERS
    assert proof.difference is not None
    assert (proof.difference.epoch, proof.difference.layer) == (None, None)


def test_an_end_after_another_epoch_differs(ledger: Ledger) -> None:
    proof = ledger.control.compare(train(ledger), train(ledger, epochs=2))
    assert proof.difference is not None
    assert proof.difference.epoch == 3


def test_what_differs_in_provenance_is_named(ledger: Ledger) -> None:
    other = Provenance(seed=8, device="cpu", machine=Machine(cpu="other", cores=2))
    proof = ledger.control.compare(train(ledger), train(ledger, provenance=other, losses={1: 2.0}))
    assert [(one.name, one.expected, one.found) for one in proof.provenance] == [
        ("machine.cpu", "one", "other"),
        ("seed", 7, 8),
    ]


def test_an_unfinished_one_is_pending_until_it_differs(ledger: Ledger) -> None:
    first = train(ledger)
    assert ledger.control.compare(first, train(ledger, epochs=1, is_ended=False)).verdict == ProofVerdict.PENDING
    early = train(ledger, epochs=1, is_ended=False, losses={1: 9.0})
    assert ledger.control.compare(first, early).verdict == ProofVerdict.DIFFERS


def test_what_failed_cannot_be_compared(ledger: Ledger) -> None:
    failed = train(ledger, epochs=1, is_ended=False)
    failure = Failure(code=FailureCode.DIVERGED, message="It diverged.")
    ledger.experiments.fail(failed, attempt=1, failure=failure)
    assert ledger.control.compare(train(ledger), failed).verdict == ProofVerdict.INCOMPARABLE


def test_a_later_attempt_on_another_machine_is_noted(ledger: Ledger) -> None:
    task_id = train(ledger, is_ended=False)
    ledger.leases.release(task_id, attempt=1, reason="restart")
    ledger.leases.claim(task_id, worker_id="w")
    moved = Provenance(seed=7, device="cpu", machine=Machine(cpu="other", cores=2))
    ledger.leases.begin(task_id, attempt=2, ready=ReadyReport(device="cpu", provenance=moved))
    found = ledger.experiments.get(task_id).provenance
    assert found is not None
    assert (found.machine.cpu, found.data_hash, found.changed) == ("other", "d", ["machine.cpu"])


@pytest.mark.parametrize("which", [0, 1])
def test_epochs_without_recorded_weights_are_compared_by_their_metrics(ledger: Ledger, which: int) -> None:
    nothing: dict[int, dict[str, str]] = {number: {} for number in (1, 2, 3)}
    pair = [train(ledger, weights=nothing) if place == which else train(ledger) for place in range(2)]
    proof = ledger.control.compare(*pair)
    assert (proof.verdict, proof.layers_compared) == (ProofVerdict.REPRODUCED, 0)
