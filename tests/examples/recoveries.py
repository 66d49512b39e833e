"""A person with two accounts and four ways to prove it, and recoveries that stand where a test wants them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keyback.core.contracts.method import Challenge, Offer, Prompt
from keyback.core.contracts.people import Account, AccountKey, Person
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.recovery.policy import Policy, Proof, ProofRules, PublicRules, Purpose
from keyback.core.recovery.state import Pick, Recovery, Stage, Subject

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RIDES_ON = {"sms": "phone", "voice": "phone", "email": "mailbox", "saved_codes": "paper"}
METHODS = tuple(RIDES_ON)

RULES = PublicRules(methods=METHODS)
POLICY = Policy("everybody", proof=ProofRules(optional=frozenset(METHODS)))

FIRST, SECOND = AccountKey("openldap", "jo"), AccountKey("embedded", "jo-too")
JO = Person("person-jo", (Account(FIRST, "jo"), Account(SECOND, "jo.too")))
SOMEBODY_ELSE = Account(AccountKey("openldap", "kim"), "kim")
OFFERS = tuple(Offer(method, f"{method}-{end}", Text("•• {end}", end=end)) for method in METHODS for end in ("1", "2"))
SUBJECT = Subject(JO, POLICY, OFFERS)
# A third account, linked, whose store answers later, and Jo with it and with the way that it brings.
THIRD = Account(AccountKey("cloud", "jo-three"), "jo.three")
LINKED = replace(SUBJECT, unseen=(THIRD.key,))
MORE = Offer("email", "email-3", Text("•• 3"))
ALL_THREE = replace(SUBJECT, person=replace(JO, accounts=(*JO.accounts, THIRD)), offers=(*OFFERS, MORE))


def an_offer(method: str, end: str = "1") -> Offer:
    return next(offer for offer in OFFERS if offer.id == f"{method}-{end}")


def a_pick(method: str, challenge: str = "challenge", *, at: datetime = NOW, offer: str = "") -> Pick:
    prompt = Prompt(Text("Enter the code"), Text("We sent one."))
    return Pick(method, challenge, Challenge(prompt, timedelta(minutes=5), {"code": "12345678"}), at, offer)


def a_proof(method: str, challenge: str = "challenge") -> Proof:
    return Proof(method, RIDES_ON[method], f"credential-{method}", challenge)


def a_recovery(stage: Stage = Stage.CHOOSING, **changes: Any) -> Recovery:
    """As it stands right after a name was given, with these changes."""
    fresh = Recovery(
        id="recovery",
        purpose=Purpose.RESET,
        stage=stage,
        name="jo",
        rules=RULES,
        started_at=NOW,
        expires_at=NOW + RULES.lifetime,
        moved_at=NOW,
        asked=("openldap", "embedded"),
    )
    return replace(fresh, **changes)


def answering(**changes: Any) -> Recovery:
    """Somebody was found, and a text message is picked."""
    asked = a_recovery(Stage.ANSWERING, found=True, subject=SUBJECT, pick=a_pick("sms"))
    return replace(asked, **changes)


def renewing(**changes: Any) -> Recovery:
    """Both proofs are given."""
    proofs = (a_proof("sms", "one"), a_proof("email", "two"))
    return replace(a_recovery(Stage.RENEWING, found=True, subject=SUBJECT, proofs=proofs), **changes)


def writing(**changes: Any) -> Recovery:
    """Both accounts are being written."""
    return replace(renewing(stage=Stage.WRITING, intents=JO.accounts), **changes)


def unsettled(**changes: Any) -> Recovery:
    """One account is set, and the answer about the other was lost."""
    return replace(writing(stage=Stage.UNSETTLED, outcomes=outcomes("set", "unknown")), **changes)


def outcomes(*kinds: str) -> tuple[Outcome, ...]:
    """One outcome for each of Jo's accounts, in order; an empty kind leaves one out."""
    pairs = zip((FIRST, SECOND), kinds, strict=False)
    return tuple(Outcome(account, OutcomeKind(kind)) for account, kind in pairs if kind)
