"""People and policies by chance, and what really happens when somebody tries every combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from keyback.core.contracts.errors import KeybackError
from keyback.core.contracts.method import Carrier, Challenge, Factor, Field, Method, Offer, Prompt, Verdict
from keyback.core.contracts.people import Account, AccountKey, AccountState, Contact, ContactKind, Enrolment, Person
from keyback.core.contracts.plugin import Context, NoSettings
from keyback.core.contracts.text import Text
from keyback.core.recovery.policy import Audience, Disclosure, Policy, ProofRules, PublicRules, Purpose, Scope
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.tickets import Choice

from .small_house import PHONE, SmallHouse, Visit

METHODS = ("email", "sms", "paper", "device", "known")
STAFF, BOARD, BARRED = "staff", "board", "barred"


class Simple(Method):
    """A proof by the word "right", for whoever enrolled."""

    factor = Factor.HAS
    summary = Text("Something simple")

    def __init__(self) -> None:
        super().__init__(NoSettings())

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return [Offer(self.key, one.id, self.summary) for one in enrolments if one.usable_from <= ctx.now]

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        prompt = Prompt(Text("Say it"), Text("Say it"), (Field("code", Text("Code")),))
        return Challenge(prompt, timedelta(minutes=5), {"code": "right"})

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(answer.get("code") == "right", "wrong")


class Paper(Simple):
    key, label, rides_on = "paper", Text("Paper"), Carrier.PAPER


class Device(Simple):
    key, label, rides_on = "device", Text("Device"), Carrier.PHONE


class Known(Simple):
    """Like questions: never the first, and its label says more than a decoy could."""

    key, label, rides_on, first = "known", Text("Known"), Carrier.MEMORY, False


SIMPLE = (Paper, Device, Known)


@dataclass(frozen=True)
class Somebody:
    """Who somebody is, and what they have."""

    name: str
    account: Account
    enrolled: tuple[str, ...]
    waits: tuple[str, ...] = ()


def people(random: Random, count: int) -> list[Somebody]:
    return [_somebody(random, f"p{number:03}") for number in range(count)]


def policies(random: Random, count: int) -> list[tuple[tuple[Policy, ...], PublicRules]]:
    """So many sets of policies, each with public rules."""
    return [(_policies(random), _public(random)) for _ in range(count)]


def put(house: SmallHouse, one: Somebody) -> None:
    """Into the directory and the tables."""
    house.store.add(one.account, "an old password")
    person, now = house.records.keyring.pseudonym("fake", one.account.key.id), house.clock()
    with house.records.db.write() as tx:
        for key in one.enrolled:
            from_then = now + timedelta(days=1000 if key in one.waits else 0)
            house.records.enrolments.add(tx, person, key, "", {}, proven_at=now, usable_from=from_then)


def save(house: SmallHouse, rules: tuple[tuple[Policy, ...], PublicRules]) -> None:
    """Have these rules hold."""
    with house.records.db.write() as tx:
        house.records.settings.save_public_rules(tx, rules[1], who="the tests", why="tests")
        version = house.records.settings.save_policies(tx, rules[0], who="the tests", why="tests")
    house.snapshots.at_least(version)


@dataclass
class Trying:
    """Somebody who tries every way there is; afterwards nobody knows of it, so that no limit counts it."""

    house: SmallHouse
    one: Somebody
    purpose: Purpose = Purpose.RESET
    enough: set[frozenset[str]] = field(default_factory=set)
    _further: set[frozenset[str]] = field(default_factory=set)

    def all(self) -> set[frozenset[str]]:
        """The combinations that opened the page of the new password."""
        with self.house.records.db.never_kept():
            visit = self.house.start(self.one.name, purpose=self.purpose)
            # Finds them; what is to be sent nobody waits for.
            self.house.work(rounds=1)
            self._go_on(visit, visit.recovery, ())
        return self.enough

    def _go_on(self, visit: Visit, recovery: Recovery, way: tuple[str, ...]) -> None:
        """Each proof that is open here, from here."""
        choices = {choice.method: choice for choice in self.house.service.choosing.choices(recovery)}
        for choice in choices.values():
            together = frozenset((*way, choice.method))
            if together not in self._further | self.enough:
                with self.house.records.db.never_kept():
                    self._try(replace(visit), choice, (*way, choice.method))

    def _try(self, visit: Visit, choice: Choice, way: tuple[str, ...]) -> None:
        try:
            visit.pick(choice.value, PHONE if choice.destination else "")
            recovery = visit.answer(visit.code()).recovery
        except KeybackError:
            return
        if recovery.stage is Stage.RENEWING:
            self.enough.add(frozenset(way))
        elif recovery.stage is Stage.CHOOSING:
            self._further.add(frozenset(way))
            self._go_on(visit, recovery, way)


def _somebody(random: Random, name: str) -> Somebody:
    state = AccountState(enabled=random.random() > 0.05, expired=random.random() < 0.05)
    contacts = []
    if random.random() < 0.6:
        contacts.append(Contact(ContactKind.PHONE, PHONE, "mobile", trusted=random.random() < 0.9))
    if random.random() < 0.6:
        contacts.append(Contact(ContactKind.MAIL, f"{name}@mail.example", "mail", trusted=random.random() < 0.9))
    groups = frozenset(group for group in (STAFF, BOARD, BARRED) if random.random() < 0.25)
    account = Account(
        AccountKey("fake", name),
        name,
        name.title(),
        state=state,
        groups=groups,
        privileged=random.random() < 0.08,
        contacts=tuple(contacts),
        stamp="1",
    )
    enrolled = tuple(method.key for method in SIMPLE if random.random() < 0.4)
    return Somebody(name, account, enrolled, tuple(key for key in enrolled if random.random() < 0.2))


def _policies(random: Random) -> tuple[Policy, ...]:
    found = [_policy(random, number) for number in range(random.randrange(3))]
    return (*found, Policy("everybody", 99, proof=_proof(random), purposes=_purposes(random)))


def _policy(random: Random, number: int) -> Policy:
    groups = frozenset(random.sample((STAFF, BOARD), random.randrange(3)))
    stores = frozenset(random.choice(((), (), ("fake",), ("elsewhere",))))
    forbidden = frozenset({BARRED}) if random.random() < 0.3 else frozenset[str]()
    scope = Scope(
        privileged=random.random() < 0.3,
        disabled=random.random() < 0.2,
        expired=random.random() < 0.3,
        forbidden_groups=forbidden,
    )
    audience = Audience(stores=stores, groups=groups)
    return Policy(f"policy {number}", number, audience, _proof(random), scope=scope, purposes=_purposes(random))


def _purposes(random: Random) -> frozenset[Purpose]:
    return frozenset(Purpose) if random.random() < 0.8 else frozenset({random.choice(list(Purpose))})


def _proof(random: Random) -> ProofRules:
    required = frozenset(key for key in METHODS if random.random() < 0.15)
    optional = frozenset(key for key in METHODS if random.random() < 0.7)
    return ProofRules(required, optional, random.choice((1, 2, 2, 3)), random.random() < 0.7)


def _public(random: Random) -> PublicRules:
    methods = tuple(random.sample(METHODS, random.randrange(1, len(METHODS) + 1)))
    return PublicRules(
        disclosure=Disclosure.GENERIC,
        methods=tuple(key for key in methods if key != Known.key),
        look_up=timedelta(0),
        sends_per_recovery=random.choice((1, 2, 6)),
    )
