"""Why policies and public rules cannot work or are not safe: found before anybody may save them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ..contracts.method import Factor, Method
from . import banned_words, passwords
from .policy import Audience, EnrolmentRules, PasswordRules, Policy, PublicRules, ways

# Two years. A number that was not looked at for longer is as good as forgotten.
LONGEST_UNASKED = timedelta(days=730)
LONGEST_NAME = 100
# Whoever uses a password manager is not cut short (NIST SP 800-63B-4, 3.1.1.2).
LEAST_LONGEST = 64
LONGEST_COOL_DOWN = timedelta(days=30)
MINUTE = timedelta(minutes=1)

Kinds = Mapping[str, type[Method]]


class Fault(StrEnum):
    """What may be wrong, as the command line says it."""

    REQUIRED_OFF = "required methods are off: {names}"
    NO_PROOF = "at least one proof is needed"
    TOO_FEW = "{n} proofs are asked for, and only {m} kinds are there"
    SHOWN_TOO_EARLY = "the public rules show methods that may not come first: {names}"
    NONE_COMES_FIRST = "none of its methods may come first"
    NONE_SHOWN = "the public rules show none of its methods, so nobody could begin"
    SHORT_ALONE = "passwords shorter than 15 need a second proof"
    LENGTHS = "passwords have {n} characters at least, and may have {m} at most or more"
    BANNED_WORDS = "banned words: {names}"
    LESS_THAN_NOTHING = "what is counted cannot be less than nothing"
    UNASKED = "people are asked again after at most {n} days, or never (0)"
    COOL_DOWN = "what is new waits 0 to {n} days"
    KNOWN_ALONE = "what is only known needs a second proof beside it: {names}"
    KNOWN_FOR_PRIVILEGED = "what is only known proves nothing for privileged people: {names}"
    NO_PURPOSE = "people must be able to come for something"
    UNHEARD = "nobody would be told that a password was set"
    NAME = "a policy has a name of 1 to {n} characters, without control characters"
    SAME_NAME = "two policies have the same name"
    NOT_FOR_ALL = "the last policy must be for everybody"
    UNREACHED = "policies behind one for everybody are never reached: {names}"
    SHOWS_NOTHING = "the first page must show a method"
    LIFETIME = "a try lasts {n} to {m} minutes, and nobody may be idle for longer"
    MOMENTS = "these waits are {n} to {m} seconds"
    PER_TRY = "this is {n} to {m}"
    NO_WHY = "say why, in a line of 1 to {n} characters"
    NO_CANARY = (
        "disclosure is masked: name an account of store {names} that is read for names that nobody has, in [canaries]"
    )
    FEW_SHAPES = (
        "disclosure is masked: decoys are made from {n} people, {m} are needed: "
        "`keyback decoys freeze` a list of names first"
    )
    WAITS = "the waits between codes grow, from 30 seconds to 15 minutes, and there is at least one"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One fault of one field. `policy` names whose; empty where it is not of a policy."""

    fault: Fault
    at: str
    names: tuple[str, ...] = ()
    n: int = 0
    m: int = 0
    policy: str = ""

    def __str__(self) -> str:
        return self.fault.format(names=", ".join(self.names), n=self.n, m=self.m)


def flaws(policy: Policy, public: PublicRules, methods: Kinds) -> tuple[Flaw, ...]:
    """Why this policy cannot work or is not safe; empty when it may be saved."""
    parts = (
        _name(policy),
        _proofs(policy, public, methods),
        _known(policy, methods),
        _passwords(policy.password, policy.proof.at_least),
        _asking(policy.enrolment),
        _rest(policy),
    )
    return tuple(flaw for part in parts for flaw in part)


def flaws_of_all(policies: Sequence[Policy], public: PublicRules, methods: Kinds) -> tuple[Flaw, ...]:
    """Each policy's, and those of the list in its order."""
    each = [_of(policy, flaw) for policy in policies for flaw in flaws(policy, public, methods)]
    return (*each, *_order(policies))


def flaws_of_public(public: PublicRules, methods: Collection[str]) -> tuple[Flaw, ...]:
    """Why these public rules cannot hold; what policies have against them is theirs to say."""
    return tuple(_public(public, methods))


def _of(policy: Policy, flaw: Flaw) -> Flaw:
    return Flaw(flaw.fault, flaw.at, flaw.names, flaw.n, flaw.m, policy.name)


def _name(policy: Policy) -> Iterator[Flaw]:
    name = policy.name
    if name != name.strip() or not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        yield Flaw(Fault.NAME, "name", n=LONGEST_NAME)


