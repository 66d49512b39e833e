"""A small house that shows masked ends, with a company in it whose shapes are frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from keyback.core.contracts.errors import Ambiguous
from keyback.core.contracts.masking import mask_mail, mask_phone
from keyback.core.contracts.people import Account, AccountKey, AccountState, Contact, ContactKind
from keyback.core.db.freezes import Freeze
from keyback.core.db.session import Database
from keyback.core.recovery.decoys import Seen, freeze
from keyback.core.recovery.policy import Disclosure, PublicRules

from .small_house import OLD, SmallHouse, small_house

RULES = PublicRules(disclosure=Disclosure.MASKED)
CANARY = "the.canary"
COLLEAGUES = [f"colleague{number}" for number in range(60)]
# Each kind of name that must look like somebody's.
STRANGERS = ("nobody.at.all", "disabled", "privileged", "stopped", "methodless", "ambiguous")


def masked_house(database: Database, *, rules: PublicRules = RULES, frozen: bool = True) -> SmallHouse:
    """Jo's house with sixty colleagues, a canary, and one of every kind of stranger."""
    house = small_house(database, canaries={"fake": CANARY})
    for number, name in enumerate(COLLEAGUES):
        put(house, name, _contacts(number))
    put(house, CANARY, _contacts(99), state=AccountState(enabled=False))
    put(house, "disabled", _contacts(1), state=AccountState(enabled=False))
    put(house, "privileged", _contacts(1), privileged=True)
    put(house, "methodless", ())
    stop(house, put(house, "stopped", _contacts(1)))
    _make_ambiguous(house)
    if frozen:
        keep_shapes(house)
    switch_on(house, rules)
    return house


def switch_on(house: SmallHouse, rules: PublicRules = RULES) -> None:
    """As an administrator would."""
    with house.records.db.write() as tx:
        version = house.records.settings.save_public_rules(tx, rules, who="the tests", why="tests")
    house.snapshots.at_least(version)


def keep_shapes(house: SmallHouse) -> None:
    """What the desk would keep of the colleagues; asking for each of them takes longer."""
    shapes = freeze((name, _seen(_contacts(number))) for number, name in enumerate(COLLEAGUES))
    with house.records.db.write() as tx:
        house.records.settings.save_shapes(tx, shapes, who="the tests", why="tests")


def _seen(contacts: Sequence[Contact]) -> list[Seen]:
    phone = ContactKind.PHONE
    return [
        Seen("sms", mask_phone(c.value)) if c.kind is phone else Seen("email", mask_mail(c.value)) for c in contacts
    ]


def put(house: SmallHouse, name: str, contacts: Sequence[Contact], **changes: object) -> AccountKey:
    """Somebody without codes on paper."""
    account = Account(AccountKey("fake", f"id-of-{name}"), name, name.title(), contacts=tuple(contacts), stamp="1")
    return house.store.add(replace(account, **changes), OLD)  # type: ignore[arg-type]


def stop(house: SmallHouse, key: AccountKey) -> None:
    """They said "this wasn't me"."""
    person = house.records.keyring.pseudonym(key.store, key.id)
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(person, house.clock(), "proof.given", "earlier"))


def wait_for_the_moment(house: SmallHouse) -> None:
    """Everybody was looked up at once, and the first moment has come."""
    house.work()
    house.clock.forward(seconds=RULES.release / timedelta(seconds=1))


def _contacts(number: int) -> list[Contact]:
    mail = f"{'abcdefgh'[number % 8]}{number}@{('gmail.example', 'posteo.example')[number % 2]}"
    phone = Contact(ContactKind.PHONE, f"+43664{number * 7919 % 10**7:07d}", "mobile", trusted=True)
    both = [Contact(ContactKind.MAIL, mail, "mail", trusted=True), phone]
    return both[: 1 + (number % 3 != 0)]


def _make_ambiguous(house: SmallHouse) -> None:
    find = house.store.find

    def two_of_them(identifier: str, ctx: object) -> Account | None:
        if identifier == "ambiguous":
            raise Ambiguous("two")
        return find(identifier, ctx)  # type: ignore[arg-type]

    house.store.find = two_of_them  # type: ignore[method-assign, assignment]
