"""A house with jo in it, jo's phone, and the post that wakes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keyback.core.contracts.device import Statement
from keyback.core.contracts.method import Challenge
from keyback.core.contracts.people import AccountKey, Person
from keyback.core.db.session import Database
from keyback.core.service.enrolling.phones import Reply, Said
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.tickets import Answered
from keyback.core.testing import FakeChannel
from keyback.plugins.methods._device_key import compared
from keyback.plugins.methods.phone_approval import PhoneApproval

from .phone import Phone, subscription
from .small_house import SmallHouse, Visit, small_house

KEY = "phone_approval"
WHERE = subscription("https://push.example/1", "p" * 87, "a" * 22)
HELP_DESK = "help@acme.example"


class Post(FakeChannel):
    """Carries what wakes phones, too."""

    media = frozenset({"sms", "email", "push"})

    def wake_key(self) -> str:
        return "the public half"


@dataclass
class Home:
    """A house, and the phone of jo, who may add it."""

    house: SmallHouse
    phone: Phone

    def who(self, name: str = "jo", session: str = "s1") -> SignedIn:
        account = self.house.store.look(AccountKey("fake", f"id-of-{name}"), self.house.context())
        assert account is not None
        person = self.house.records.keyring.pseudonym(account.key.store, account.key.id)
        return SignedIn(session, Person(person, (account,), account.contacts), self.house.clock())

    def says(self, statement: Statement) -> Reply:
        return self.house.service.phones.hear(statement)

    def code(self, who: SignedIn) -> str:
        challenge = self.house.staff.enrolling.pending(who, KEY)
        assert challenge is not None
        return challenge.secret["joins_by"]

    def add(self, phone: Phone, name: str = "jo") -> None:
        """As its owner does."""
        who = self.who(name)
        self.house.staff.enrolling.begin(who, KEY)
        code = self.code(who)
        assert self.says(phone.joins(code, self.house.clock())).said is Said.JOINED
        self.house.staff.enrolling.confirm(who, KEY, {"code": compared(phone.public, code)})

    def visit(self, name: str = "jo", **how: Any) -> Visit:
        """Somebody who is asked for their phone."""
        visit = self.house.start(name, **how)
        self.house.work()
        visit.pick(KEY)
        self.house.work()
        return visit

    def waiting(self, phone: Phone) -> list[str]:
        reply = self.says(phone.says("asks", self.house.clock()))
        assert reply.said is Said.WAITING
        return [request.id for request in reply.waiting]

    def approves(self, visit: Visit, phone: Phone, **words: str) -> Said:
        return self.says(phone.approves(asked(visit), self.house.clock(), **words)).said

    def goes_on(self, visit: Visit) -> Answered:
        answered = self.house.service.proving.answer(visit.ticket, visit.token, {})
        visit.ticket = answered.ticket
        return answered

    def heard(self, visit: Visit) -> bool:
        return self.house.service.hearing.heard(visit.recovery)


def asked(visit: Visit) -> Challenge:
    pick = visit.recovery.pick
    assert pick is not None
    return pick.challenge


def a_home(database: Database, *, origin: str = "https://reset.example.org") -> Home:
    """Everything works, and jo's phone is added."""
    method = PhoneApproval(PhoneApproval.Settings())
    house = small_house(database, methods=[method], channel=Post(), help_desk_mail=HELP_DESK, origin=origin)
    home = Home(house, Phone(origin))
    home.add(home.phone)
    return home
