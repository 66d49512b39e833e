"""Whether somebody could get back in, and by which ways: the flow itself moves a recovery of which nobody hears.

A second copy of the rules would one day be wrong; so what is asked here is `step`, as for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ..contracts.errors import OutOfTurn
from ..contracts.method import Challenge, Offer, Prompt
from ..contracts.people import Account, AccountKey, AccountState, Person
from ..contracts.text import Text as Unsaid
from .flow import step
from .moves import Picked, Proved
from .policy import (
    Audience,
    Disclosure,
    Policy,
    Proof,
    ProofRules,
    PublicRules,
    Purpose,
    open_offers,
    policy_for,
    refusal,
    usual_policy,
)
from .release import moment
from .state import Pick, Recovery, Stage, Subject

# Any time will do: rules know durations only.
BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
# Nobody reads what is never shown; by another name, so that no catalogue has it.
UNSAID = Unsaid("")
DRAWN = Challenge(Prompt(UNSAID, UNSAID), timedelta(minutes=5))
COPIED = AccountKey("", "")
NOBODY = Person("", ())


@dataclass(frozen=True, slots=True)
class Kind:
    """What the flow asks of a method that is on."""

    rides_on: str
    first: bool = True
    sends: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Those that are in force, or those that somebody thinks of saving."""

    policies: tuple[Policy, ...]
    public: PublicRules
    kinds: Mapping[str, Kind]

    def policy_for(self, person: Person) -> Policy:
        """The first that fits."""
        return policy_for(self.policies, person) or usual_policy(self.policies)

    @property
    def first(self) -> tuple[str, ...]:
        """The methods with which people may begin, in the order in which they see them."""
        return tuple(key for key in self.public.methods if key in self.kinds and self.kinds[key].first)


@dataclass(frozen=True, slots=True)
class Beside:
    """An open account that somebody has beside the one by which they are counted."""

    store: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Having:
    """What decides about somebody, and nothing that tells who they are: thousands of people have the same.

    `methods`: by which they could prove it, whatever their policy says; `shown`: those that `masked` can show.
    """

    store: str
    groups: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    privileged: bool = False
    enabled: bool = True
    locked_by_admin: bool = False
    expired: bool = False
    copied: bool = False
    stopped: bool = False
    beside: tuple[Beside, ...] = ()

    @property
    def person(self) -> Person:
        """Somebody who has just this."""
        state = AccountState(enabled=self.enabled, locked_by_admin=self.locked_by_admin, expired=self.expired)
        account = Account(
            AccountKey(self.store, ""),
            "",
            state=state,
            groups=frozenset(self.groups),
            privileged=self.privileged,
            synced_from=COPIED if self.copied else None,
        )
        return Person("", (account,))


@dataclass(frozen=True, slots=True)
class Reach:
    """By which ways somebody gets back in. `refusal`: why none would help, in the flow's own words."""

    policy: Policy
    ways: tuple[tuple[str, ...], ...] = ()
    refusal: str = ""

    @property
    def yes(self) -> bool:
        """Whether they could get back in."""
        return bool(self.ways)


def reach(rules: Rules, having: Having, purpose: Purpose = Purpose.RESET) -> Reach:
    """How far somebody gets who has this."""
    person = having.person
    policy = rules.policy_for(person)
    counting = policy.proof.named & rules.kinds.keys()
    offers = tuple(Offer(key, key, UNSAID) for key in having.methods if key in counting)
    why = refusal(policy, person.accounts[0], stopped=having.stopped, ways=bool(offers))
    if not why and purpose not in policy.purposes:
        why = "out-of-scope"
    if why:
        return Reach(policy, refusal=why)
    shown = tuple(offer for key in rules.first for offer in offers if offer.method == key and key in having.shown)
    return Reach(policy, ways_in(rules, Subject(person, policy, offers), shown, purpose))


def ways_in(
    rules: Rules, subject: Subject, shown: Sequence[Offer] = (), purpose: Purpose = Purpose.RESET
) -> tuple[tuple[str, ...], ...]:
    """The combinations of methods that are enough, the shortest first. `shown`: what `masked` shows before the first
    proof; nothing of theirs there, and they cannot even begin."""
    have, seen = (tuple(dict.fromkeys(offer.method for offer in those)) for those in (subject.offers, shown))
    return _ways(rules.public, tuple(rules.kinds.items()), subject.policy.proof, (have, seen), purpose)


