"""What a method says of an answer, and what a passed one uses up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..contracts.errors import OutOfTurn
from ..contracts.events import MethodRunningOut
from ..contracts.method import Challenge, Method, Offer, Verdict
from ..contracts.people import Enrolment
from ..contracts.plugin import Context
from ..db.session import Transaction
from .records import Records

# Told when so many uses are left: early enough to print new ones, late enough to be believed.
FEW = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """Which offer an answer proved, if any, and the enrolments as they were when it was judged."""

    offer: Offer | None = None
    verdict: Verdict = Verdict(False)
    enrolled: Mapping[str, Enrolment] = field(default_factory=dict)


def judge(
    method: Method,
    offers: Sequence[Offer],
    enrolments: Sequence[Enrolment],
    challenge: Challenge,
    answer: Mapping[str, str],
    *,
    context: Context,
) -> Judged:
    """The first of these offers that it proves."""
    missed = Verdict(False)
    for offer in offers:
        verdict = method.judge(offer, challenge, answer, context)
        # Only the exact type and the exact True count: a plugin's truthy junk proves nothing (O2).
        if type(verdict) is Verdict and verdict.passed is True:
            return Judged(offer, verdict, {enrolment.id: enrolment for enrolment in enrolments})
        if type(verdict) is Verdict:
            missed = verdict
    return Judged(verdict=missed)


def spend(
    tx: Transaction, records: Records, person_id: str, method: Method, judged: Judged, *, now: datetime
) -> MethodRunningOut | None:
    """A used code or a raised counter is kept in the same commit; whoever comes second proves nothing.

    Says so when few uses are left, or none. Raises OutOfTurn.
    """
    if judged.verdict.enrolment is None:
        return None
    enrolment_id, data = judged.verdict.enrolment
    seen = judged.enrolled.get(enrolment_id)
    if seen is None or not records.enrolments.update(tx, person_id, enrolment_id, data, at=now, expect=seen.data):
        raise OutOfTurn("this was used before")
    left = method.uses_left(data)
    return MethodRunningOut(method.key, left) if left in {0, FEW} else None
