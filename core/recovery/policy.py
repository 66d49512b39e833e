"""Which proofs are enough for whom, and what holds before the first proof."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import combinations

from ..contracts.method import Offer
from ..contracts.people import Account, Person
from .groups import is_in


class Disclosure(StrEnum):
    """What everybody sees before the first proof: `generic` names methods only.

    `masked` shows each person's own offers with masked ends, and decoys to everybody else.
    """

    GENERIC = "generic"
    MASKED = "masked"


class Purpose(StrEnum):
    """What a recovery is for."""

    RESET = "reset"
    UNLOCK = "unlock"


@dataclass(frozen=True, slots=True)
class PublicRules:
    """What holds before the first proof, for everybody alike."""

    disclosure: Disclosure = Disclosure.GENERIC
    methods: tuple[str, ...] = ("email", "sms", "voice", "authenticator", "webauthn", "phone_approval", "saved_codes")
    type_destination: tuple[str, ...] = ("sms", "voice")
    lifetime: timedelta = timedelta(minutes=20)
    idle: timedelta = timedelta(minutes=15)
    more_time: timedelta = timedelta(minutes=15)
    # No answer is judged sooner after the start. Finding somebody takes longer than finding nobody; when an answer is
    # first judged would tell which (P4). Longer than an honest directory needs, shorter than anybody types.
    look_up: timedelta = timedelta(seconds=3)
    # In `masked`, the first moment at which offers are shown; the later ones follow from it (release.py).
    release: timedelta = timedelta(seconds=2)
    answers_per_challenge: int = 5
    sends_per_recovery: int = 6
    resend_waits: tuple[timedelta, ...] = (
        timedelta(seconds=30),
        timedelta(seconds=60),
        timedelta(seconds=120),
        timedelta(seconds=300),
    )


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a policy is for; empty means everybody."""

    stores: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def fits(self, person: Person) -> bool:
        """Whether any of the person's accounts belongs to it."""
        return any(
            (not self.stores or account.key.store in self.stores) and (not self.groups or is_in(account, self.groups))
            for account in person.accounts
        )


