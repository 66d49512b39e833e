"""Somebody who is signed in to the small house and adds a phone or a mailbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from keyback.core.contracts.people import AccountKey, Person
from keyback.core.db.tables import event
from keyback.core.service.enrolling.my_methods import Mine
from keyback.core.service.enrolling.signed_in import SignedIn

from .small_house import SmallHouse

OWN_PHONE, OWN_MAIL = "+436641234506", "jo@home.example"


def signed_in(house: SmallHouse, name: str = "jo", session: str = "s1") -> SignedIn:
    account = house.store.look(AccountKey("fake", f"id-of-{name}"), house.context())
    assert account is not None
    person = Person(house.records.keyring.pseudonym(account.key.store, account.key.id), (account,), account.contacts)
    return SignedIn(session, person, house.clock())


def type_number(house: SmallHouse, who: SignedIn, number: str = OWN_PHONE) -> None:
    house.staff.enrolling.begin(who, "sms")
    assert house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": number}) is None
    house.work()


def type_mailbox(house: SmallHouse, who: SignedIn, mailbox: str = OWN_MAIL) -> None:
    house.staff.enrolling.begin(who, "email")
    assert house.staff.enrolling.confirm(who, "email", {"destination": mailbox}) is None
    house.work()


def codes(house: SmallHouse, to: str) -> list[str]:
    return [
        str(message.text)[:8]
        for message in house.channel.sent
        if message.to == to and str(message.text)[0] in "0123456789"
    ]


def add_phone(house: SmallHouse, who: SignedIn, number: str = OWN_PHONE) -> Any:
    type_number(house, who, number)
    return house.staff.enrolling.confirm(who, "sms", {"code": codes(house, number)[-1]})


def mine(house: SmallHouse, who: SignedIn) -> list[Mine]:
    return list(house.staff.enrolling.mine.look(who).mine)


def events(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name).order_by(event.c.at)))
