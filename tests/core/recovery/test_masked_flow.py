"""In `masked` the flow takes what was shown, from its moment on, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples.recoveries import NOW, RULES, SUBJECT, a_pick, a_proof, a_recovery, an_offer

from keyback.core.contracts.errors import OutOfTurn
from keyback.core.recovery.flow import step
from keyback.core.recovery.moves import Found, Missed, Picked, Proved
from keyback.core.recovery.policy import Disclosure
from keyback.core.recovery.state import Recovery, Stage, Subject

MASKED = replace(RULES, disclosure=Disclosure.MASKED)
SHOWN = (an_offer("sms"), an_offer("email"))
MOMENT = NOW + MASKED.release


def found(subject: Subject | None = SUBJECT) -> Recovery:
    recovery, _ = step(a_recovery(rules=MASKED), Found(subject, shown=SHOWN), NOW)
    return recovery


def pick(recovery: Recovery, method: str, offer: str, at: datetime = MOMENT) -> Recovery:
    picked, _ = step(recovery, Picked(a_pick(method, offer=offer, at=at), sends=False), at)
    return picked


@pytest.mark.parametrize("subject", [SUBJECT, None])
def test_what_was_shown_may_be_picked(subject: Subject | None) -> None:
    assert pick(found(subject), "sms", "sms-1").stage is Stage.ANSWERING


@pytest.mark.parametrize("subject", [SUBJECT, None])
@pytest.mark.parametrize(
    ("method", "offer"), [("sms", "sms-2"), ("sms", ""), ("saved_codes", "saved_codes-1"), ("email", "sms-1")]
)
def test_what_was_not_shown_may_not_be_picked_even_by_its_owner(
    subject: Subject | None, method: str, offer: str
) -> None:
    with pytest.raises(OutOfTurn):
        pick(found(subject), method, offer)


@pytest.mark.parametrize("subject", [SUBJECT, None])
def test_nothing_may_be_picked_before_its_moment(subject: Subject | None) -> None:
    with pytest.raises(OutOfTurn):
        pick(found(subject), "sms", "sms-1", MOMENT - timedelta(milliseconds=1))


@pytest.mark.parametrize("subject", [SUBJECT, None])
def test_when_all_that_was_shown_is_used_up_it_is_over(subject: Subject | None) -> None:
    recovery = found(subject)
    for method in ("sms", "email"):
        assert recovery.stage is Stage.CHOOSING
        recovery = pick(recovery, method, f"{method}-1")
        for _ in range(MASKED.answers_per_challenge):
            recovery, _ = step(recovery, Missed(), MOMENT)
    assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "no-way-left")


def test_only_the_offer_that_was_picked_is_proven() -> None:
    picked = pick(found(), "sms", "sms-1")
    with pytest.raises(OutOfTurn):
        step(picked, Proved(a_proof("sms"), an_offer("sms", "2")), MOMENT)
    proven, _ = step(picked, Proved(a_proof("sms"), an_offer("sms")), MOMENT)
    # From now on the person's own offers count, those that were not shown too.
    assert pick(proven, "saved_codes", "saved_codes-2").stage is Stage.ANSWERING
