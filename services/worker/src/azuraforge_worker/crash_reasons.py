"""How a trainer that ended without a last word is spoken of."""

from __future__ import annotations

from azuraforge_contracts import ReasonCode
from azuraforge_ledger import Reason

NO_REASON = Reason("")
SUPERVISOR_FAILED = Reason("the supervisor failed; its log has the details", ReasonCode.SUPERVISOR_FAILED)
WORKER_STOPS = Reason("the worker stops", ReasonCode.WORKER_STOPS)


def explain_crash(status: int | None, *, has_stopped: bool) -> Reason:
    """The reason behind an exit `status` (negative: a signal; None: it had to be killed after its last word)."""
    if has_stopped:
        return Reason("the trainer stopped without an order", ReasonCode.TRAINER_STOPPED)
    if status is None:
        return Reason("the trainer fell silent and did not leave", ReasonCode.TRAINER_SILENT)
    if status == -9:
        text = "the trainer was killed (SIGKILL): by hand, or because the machine ran out of memory"
        return Reason(text, ReasonCode.TRAINER_KILLED)
    if status < 0:
        text = f"the trainer was ended by signal {-status}"
        return Reason(text, ReasonCode.TRAINER_SIGNALLED, {"signal": -status})
    text = f"the trainer ended with status {status} and without a last word"
    return Reason(text, ReasonCode.TRAINER_EXITED, {"status": status})
