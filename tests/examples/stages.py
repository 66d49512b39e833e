"""Recoveries of somebody with one account or two, as pages find them at each stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pretend_portal import NOW, PERSON, PROOF, SUBJECT, a_recovery

from keyback.core.contracts.people import Account, AccountKey, AccountState
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.recovery.policy import Purpose
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.writing.write import STILL_LOCKED

CLOUD = Account(AccountKey("cloud", "8"), "maya.okafor@alderwick.example", "Maya Okafor")
TWO = replace(SUBJECT, person=replace(PERSON, accounts=(*PERSON.accounts, CLOUD)))
RENEWING = a_recovery(stage=Stage.RENEWING, found=True, subject=SUBJECT, proofs=(PROOF,))
UNLOCK_ENDS = ("not-locked", "by-hand", "reset-instead")
LOCKED_OUT = AccountState(locked=True, locked_since=NOW - timedelta(minutes=12))
LOCKED_SUBJECT = replace(SUBJECT, person=replace(PERSON, accounts=(replace(PERSON.accounts[0], state=LOCKED_OUT),)))


def outcomes(*kinds: OutcomeKind) -> tuple[Outcome, ...]:
    keys = (PERSON.accounts[0].key, CLOUD.key)
    return tuple(Outcome(key, kind) for key, kind in zip(keys, kinds, strict=False))


def at(stage: Stage, *kinds: OutcomeKind) -> Recovery:
    """A recovery of somebody with as many accounts as there are outcomes."""
    return replace(RENEWING, stage=stage, subject=TWO if len(kinds) > 1 else SUBJECT, outcomes=outcomes(*kinds))


def closed(why: str) -> Recovery:
    purpose = Purpose.UNLOCK if why in UNLOCK_ENDS else Purpose.RESET
    return a_recovery(stage=Stage.CLOSED, closed_because=why, purpose=purpose)


def unlocking(stage: Stage, *kinds: OutcomeKind) -> Recovery:
    """Somebody who came to unlock."""
    return replace(at(stage, *kinds), purpose=Purpose.UNLOCK)


def still_locked() -> Recovery:
    """A new password is set, and the policy lets the lock outlive it."""
    done = at(Stage.DONE, OutcomeKind.SET)
    return replace(done, outcomes=tuple(replace(outcome, reasons=(STILL_LOCKED,)) for outcome in done.outcomes))
