"""People and policies by chance, and what really happens when somebody tries every combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
            from_then = now + timedelta(days=40_000 if key in one.waits else 0)
            house.records.enrolments.add(tx, person, key, "", {}, proven_at=now, usable_from=from_then)


def save(house: SmallHouse, rules: tuple[tuple[Policy, ...], PublicRules]) -> None:
    """Have these rules hold."""
    with house.records.db.write() as tx:
        house.records.settings.save_public_rules(tx, rules[1], who="the tests", why="tests")
        version = house.records.settings.save_policies(tx, rules[0], who="the tests", why="tests")
    house.snapshots.at_least(version)


@dataclass
class Trying:
    """Somebody who tries every way there is, each from the start."""

    house: SmallHouse
    one: Somebody
    purpose: Purpose = Purpose.RESET
    enough: set[frozenset[str]] = field(default_factory=set)

    def all(self) -> set[frozenset[str]]:
        """The combinations that opened the page of the new password."""
        reached: dict[frozenset[str], tuple[str, ...]] = {frozenset(): ()}
        while reached:
            further: dict[frozenset[str], tuple[str, ...]] = {}
            for way in reached.values():
                for key in self._open(way):
                    together = frozenset((*way, key))
                    if together in further or together in self.enough:
                        continue
                    stage = self._walk((*way, key))
                    if stage is Stage.RENEWING:
                        self.enough.add(together)
                    elif stage is Stage.CHOOSING:
                        further[together] = (*way, key)
            reached = further
        return self.enough

    def _open(self, way: tuple[str, ...]) -> list[str]:
        visit = self._visit()
        for key in way:
            self._prove(visit, key)
        return list(dict.fromkeys(choice.method for choice in self._choices(visit)))

    def _walk(self, way: tuple[str, ...]) -> Stage | None:
        visit = self._visit()
        try:
            return [self._prove(visit, key).stage for key in way][-1]
        except KeybackError:
            return None

    def _visit(self) -> Visit:
        # A day later, so that no limit counts what was tried before.
        self.house.clock.forward(days=2)
        visit = self.house.start(self.one.name, purpose=self.purpose)
        self.house.work()
        self.house.clock.forward(seconds=5)
        return visit

    def _choices(self, visit: Visit) -> tuple[Choice, ...]:
        return self.house.service.choosing.choices(visit.recovery)

    def _prove(self, visit: Visit, key: str) -> Recovery:
        choice = next(choice for choice in self._choices(visit) if choice.method == key)
        visit.pick(choice.value, PHONE if choice.destination else "")
        return visit.answer(visit.code()).recovery


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