@dataclass(frozen=True, slots=True)
class ProofRules:
    """Required methods, optional ones, and how many proofs in all."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset(
        {"email", "sms", "voice", "authenticator", "webauthn", "phone_approval", "saved_codes"}
    )
    at_least: int = 2
    different_carriers: bool = True

    @property
    def named(self) -> frozenset[str]:
        """Every method that counts here."""
        return self.required | self.optional


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What a new password must be, besides what the directory wants. No composition rules of our own."""

    min_length: int = 15
    # Where the directory's own policy rules length, ours steps back to the floor (NIST SP 800-63B-4, 3.1.1.2).
    directory_floor: int = 8
    max_length: int = 128
    forbid_name_parts: bool = True
    forbid_breached: bool = True
    banned_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notices:
    """Whom a policy tells what."""

    on_start: bool = True
    on_done: bool = True
    media: frozenset[str] = frozenset({"email", "sms"})


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What people are asked for after a sign-in, so that they get back in by themselves when they have to."""

    # So many different kinds of proof; 0: nobody is asked.
    methods_needed: int = 2
    # How often they may say "Later", and for how long after the first time.
    later_allowed: int = 3
    later_for: timedelta = timedelta(days=14)
    # How old something gets before they are asked whether it is still right; 0: never.
    confirm_again_after: timedelta = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts are refused, silently to the outside."""

    privileged: bool = False
    disabled: bool = False
    expired: bool = False
    forbidden_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds once the person is known. The last policy's audience must be everybody."""

    name: str
    position: int = 1000
    audience: Audience = Audience()
    proof: ProofRules = ProofRules()
    password: PasswordRules = PasswordRules()
    notices: Notices = Notices()
    enrolment: EnrolmentRules = EnrolmentRules()
    scope: Scope = Scope()
    # What people may come for; for anything else they are nobody.
    purposes: frozenset[Purpose] = frozenset({Purpose.RESET, Purpose.UNLOCK})
    # Whether a new password also lifts the lock of too many wrong tries.
    unlock_on_reset: bool = True
    cool_down: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict that passed. `credential` is a pseudonym of the offer, `challenge` the one it consumed."""

    method: str
    rides_on: str
    credential: str = field(repr=False)
    challenge: str


def policy_for(policies: Iterable[Policy], person: Person) -> Policy | None:
    """The first by position whose audience fits."""
    fitting = (policy for policy in sorted(policies, key=lambda p: p.position) if policy.audience.fits(person))
    return next(fitting, None)


def usual_policy(policies: Iterable[Policy]) -> Policy:
    """The last one, which fits everybody; without any, the strict default holds."""
    return max(policies, key=lambda policy: policy.position, default=Policy("default"))


def refusal(policy: Policy, account: Account, *, stopped: bool, ways: bool) -> str:
    """Why whoever came by this account may not be served; empty when they may. `ways`: whether there may be any."""
    if stopped:
        return "frozen"
    return out_of_scope(policy.scope, account) or ("" if ways else "no-methods")


def out_of_scope(scope: Scope, account: Account) -> str:
    """Why this account may not be served at all; empty when it may."""
    if account.privileged and not scope.privileged:
        return "privileged"
    if not account.state.enabled and not scope.disabled:
        return "disabled"
    if account.state.locked_by_admin:
        # An administrator's lock is a decision; a reset would lift it unasked (OpenLDAP clears it by itself).
        return "disabled"
    if account.state.expired and not scope.expired:
        return "expired"
    if account.synced_from is not None or is_in(account, scope.forbidden_groups):
        return "out-of-scope"
    return ""


def counting(rules: ProofRules, proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """The proofs that count: named by the policy, each method once, each carrier once where asked."""
    counted: list[Proof] = []
    for proof in proofs:
        again = any(proof.method == p.method for p in counted)
        same_carrier = rules.different_carriers and any(proof.rides_on == p.rides_on for p in counted)
        if proof.method in rules.named and not again and not same_carrier:
            counted.append(proof)
    return tuple(counted)


def satisfied(rules: ProofRules, proofs: Sequence[Proof]) -> bool:
    """All required methods, and at least so many in all. Nothing at all is never enough."""
    given = {proof.method for proof in proofs}
    return rules.required <= given and len(counting(rules, proofs)) >= max(1, rules.at_least)


def open_offers(
    rules: ProofRules, offers: Sequence[Offer], proofs: Sequence[Proof], carriers: Mapping[str, str]
) -> tuple[Offer, ...]:
    """The offers that would still bring the person nearer. `carriers`: what each method rides on."""
    used_methods = {proof.method for proof in proofs}
    used_carriers = {proof.rides_on for proof in proofs} if rules.different_carriers else set()
    missing = rules.required - used_methods
    return tuple(
        offer
        for offer in offers
        if offer.method in rules.named
        and offer.method not in used_methods
        and (offer.method in missing or carriers.get(offer.method, "") not in used_carriers)
    )


def ways(rules: ProofRules, carriers: Mapping[str, str], first: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Every set of these methods whose proofs satisfy and that has nothing to spare, the smallest first.

    `carriers`: what each method rides on that can be used. Nobody begins with a method that isn't in `first`.
    """
    found: list[set[str]] = []
    for count in range(1, len(carriers) + 1):
        for some in combinations(sorted(carriers), count):
            if any(less <= set(some) for less in found) or not set(first) & set(some):
                continue
            if satisfied(rules, [Proof(key, carriers[key], "", "") for key in some]):
                found.append(set(some))
                yield some


def enough(rules: ProofRules, carriers: Mapping[str, str], first: Collection[str]) -> tuple[str, ...]:
    """The fewest of these methods that would do; empty if none would."""
    return next(ways(rules, carriers, first), ())
