"""Where each move leads a recovery. Read it beside the drawing in README.md; anything not drawn is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from ..contracts import events
from ..contracts.errors import OutOfTurn
from ..contracts.events import Event
from ..contracts.people import AccountKey
from ..contracts.store import Outcome, OutcomeKind
from .moves import (
    Cancelled,
    Expired,
    Found,
    Interrupted,
    Joined,
    Looked,
    Missed,
    MoreTime,
    Move,
    NothingToUnlock,
    Order,
    PasswordAccepted,
    PersonMove,
    Picked,
    Proved,
    Settled,
    Superseded,
    UnlockOrdered,
    WentBack,
    Wrote,
)
from .policy import Disclosure, Purpose, satisfied
from .release import released
from .state import Pick, Recovery, Sent, Stage, Subject

# After a directory failed us the proofs stay good this long, so that nobody proves who they are twice for our fault.
GRACE = timedelta(minutes=10)


Step: TypeAlias = tuple[Recovery, tuple[Event, ...]]


def begin(recovery: Recovery) -> Step:
    """The move `Named`: a name was given and the human check passed."""
    return recovery, (events.RecoveryStarted(recovery.purpose, recovery.entry),)


def step(recovery: Recovery, move: Move, now: datetime) -> Step:
    """Where this move leads. Raises OutOfTurn for anything not drawn."""
    in_time = now < recovery.deadline
    if isinstance(move, PersonMove):
        if not in_time:
            raise OutOfTurn("its time is over")
        recovery = replace(recovery, turn=recovery.turn + 1, moved_at=now)
    match recovery.stage, move:
        case ((Stage.CHOOSING | Stage.ANSWERING), Looked(store, account)) if not recovery.found:
            return replace(recovery, answers=(*recovery.answers, (store, account))), ()
        case ((Stage.CHOOSING | Stage.ANSWERING), Found()) if not recovery.found:
            return _found(recovery, move, now)
        case ((Stage.CHOOSING | Stage.ANSWERING), Joined()) if recovery.subject is not None and not recovery.proofs:
            return _joined(recovery, recovery.subject, move)
        case ((Stage.CHOOSING | Stage.ANSWERING), Picked()) if may_pick(recovery, move):
            return _picked(recovery, move)
        case Stage.ANSWERING, WentBack():
            return replace(recovery, stage=Stage.CHOOSING, pick=None), ()
        case Stage.ANSWERING, Missed() if recovery.found and recovery.pick is not None:
            return _missed(recovery, recovery.pick, move)
        case Stage.ANSWERING, Proved() if recovery.subject is not None and recovery.pick is not None:
            return _proved(recovery, recovery.subject, recovery.pick, move, now)
        case Stage.RENEWING, (PasswordAccepted() | UnlockOrdered()) if recovery.subject is not None:
            return _ordered(recovery, recovery.subject, move)
        case Stage.RENEWING, NothingToUnlock(because) if recovery.purpose is Purpose.UNLOCK:
            return close(recovery, because)
        case (Stage.WRITING, Wrote(outcomes)) | (Stage.UNSETTLED, Settled(outcomes)):
            return _wrote(recovery, outcomes, now)
        case Stage.WRITING, Interrupted():
            return _wrote(recovery, tuple(Outcome(a.key, OutcomeKind.UNKNOWN) for a in recovery.intents), now)
        case ((Stage.CHOOSING | Stage.ANSWERING | Stage.RENEWING), MoreTime()) if not recovery.extended:
            later = recovery.expires_at + recovery.rules.more_time
            return replace(recovery, extended=True, expires_at=later), (events.MoreTimeGiven(),)
        case ((Stage.CHOOSING | Stage.ANSWERING | Stage.RENEWING), Cancelled()):
            return close(recovery, "cancelled")
        case ((Stage.CHOOSING | Stage.ANSWERING | Stage.RENEWING), Expired()) if not in_time:
            return close(recovery, "expired")
        case (stage, Superseded(because)) if stage not in (Stage.DONE, Stage.CLOSED):
            return _superseded(recovery, because)
    raise OutOfTurn(f"{type(move).__name__} while {recovery.stage}")


def _superseded(recovery: Recovery, because: str) -> Step:
    if recovery.stage in (Stage.WRITING, Stage.UNSETTLED):
        # What became of this write must still be told; afterwards nothing more may follow (see _wrote).
        return replace(recovery, closed_because=because), ()
    if recovery.proofs:
        return close(recovery, because)
    # It can never prove anything any more, and nobody sees that: a page that ends early would tell a stranger that
    # somebody else got in, so that there is an account (P4).
    return replace(recovery, void=True), ()


def close(recovery: Recovery, why: str, *before: Event) -> Step:
    """Nothing more can happen, and the challenge is forgotten. `before`: what this move already made happen."""
    closed = replace(recovery, stage=Stage.CLOSED, closed_because=why, pick=None)
    return closed, (*before, events.RecoveryClosed(why))


def ways_left(recovery: Recovery) -> bool:
    """Whether another method may still be picked. Before the first proof only what everybody is shown is asked."""
    if recovery.subject is not None and recovery.proofs:
        methods = {offer.method for offer in recovery.subject.offers}
        methods -= {proof.method for proof in recovery.proofs}
    elif recovery.rules.disclosure is Disclosure.MASKED:
        methods = {offer.method for offer in recovery.shown}
    else:
        methods = set(recovery.rules.methods)
    return bool(methods - set(recovery.used_up))


def may_pick(recovery: Recovery, move: Picked) -> bool:
    """Whether this method is shown at all, is not used up, and a send is left. Same for everybody before a proof."""
    pick = move.pick
    if pick.method in recovery.used_up or any(proof.method == pick.method for proof in recovery.proofs):
        return False
    if move.sends and len(recovery.sent) >= recovery.rules.sends_per_recovery:
        return False
    if not recovery.proofs and recovery.rules.disclosure is Disclosure.MASKED:
        # A decoy is picked like an offer, and neither before its moment.
        shown = {(offer.method, offer.id) for offer in recovery.shown}
        return released(recovery, pick.at) and (pick.method, pick.offer) in shown
    if not recovery.proofs:
        return pick.method in recovery.rules.methods and not pick.offer
    subject = recovery.subject
    return subject is not None and any((o.method, o.id) == (pick.method, pick.offer) for o in subject.offers)


def _found(recovery: Recovery, move: Found, now: datetime) -> Step:
    # Nobody keeps the stand-in: without it, whatever loads this recovery would be quicker than for somebody.
    stand_in = recovery.stand_in if move.subject is None else None
    found = replace(
        recovery, found=True, found_at=now, subject=move.subject, stand_in=stand_in, shown=move.shown, answers=()
    )
    stores = tuple(sorted({store for store, account in recovery.answers if account is not None}))
    if move.subject is None:
        return found, (events.NobodyFound(move.reason, stores),)
    theirs = tuple(account.key.store for account in move.subject.person.accounts)
    return found, (events.PersonFound(theirs, move.subject.policy.name),)


def _joined(recovery: Recovery, before: Subject, move: Joined) -> Step:
    # Only what one store said may change, and only by adding: nobody becomes somebody else, and no choice moves.
    after = move.subject
    new = after.person.accounts[len(before.person.accounts) :]
    kept = replace(
        before,
        person=replace(before.person, accounts=(*before.person.accounts, *new), contacts=after.person.contacts),
        offers=(*before.offers, *after.offers[len(before.offers) :]),
        directory=after.directory,
        unseen=tuple(key for key in before.unseen if key != move.key),
    )
    fits = [account.key for account in new] == ([] if move.reason else [move.key])
    if move.key not in before.unseen or after != kept or not fits:
        raise OutOfTurn("this account is not linked here")
    store = move.key.store
    told = events.AccountLeftOut(store, move.reason) if move.reason else events.AccountJoined(store)
    return replace(recovery, subject=after), (told,)


def _picked(recovery: Recovery, move: Picked) -> Step:
    sent = (*recovery.sent, Sent(move.pick.method, move.pick.at)) if move.sends else recovery.sent
    pick = replace(move.pick, tries=recovery.missed.count(move.pick.method))
    picked = replace(recovery, stage=Stage.ANSWERING, pick=pick, sent=sent)
    return picked, (events.MethodPicked(move.pick.method),)


def _missed(recovery: Recovery, pick: Pick, move: Missed) -> Step:
    missed = (*recovery.missed, pick.method)
    tries = missed.count(pick.method)
    used_up = tries >= recovery.rules.answers_per_challenge
    event = events.ProofMissed(pick.method, move.reason, used_up)
    if not used_up:
        return replace(recovery, missed=missed, pick=replace(pick, tries=tries)), (event,)
    left = replace(recovery, missed=missed, used_up=(*recovery.used_up, pick.method), stage=Stage.CHOOSING, pick=None)
    if ways_left(left):
        return left, (event,)
    return close(left, "no-way-left", event)


def _proved(recovery: Recovery, subject: Subject, pick: Pick, move: Proved, now: datetime) -> Step:
    # A proof counts only for an offer of this person, the one that was picked or, before the first proof, one by the
    # method that was picked, from the challenge that was drawn for it here (P2); a late challenge proves nothing.
    picked = move.offer in subject.offers and pick.offer in ("", move.offer.id)
    fits = move.offer.method == move.proof.method == pick.method and move.proof.challenge == pick.challenge_id
    if recovery.void or not picked or not fits or now >= pick.expires_at:
        raise OutOfTurn("this proof belongs elsewhere")
    proofs = (*recovery.proofs, move.proof)
    enough = satisfied(subject.policy.proof, proofs)
    given = (events.ProofGiven(pick.method, enough, recovery.purpose),)
    proven = replace(recovery, proofs=proofs, pick=None)
    if enough:
        return replace(proven, stage=Stage.RENEWING), given
    if ways_left(proven):
        return replace(proven, stage=Stage.CHOOSING), given
    return close(proven, "no-way-left", *given)


def _ordered(recovery: Recovery, subject: Subject, move: Order) -> Step:
    if isinstance(move, UnlockOrdered) is not (recovery.purpose is Purpose.UNLOCK):
        # Whoever came to unlock was promised that the password stays the same.
        raise OutOfTurn("that is not what this recovery is for")
    # P1: the copied policy and today's must both be satisfied, and only the person's own accounts can be meant.
    for policy in (subject.policy, move.policy_now):
        if not satisfied(policy.proof, recovery.proofs):
            raise OutOfTurn("the proofs are not enough")
    already = {o.account for o in recovery.outcomes if o.kind is OutcomeKind.SET}
    mine = {account.key for account in subject.person.accounts} - already
    named = Counter([*(account.key for account in move.accounts), *(outcome.account for outcome in move.left)])
    # Named twice it would be written twice (P3).
    if not move.accounts or not named.keys() <= mine or named.total() > len(named):
        raise OutOfTurn("these accounts are not to be written")
    if any(outcome.kind not in (OutcomeKind.REFUSED, OutcomeKind.NOT_SET) for outcome in move.left):
        raise OutOfTurn("nothing was written yet")
    stores = tuple(account.key.store for account in move.accounts)
    told = {outcome.account: outcome for outcome in (*recovery.outcomes, *move.left)}
    writing = replace(recovery, stage=Stage.WRITING, intents=move.accounts, outcomes=tuple(told.values()))
    intended = events.UnlockIntended if isinstance(move, UnlockOrdered) else events.PasswordIntended
    return writing, (intended(stores),)


def _wrote(recovery: Recovery, outcomes: tuple[Outcome, ...], now: datetime) -> Step:
    if Counter(o.account for o in outcomes) != Counter(_awaited(recovery)):
        raise OutOfTurn("one outcome for every account that was written, and no other")
    merged = {o.account: o for o in (*recovery.outcomes, *outcomes)}
    kinds = {o.kind for o in merged.values()}
    # What was unknown and still is, is no news.
    news = [o for o in outcomes if o.kind is not OutcomeKind.UNKNOWN or recovery.stage is Stage.WRITING]
    told = tuple(_told(recovery.purpose, o) for o in news)
    moved = replace(recovery, outcomes=tuple(merged.values()))
    if OutcomeKind.UNKNOWN in kinds:
        return replace(moved, stage=Stage.UNSETTLED), told
    if recovery.closed_because:
        # Even if all were set: whoever superseded it has changed them since, so "works now" would be a lie.
        return close(moved, recovery.closed_because, *told)
    if kinds == {OutcomeKind.SET}:
        return replace(moved, stage=Stage.DONE, intents=()), told
    if recovery.purpose is Purpose.UNLOCK and OutcomeKind.NOT_SET not in kinds:
        # A refused password is followed by another one; what may not be unlocked stays locked.
        open_now = replace(moved, stage=Stage.DONE, intents=())
        return (open_now, told) if OutcomeKind.SET in kinds else close(moved, "by-hand", *told)
    # Refused or not set: the person may try again without proving anything anew, for a while but not for ever.
    most = recovery.started_at + recovery.rules.lifetime + recovery.rules.more_time + GRACE
    later = max(recovery.expires_at, min(now + GRACE, most))
    return replace(moved, stage=Stage.RENEWING, intents=(), expires_at=later, moved_at=now), told


def _awaited(recovery: Recovery) -> list[AccountKey]:
    if recovery.stage is Stage.UNSETTLED:
        return [o.account for o in recovery.outcomes if o.kind is OutcomeKind.UNKNOWN]
    return [account.key for account in recovery.intents]


def _told(purpose: Purpose, outcome: Outcome) -> Event:
    store, unlocks = outcome.account.store, purpose is Purpose.UNLOCK
    if outcome.kind is OutcomeKind.SET:
        return events.AccountUnlocked(store) if unlocks else events.PasswordSet(store)
    if outcome.kind is OutcomeKind.UNKNOWN:
        return events.UnlockUnknown(store) if unlocks else events.PasswordUnknown(store)
    not_done = events.AccountNotUnlocked if unlocks else events.PasswordNotSet
    return not_done(store, outcome.kind, outcome.reasons[0].message if outcome.reasons else "")