def _proofs(policy: Policy, public: PublicRules, methods: Kinds) -> Iterator[Flaw]:
    proof = policy.proof
    carriers = {key: methods[key].rides_on for key in proof.named & methods.keys()}
    shown = {key for key in public.methods if key in methods}
    if off := sorted(proof.required - methods.keys()):
        yield Flaw(Fault.REQUIRED_OFF, "proof.required", tuple(off))
    if proof.at_least < 1:
        yield Flaw(Fault.NO_PROOF, "proof.at_least")
    if late := sorted(key for key in shown if not methods[key].first):
        # Their prompt depends on the person, so that showing it would tell who exists.
        yield Flaw(Fault.SHOWN_TOO_EARLY, "methods", tuple(late))
    if carriers and not any(methods[key].first for key in carriers):
        yield Flaw(Fault.NONE_COMES_FIRST, "proof.optional")
    if not shown & carriers.keys():
        yield Flaw(Fault.NONE_SHOWN, "proof.optional")
    # Who could begin at all, and has everything that is on, must be able to end.
    elif not off and not next(ways(proof, carriers, shown), ()):
        kinds = len(set(carriers.values())) if proof.different_carriers else len(carriers)
        yield Flaw(Fault.TOO_FEW, "proof.at_least", n=max(proof.at_least, len(proof.required)), m=kinds)


def _known(policy: Policy, methods: Kinds) -> Iterator[Flaw]:
    """What is only known can be looked up or guessed: never alone, never for those who rule others."""
    there = sorted(policy.proof.named & methods.keys())
    known = tuple(key for key in there if methods[key].factor is Factor.KNOWS)
    if known and policy.proof.at_least < 2:
        yield Flaw(Fault.KNOWN_ALONE, "proof.at_least", known)
    if known and policy.scope.privileged:
        yield Flaw(Fault.KNOWN_FOR_PRIVILEGED, "scope.privileged", known)


def _passwords(rules: PasswordRules, at_least: int) -> Iterator[Flaw]:
    if rules.min_length < 15 and at_least < 2:
        yield Flaw(Fault.SHORT_ALONE, "password.min_length")
    shortest = min(rules.min_length, rules.directory_floor)
    longest = max(rules.min_length, rules.directory_floor)
    if (
        shortest < passwords.FLOOR
        or longest > rules.max_length
        or not LEAST_LONGEST <= rules.max_length <= passwords.CAP
    ):
        yield Flaw(Fault.LENGTHS, "password.min_length", n=passwords.FLOOR, m=LEAST_LONGEST)
    if wrong := banned_words.problems(rules.banned_words):
        yield Flaw(Fault.BANNED_WORDS, "password.banned_words", wrong)


def _asking(rules: EnrolmentRules) -> Iterator[Flaw]:
    """What nobody could mean. More kinds than there are is fair: nobody is asked for what cannot be added."""
    if min(rules.methods_needed, rules.later_allowed) < 0 or rules.later_for < timedelta(0):
        yield Flaw(Fault.LESS_THAN_NOTHING, "enrolment.later_allowed")
    if not timedelta(0) <= rules.confirm_again_after <= LONGEST_UNASKED:
        yield Flaw(Fault.UNASKED, "enrolment.confirm_again_after", n=LONGEST_UNASKED.days)


def _rest(policy: Policy) -> Iterator[Flaw]:
    if not timedelta(0) <= policy.cool_down <= LONGEST_COOL_DOWN:
        yield Flaw(Fault.COOL_DOWN, "cool_down", n=LONGEST_COOL_DOWN.days)
    if not policy.purposes:
        yield Flaw(Fault.NO_PURPOSE, "purposes")
    if not policy.notices.media or not policy.notices.on_done:
        # Whoever did not do it themselves learns of it by nothing else (NIST SP 800-63B-4, 4.6).
        yield Flaw(Fault.UNHEARD, "notices.on_done")


def _order(policies: Sequence[Policy]) -> Iterator[Flaw]:
    names = [policy.name for policy in policies]
    if len(set(names)) < len(names):
        yield Flaw(Fault.SAME_NAME, "name")
    ordered = sorted(policies, key=lambda policy: policy.position)
    if not ordered or ordered[-1].audience != Audience():
        yield Flaw(Fault.NOT_FOR_ALL, "audience")
    first = next((index for index, policy in enumerate(ordered) if policy.audience == Audience()), len(ordered))
    if hidden := tuple(policy.name for policy in ordered[first + 1 :]):
        yield Flaw(Fault.UNREACHED, "audience", hidden)


def _public(rules: PublicRules, methods: Collection[str]) -> Iterator[Flaw]:
    if not set(rules.methods) & set(methods):
        yield Flaw(Fault.SHOWS_NOTHING, "methods")
    # WCAG 2.2.1 asks for time enough, NIST for an end to it.
    if (
        not 5 * MINUTE <= rules.idle <= rules.lifetime <= 60 * MINUTE
        or not 0 * MINUTE <= rules.more_time <= 60 * MINUTE
    ):
        yield Flaw(Fault.LIFETIME, "lifetime", n=5, m=60)
    for name in ("look_up", "release"):
        if not timedelta(seconds=1) <= getattr(rules, name) <= timedelta(seconds=15):
            yield Flaw(Fault.MOMENTS, name, n=1, m=15)
    for name, most in (("answers_per_challenge", 10), ("sends_per_recovery", 20)):
        if not 1 <= getattr(rules, name) <= most:
            yield Flaw(Fault.PER_TRY, name, n=1, m=most)
    waits = rules.resend_waits
    if not waits or list(waits) != sorted(waits) or waits[0] < MINUTE / 2 or waits[-1] > 15 * MINUTE:
        yield Flaw(Fault.WAITS, "resend_waits")
