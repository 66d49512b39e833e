"""Small pretend accounts of a signed-in person behind the real pages: they say what a test puts in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from keyback.core.contracts.people import Account, AccountKey
from keyback.core.contracts.text import Secret, Text
from keyback.core.db.waiting_links import WaitingLink
from keyback.core.service.enrolling.my_accounts import MyAccount
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.testing import a_context

NOW = a_context().now
HERE, THERE = AccountKey("embedded", "1"), AccountKey("cloud", "8")
OWN = MyAccount("own", HERE, "Alderwick sign-in", "maya.okafor", mine=True)
# Whatever can stand in the list; one of them is silent.
ACCOUNTS = (
    OWN,
    MyAccount("joined", THERE, "Cloud", "maya.okafor@alderwick.example"),
    MyAccount("waits", THERE, "Cloud", "maya.okafor", waits_until=NOW + timedelta(hours=72)),
    MyAccount("given", THERE, "Cloud", given=True),
    MyAccount("first", THERE, "Cloud", "maya.okafor", first=True),
)


@dataclass
class PretendLinking:
    """Answers out of the pretend service's `answers`; an exception put in is raised."""

    service: Any

    @property
    def accounts(self) -> PretendLinking:
        return self

    @property
    def other(self) -> PretendLinking:
        return self

    def look(self, who: SignedIn) -> tuple[MyAccount, ...]:
        return ACCOUNTS

    def places(self) -> Mapping[str, Text | str]:
        return {"embedded": "Alderwick sign-in", "cloud": "Cloud"}

    def by_sign_in(self, place: str) -> Text | str:
        return str(self.service.answers.get("by_sign_in", ""))

    def vouched(self, who: SignedIn) -> Account:
        return Account(THERE, "maya.okafor@alderwick.example")

    def may_change(self, who: SignedIn) -> None:
        self._raise("may_change")

    def join(self, who: SignedIn, place: str, name: str, password: Secret, *, language: str) -> WaitingLink:
        self._raise("join")
        counts_from: datetime = NOW + timedelta(hours=72)
        return WaitingLink("p1", HERE, THERE, "password", NOW, counts_from)

    def part(self, who: SignedIn, value: str, *, language: str) -> bool:
        return bool(self.service.answers.get("part", True))

    def _raise(self, what: str) -> None:
        if isinstance(self.service.answers.get(what), Exception):
            raise self.service.answers[what]
