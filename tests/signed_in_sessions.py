"""Sessions of people who signed in, without an identity provider: what pages and services see of them is real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from servers.small_house import SmallHouse

from keyback.core.contracts.people import AccountKey, Person
from keyback.core.db.sessions import Session
from keyback.core.service.enrolling.session_desk import SessionDesk
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.enrolling.signing_in import SessionRules


@dataclass
class InSession:
    """A browser's session; `who` is asked anew each time, as every page does."""

    house: SmallHouse
    key: str
    # What their authenticator app knows, once they have one.
    seed: str = ""

    @property
    def who(self) -> SignedIn:
        rules = SessionRules("fake", timedelta(hours=8), timedelta(hours=8))
        house = self.house
        found = SessionDesk(
            records=house.records, around=house.around, idp=cast("Any", None), rules=rules, snapshots=house.snapshots
        ).whoever(self.key)
        assert found is not None
        return found


def sign_in(
    house: SmallHouse,
    name: str = "jo",
    *,
    key: str = "key-1",
    ago: timedelta = timedelta(0),
    at: AccountKey | None = None,
) -> InSession:
    """Somebody signed in; `ago`: when they proved it there, `at`: with which account."""
    wanted = at or AccountKey("fake", f"id-of-{name}")
    account = house.snapshots.current.plugins.stores[wanted.store].look(wanted, house.context())
    assert account is not None
    with house.records.db.write() as tx:
        person_id = house.staff.recognising.person_id(tx, account.key)
    person = Person(person_id, (account,), account.contacts)
    now = house.clock()
    session = Session(
        person, "https://idp.example", f"sub-{name}", "", "an.id.token",
        authenticated_at=now - ago, started_at=now - ago, ends_at=now - ago + timedelta(hours=8),
    )  # fmt: skip
    with house.records.db.write() as tx:
        house.records.sessions.open(tx, key, session)
    return InSession(house, key)
