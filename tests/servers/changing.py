"""One person's way through the change of a known password, by the service's own methods."""

from __future__ import annotations

from dataclasses import dataclass

from keyback.core.contracts.errors import MustWait
from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.text import Secret
from keyback.core.db.counters import Mark
from keyback.core.recovery import limits
from keyback.core.recovery.changing import Change
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.start import Arrival
from keyback.core.service.tickets import Ticket

from .small_house import SmallHouse


@dataclass
class ChangeVisit:
    """What a browser holds."""

    house: SmallHouse
    ticket: Ticket

    @property
    def change(self) -> Change:
        return self.house.staff.changing.look(self.ticket)

    @property
    def token(self) -> str:
        return self.house.staff.changing.form_token(self.change)

    def send(self, old: str, new: str) -> None:
        """Press the button; nobody types faster."""
        self.house.clock.forward(seconds=1)
        self.house.staff.changing.exchange(self.ticket, self.token, Secret(old), Secret(new))

    def exchange(self, old: str, new: str) -> Change:
        """Press it, and wait for the back office."""
        self.send(old, new)
        self.house.work()
        return self.change

    def account_mark(self, key: AccountKey) -> Mark:
        """What counts the wrong passwords of this account."""
        quota = limits.ACCOUNT_PASSWORDS
        return Mark(quota.name, self.house.records.keyring.pseudonym(key.store, key.id), quota.window)


def begin(house: SmallHouse, name: str = "jo", *, browser: str = "", address: str = "192.0.2.1") -> ChangeVisit:
    """By a name."""
    return ChangeVisit(house, house.staff.changing.start(name, {"human": "yes"}, Arrival(address, browser)))


def begin_signed_in(house: SmallHouse, who: SignedIn) -> ChangeVisit:
    """By a sign-in."""
    return ChangeVisit(house, house.staff.changing.start_for(who, language="en"))


def asking(house: SmallHouse, visit: ChangeVisit, old: str) -> None:
    """Try one, and wait as long as one has to."""
    try:
        visit.exchange(old, "violet anchors drift homeward")
    except MustWait as wait:
        house.clock.time = wait.until
        visit.exchange(old, "violet anchors drift homeward")
