"""The guards of the flow, one by one: what the drawing's words in brackets mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples.recoveries import (
    FIRST,
    JO,
    METHODS,
    NOW,
    POLICY,
    RULES,
    SECOND,
    SOMEBODY_ELSE,
    SUBJECT,
    a_pick,
    a_proof,
    a_recovery,
    an_offer,
    answering,
    outcomes,
    renewing,
    unsettled,
    writing,
)

from keyback.core.contracts.errors import OutOfTurn
from keyback.core.contracts.events import ProofMissed
from keyback.core.contracts.method import Offer
from keyback.core.contracts.people import Account
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.recovery.flow import GRACE, step
from keyback.core.recovery.moves import (
    Cancelled,
    Expired,
    Found,
    Interrupted,
    Missed,
    MoreTime,
    Move,
    PasswordAccepted,
    Picked,
    Proved,
    Settled,
    Superseded,
    Wrote,
)
from keyback.core.recovery.policy import Proof, ProofRules
from keyback.core.recovery.state import Recovery, Sent, Stage


def refused(recovery: Recovery, move: Move, now: datetime = NOW) -> bool:
    try:
        step(recovery, move, now)
    except OutOfTurn:
        return True
    return False


def test_an_answer_before_the_find_is_done_is_not_counted() -> None:
    assert refused(answering(found=False, subject=None), Missed())


def test_nobody_proves_anything() -> None:
    assert refused(answering(subject=None), Proved(a_proof("sms"), an_offer("sms")))


@pytest.mark.parametrize(
    ("proof", "offer"),
    [
        (a_proof("sms", "of another challenge"), an_offer("sms")),
        (a_proof("email"), an_offer("email")),
        (a_proof("voice"), an_offer("sms")),
        (a_proof("sms"), an_offer("voice")),
        (a_proof("sms"), Offer("sms", "somebody-else's", Text("•• 9"))),
    ],
)
def test_a_proof_that_belongs_elsewhere_is_refused(proof: Proof, offer: Offer) -> None:
    assert refused(answering(), Proved(proof, offer))


def test_a_proof_of_another_offer_than_the_one_picked_is_refused() -> None:
    picked = answering(proofs=(a_proof("email", "one"),), pick=a_pick("sms", offer="sms-1"))
    assert refused(picked, Proved(a_proof("sms"), an_offer("sms", "2")))
    assert not refused(picked, Proved(a_proof("sms"), an_offer("sms", "1")))


def test_a_code_that_is_too_old_proves_nothing() -> None:
    asked, old = answering(), NOW + timedelta(minutes=5)
    assert not refused(asked, Proved(a_proof("sms"), an_offer("sms")), old - timedelta(microseconds=1))
    assert refused(asked, Proved(a_proof("sms"), an_offer("sms")), old)


def test_a_used_up_method_is_never_picked_again() -> None:
    used_up = a_recovery(found=True, subject=SUBJECT, used_up=("sms",))
    assert refused(used_up, Picked(a_pick("sms"), True))
    assert not refused(used_up, Picked(a_pick("email"), True))


def test_a_method_that_proved_something_is_not_asked_twice() -> None:
    proven = a_recovery(found=True, subject=SUBJECT, proofs=(a_proof("sms", "one"),))
    assert refused(proven, Picked(a_pick("sms", "two", offer="sms-1"), True))


def test_before_the_first_proof_no_offer_can_be_named() -> None:
    assert refused(a_recovery(found=True, subject=SUBJECT), Picked(a_pick("sms", offer="sms-1"), True))


def test_after_it_only_an_offer_of_the_persons_own_can_be_named() -> None:
    proven = a_recovery(found=True, subject=SUBJECT, proofs=(a_proof("email", "one"),))
    assert not refused(proven, Picked(a_pick("sms", "two", offer="sms-1"), True))
    assert refused(proven, Picked(a_pick("sms", "two", offer="sms-9"), True))
    assert refused(proven, Picked(a_pick("sms", "two"), True))


def test_a_method_the_public_rules_do_not_show_cannot_be_picked_first() -> None:
    shown = a_recovery(rules=replace(RULES, methods=("email",)), found=True, subject=SUBJECT)
    assert refused(shown, Picked(a_pick("sms"), True))


def test_sends_run_out_for_the_whole_recovery() -> None:
    sent = a_recovery(sent=(Sent("email", NOW),) * RULES.sends_per_recovery)
    assert refused(sent, Picked(a_pick("sms"), True))
    assert not refused(sent, Picked(a_pick("saved_codes"), False))


def test_another_code_does_not_make_wrong_answers_undone() -> None:
    recovery = answering()
    for count in range(1, RULES.answers_per_challenge):
        recovery, _ = step(recovery, Missed(), NOW)
        recovery, _ = step(recovery, Picked(a_pick("sms", f"challenge {count}"), True), NOW)
        assert recovery.pick is not None
        assert recovery.pick.tries == count
    recovery, events = step(recovery, Missed(), NOW)
    assert (recovery.stage, recovery.used_up, recovery.pick) == (Stage.CHOOSING, ("sms",), None)
    assert events == (ProofMissed("sms", "wrong", used_up=True),)


def test_the_proofs_are_judged_by_the_policy_of_today_too() -> None:
    stricter = replace(POLICY, proof=ProofRules(optional=frozenset(METHODS), at_least=3))
    assert refused(renewing(), PasswordAccepted(JO.accounts, stricter))


def test_a_weaker_policy_of_today_does_not_help() -> None:
    weaker = replace(POLICY, proof=ProofRules(optional=frozenset(METHODS), at_least=1))
    assert refused(renewing(proofs=(a_proof("sms"),)), PasswordAccepted(JO.accounts, weaker))


@pytest.mark.parametrize(
    "accounts",
    [(), (SOMEBODY_ELSE,), (*JO.accounts, SOMEBODY_ELSE), (JO.accounts[0], JO.accounts[0])],
    ids=["none", "somebody else's", "somebody else's among them", "one of them twice"],
)
def test_only_the_persons_own_accounts_are_written_each_once(accounts: tuple[Account, ...]) -> None:
    assert refused(renewing(), PasswordAccepted(accounts, POLICY))


def test_an_account_that_is_set_is_not_written_again() -> None:
    half = renewing(outcomes=outcomes("set", "refused"))
    assert refused(half, PasswordAccepted(JO.accounts, POLICY))
    assert not refused(half, PasswordAccepted(JO.accounts[1:], POLICY))


@pytest.mark.parametrize(
    "told",
    [
        (),
        outcomes("set"),
        (*outcomes("set", "set"), Outcome(SOMEBODY_ELSE.key, OutcomeKind.SET)),
        (*outcomes("not-set", "set"), Outcome(FIRST, OutcomeKind.SET)),
    ],
    ids=["none", "one missing", "one too many", "one told twice"],
)
def test_every_account_that_was_written_gets_one_outcome(told: tuple[Outcome, ...]) -> None:
    assert refused(writing(), Wrote(told))


def test_only_what_is_unknown_is_settled() -> None:
    assert refused(unsettled(), Settled(outcomes("set", "set")))
    assert refused(unsettled(), Settled((Outcome(FIRST, OutcomeKind.SET),)))
    done, _ = step(unsettled(), Settled((Outcome(SECOND, OutcomeKind.SET),)), NOW)
    assert done.stage is Stage.DONE
    assert set(done.outcomes) == set(outcomes("set", "set"))


def test_an_interrupted_write_is_unknown_and_nothing_else() -> None:
    left, _ = step(writing(), Interrupted(), NOW)
    assert left.outcomes == outcomes("unknown", "unknown")


def test_more_time_is_given_once() -> None:
    later, _ = step(a_recovery(), MoreTime(), NOW)
    assert later.expires_at == NOW + RULES.lifetime + RULES.more_time
    assert refused(later, MoreTime())


def test_nobody_is_expired_who_still_has_time() -> None:
    assert refused(renewing(), Expired(), NOW + RULES.idle - timedelta(microseconds=1))
    assert not refused(renewing(), Expired(), NOW + RULES.idle)


def test_a_person_who_comes_too_late_moves_nothing() -> None:
    late = NOW + RULES.idle
    assert all(refused(a_recovery(), move, late) for move in (Picked(a_pick("sms"), True), MoreTime(), Cancelled()))
    assert refused(renewing(), PasswordAccepted(JO.accounts, POLICY), late)


def test_a_superseded_write_tells_its_truth_and_then_ends() -> None:
    noted, _ = step(writing(), Superseded(), NOW)
    ended, told = step(noted, Wrote(outcomes("set", "not-set")), NOW)
    assert (ended.stage, ended.closed_because) == (Stage.CLOSED, "superseded")
    assert [type(event).__name__ for event in told] == ["PasswordSet", "PasswordNotSet", "RecoveryClosed"]


def test_the_proofs_outlive_a_silent_directory_for_a_while_but_not_for_ever() -> None:
    recovery, now = writing(), NOW + RULES.lifetime - timedelta(minutes=1)
    end = NOW + RULES.lifetime + RULES.more_time + GRACE
    recovery, _ = step(recovery, Wrote(outcomes("not-set", "not-set")), now)
    assert recovery.expires_at == now + GRACE
    while now < recovery.deadline:
        recovery, _ = step(recovery, PasswordAccepted(JO.accounts, POLICY), now)
        now += timedelta(minutes=1)
        recovery, _ = step(recovery, Wrote(outcomes("refused", "refused")), now)
    assert recovery.expires_at == end == now


def test_only_the_persons_own_moves_are_turns() -> None:
    turned, _ = step(a_recovery(), Picked(a_pick("sms"), True), NOW)
    found, _ = step(turned, Found(SUBJECT), NOW)
    assert (a_recovery().turn, turned.turn, found.turn) == (1, 2, 2)


def test_a_recovery_without_a_proof_that_is_superseded_stays_as_it_was_and_proves_nothing() -> None:
    noted, events = step(answering(), Superseded(), NOW)
    assert (noted.stage, noted.pick, noted.turn, events) == (Stage.ANSWERING, a_pick("sms"), 1, ())
    assert refused(noted, Proved(a_proof("sms"), an_offer("sms")))
    assert refused(noted, Found(SUBJECT))
    assert not refused(noted, Missed())


def test_a_recovery_with_a_proof_that_is_superseded_is_closed() -> None:
    closed, _ = step(renewing(), Superseded(), NOW)
    assert (closed.stage, closed.closed_because) == (Stage.CLOSED, "superseded")
