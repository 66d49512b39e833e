"""The door for whoever knows their password, its identity provider, and one browser that comes and goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select

from keyback.core.db import tables
from keyback.core.db.sign_ins import Departure
from keyback.core.service.enrolling.door import Door
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.enrolling.signing_in import Arrived, SetOut
from keyback.core.service.enrolling.vouching import SignedOut, Vouched

from .small_house import SmallHouse

ISSUER, ADDRESS = "https://sign-in.alderwick.example", "192.0.2.7"
IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=8)


@dataclass
class PretendIdp:
    """Vouches for whoever it is told to, a minute after they proved it."""

    name: str = "jo"
    sid: str = "sid-1"
    refuses: Exception | None = None
    departures: list[Departure] = field(default_factory=list)

    def address_for(self, departure: Departure, language: str) -> str:
        if self.refuses:
            raise self.refuses
        self.departures.append(departure)
        return f"{ISSUER}/authorize?state={departure.state}"

    def vouch(self, answer: Mapping[str, str], departure: Departure, now: datetime) -> Vouched:
        assert answer["state"] == departure.state
        if self.refuses:
            raise self.refuses
        return Vouched(ISSUER, f"sub-{self.name}", self.name, now - timedelta(minutes=1), "an.id.token", self.sid)

    def way_out(self, id_token: str) -> str:
        if self.refuses:
            raise self.refuses
        return f"{ISSUER}/logout?hint={id_token}"

    def told(self, logout_token: str, now: datetime) -> SignedOut:
        said = dict(parse_qsl(logout_token))
        return SignedOut(ISSUER, said.get("sub", ""), said.get("sid", ""), said["jti"], now + timedelta(minutes=10))

    def check(self) -> None:
        """Always well."""


@dataclass
class Entrance:
    """A door, its identity provider, and one browser with its two cookies."""

    house: SmallHouse
    idp: PretendIdp
    door: Door
    browser: str = ""
    key: str = ""

    def set_out(self, to: str = "/", *, fresh: bool = False, joins: bool = False) -> dict[str, str]:
        begun: SetOut = self.door.signing_in.set_out(
            ADDRESS, self.browser, to=to, fresh=fresh, key=self.key, language="en", joins=joins
        )
        self.browser = begun.browser
        return dict(parse_qsl(urlsplit(begun.address).query))

    def come_back(self, answer: dict[str, str]) -> Arrived:
        arrived = self.door.signing_in.come_back(answer, self.browser, ADDRESS)
        self.browser, self.key = arrived.browser, arrived.key or self.key
        return arrived

    def sign_in(self) -> Arrived:
        return self.come_back(self.set_out())

    @property
    def who(self) -> SignedIn | None:
        return self.door.sessions.whoever(self.key)

    def happened(self) -> list[str]:
        names = ("person.signed-in", "person.signed-out", "sign-in.failed")
        with self.house.records.db.read() as tx:
            rows = tx.execute(select(tables.event).where(tables.event.c.name.in_(names)).order_by(tables.event.c.id))
            return [row.data for row in rows]
