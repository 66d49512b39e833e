"""The history checker finds each kind of lie: one good history is forged in one place at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from servers.history import HEALED, History, Recorded, Told, violations

OLD, NEW, OTHER = "the old one", "the promised one", "another one"
FIRST = Recorded("proof.given", {"method": "email", "enough": False})
SECOND = Recorded("proof.given", {"method": "sms", "enough": True})
INTENT, SET = Recorded("password.intended"), Recorded("password.set")
UNKNOWN, NOT_SET = Recorded("password.unknown"), Recorded("password.not-set")
PROOFS = (("email", "challenge-1"), ("sms", "challenge-2"))
HEARD = Counter({"proof.given": 1, "password.set": 1})

# Somebody lost an answer, was told that it is set, and it is.
GOOD = History(
    name="jo",
    told=(Told(1.0, "r1", "choosing"), Told(2.0, "r1", "unsettled", NEW), Told(3.0, "r1", "done", NEW)),
    spent=(("r1", "11111111"), ("r1", "22222222")),
    opens=frozenset({NEW}),
    old=OLD,
    writes=1,
    events={"r1": (FIRST, SECOND, INTENT, UNKNOWN, SET)},
    ledger={"r1": PROOFS},
    arrived={"mail": HEARD, "text": HEARD},
    faults=(2.5,),
)


def forged(**changes: Any) -> list[str]:
    """What the checker says of the good history with these things changed."""
    return violations(replace(GOOD, **changes))


def told_of(*events: Recorded) -> dict[str, Any]:
    return {"events": {"r1": events}}


def test_a_history_in_which_everything_fits_is_true() -> None:
    assert violations(GOOD) == []


def test_somebody_who_gave_up_before_the_end_was_told_no_lie() -> None:
    assert violations(History(name="jo", told=(Told(1.0, "r1", "choosing"),), opens=frozenset({OLD}), old=OLD)) == []


def test_a_write_that_was_not_done_and_then_done_is_true() -> None:
    assert forged(**told_of(FIRST, SECOND, INTENT, UNKNOWN, NOT_SET, INTENT, SET)) == []


def test_after_a_kill_a_notice_may_come_twice() -> None:
    assert forged(arrived={"mail": HEARD + Counter({"password.set": 1})}) == []


FORGERIES = {
    "a promised password that does not open": ({"opens": frozenset()}, "it does not open"),
    "the old password still opens": ({"opens": frozenset({NEW, OLD})}, "another password opens"),
    "another one opens": ({"opens": frozenset({OTHER})}, "another password opens"),
    "nothing promised, and locked out": ({"told": ()}, "is locked out"),
    "a promise that the log does not know": (
        {"told": (*GOOD.told, Told(4.0, "r2", "done", NEW))},
        "told that it is set by r2, which knows of no such thing",
    ),
    "two writes for one": ({"writes": 2}, "the directory saw 2 writes, the log 1"),
    "a write that never came": ({"writes": 0}, "the log has 1 writes, the directory saw 0"),
    "set twice": (told_of(FIRST, SECOND, INTENT, SET, INTENT, SET), "r1 set it 2 times"),
    "an outcome without an intent": (told_of(FIRST, SECOND, SET), "an outcome without an intent"),
    "an intent after its outcome": (told_of(FIRST, SECOND, SET, INTENT), "an outcome without an intent"),
    "an intent without an outcome": (told_of(FIRST, SECOND, INTENT, SET, INTENT), "an intent without an outcome"),
    "a lost answer that was never settled": (told_of(FIRST, SECOND, INTENT, UNKNOWN), "an intent without an outcome"),
    "a code taken twice": ({"spent": (("r1", "11111111"), ("r2", "11111111"))}, "a code was taken 2 times"),
    "a code without a proof": ({"spent": (*GOOD.spent, ("r1", "33333333"))}, "took a code and has no proof of it"),
    "a method that proved twice": (
        {"ledger": {"r1": (*PROOFS, ("email", "challenge-3"))}, **told_of(FIRST, FIRST, SECOND, INTENT, SET)},
        "r1 took email 2 times",
    ),
    "a challenge that proved twice": (
        {"ledger": {"r1": PROOFS, "r2": PROOFS[:1]}, "events": {**GOOD.events, "r2": (FIRST,)}},
        "challenge challenge-1 proved 2 times",
    ),
    "a proof without its event": (told_of(FIRST, INTENT, SET), "and tells of {'email': 1}"),
    "an event without its proof": ({"ledger": {"r1": PROOFS[:1]}}, "has the proofs {'email': 1}"),
    "a missing notice": ({"arrived": {"mail": HEARD - Counter(["password.set"])}}, "1 of 1 notices of password.set"),
    "a missing text": ({"arrived": {"mail": HEARD, "text": Counter()}}, "of proof.given by text are missing"),
    "a notice of nothing": (
        {"arrived": {"mail": HEARD}, "faults": (), **told_of(FIRST, SECOND, INTENT, NOT_SET)},
        "1 notices of password.set by mail for 0 events",
    ),
    "a notice too many": (
        {"arrived": {"mail": HEARD + HEARD}, "faults": ()},
        "2 notices of password.set by mail for 1 events",
    ),
    "done too late": ({"told": (Told(3.0 + HEALED, "r1", "done", NEW),)}, "after the fault"),
    "something that never ends": ({"half_done": ("writing r1",)}, "writing r1 is still under way"),
    "a chain with a gap": ({"chain": "row 7 was changed\n"}, "the event log is not whole"),
}


@pytest.mark.parametrize(("changes", "found"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_history_is_found_out(changes: dict[str, Any], found: str) -> None:
    assert any(found in problem for problem in forged(**changes)), forged(**changes)


def test_no_password_and_no_code_is_said() -> None:
    said = "".join(forged(opens=frozenset({OTHER}), spent=(("r1", "11111111"),) * 2)) + repr(GOOD)
    assert not [secret for secret in (OLD, NEW, OTHER, "11111111") if secret in said]