@lru_cache(maxsize=10_000)
def _ways(
    public: PublicRules,
    kinds: tuple[tuple[str, Kind], ...],
    proof: ProofRules,
    methods: tuple[tuple[str, ...], tuple[str, ...]],
    purpose: Purpose,
) -> tuple[tuple[str, ...], ...]:
    """Of whoever has these methods, with those of them that are shown; a million people are a few of these questions,
    and each has one answer for ever."""
    have, seen = (tuple(Offer(key, key, UNSAID) for key in keys) for keys in methods)
    rules, subject = Rules((), public, dict(kinds)), Subject(NOBODY, Policy("", proof=proof), have)
    found: list[frozenset[str]] = []
    reached = {frozenset[str](): _begun(rules, subject, seen, purpose)}
    while reached:
        further: dict[frozenset[str], Recovery] = {}
        for given, recovery in reached.items():
            for offer in _open(rules, recovery, subject):
                together = given | {offer.method}
                proved = _proved(rules, recovery, offer) if together not in {*further, *found} else None
                if proved is not None and proved.stage is Stage.RENEWING:
                    found.append(together)
                elif proved is not None and proved.stage is Stage.CHOOSING:
                    further[together] = proved
        reached = further
    order = list(rules.kinds)
    return tuple(tuple(sorted(way, key=order.index)) for way in found)


def help_from(rules: Rules, subject: Subject, purpose: Purpose = Purpose.RESET) -> Mapping[str, tuple[str, ...]]:
    """For each method that they lack and their policy names: a combination that it would make enough, if one would."""
    have = {offer.method for offer in subject.offers}
    lacking = [key for key in rules.kinds if key in subject.policy.proof.named and key not in have]
    found: dict[str, tuple[str, ...]] = {}
    for key in lacking:
        more = replace(subject, offers=(*subject.offers, Offer(key, key, UNSAID)))
        shown = [offer for first in rules.first for offer in more.offers if offer.method == first]
        ways = [way for way in ways_in(rules, more, shown, purpose) if key in way]
        if ways:
            found[key] = ways[0]
    return found


def unfit(audience: Audience, person: Person) -> tuple[str, ...]:
    """Which parts of an audience this person does not belong to; "together" where only no account belongs to all."""
    parts = [part.name for part in fields(Audience)]
    alone = {part: Audience(**{part: getattr(audience, part)}) for part in parts}
    missed = tuple(part for part in parts if not alone[part].fits(person))
    return missed or (() if audience.fits(person) else ("together",))


def _begun(rules: Rules, subject: Subject, shown: tuple[Offer, ...], purpose: Purpose) -> Recovery:
    public = replace(rules.public, methods=rules.first)
    return Recovery(
        id="",
        purpose=purpose,
        stage=Stage.CHOOSING,
        name="",
        rules=public,
        started_at=BEGUN,
        expires_at=BEGUN + public.lifetime,
        moved_at=BEGUN,
        found=True,
        found_at=BEGUN,
        subject=subject,
        shown=shown if public.disclosure is Disclosure.MASKED else (),
    )


def _open(rules: Rules, recovery: Recovery, subject: Subject) -> tuple[Offer, ...]:
    """What they can pick now, and have."""
    if recovery.proofs:
        carriers = {key: kind.rides_on for key, kind in rules.kinds.items()}
        return open_offers(subject.policy.proof, subject.offers, recovery.proofs, carriers)
    if recovery.rules.disclosure is Disclosure.MASKED:
        return recovery.shown
    return tuple(offer for offer in subject.offers if offer.method in recovery.rules.methods)


def _proved(rules: Rules, recovery: Recovery, offer: Offer) -> Recovery | None:
    """Where a right answer to this leads; None where it cannot even be picked."""
    kind, now = rules.kinds[offer.method], moment(recovery)
    named = bool(recovery.proofs) or recovery.rules.disclosure is Disclosure.MASKED
    pick = Pick(offer.method, offer.method, DRAWN, now, offer.id if named else "")
    proof = Proof(offer.method, kind.rides_on, "", pick.challenge_id)
    try:
        picked, _ = step(recovery, Picked(pick, kind.sends), now)
        proved, _ = step(picked, Proved(proof, offer), now)
    except OutOfTurn:
        return None
    return proved
