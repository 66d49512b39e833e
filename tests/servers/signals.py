"""A house that tells others of new passwords, with a receiver that a test plays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from keyback.core.contracts.signals import Delivery, Kind, Receiver
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.clients.signal_desk import SignalDesk
from keyback.core.service.clients.signal_post import Became, Bring, Brought, SignalPost
from keyback.core.service.clients.signal_streams import Queued, Registered, Streams, Wish

from .small_house import NEW, SmallHouse

ADMINISTRATOR = Actor("sub-roth", "Ines Roth", frozenset({Role.ADMINISTRATOR}))
ADDRESS = "https://siem.example.org/events"
BOTH = (Kind.CREDENTIAL_CHANGE, Kind.SESSION_REVOKED)
TO_PUSH = Wish(Delivery.PUSH, BOTH, ADDRESS)
TO_FETCH = Wish(Delivery.POLL, BOTH)
TAKEN = Brought(Became.TAKEN)


def here(address: str) -> bool:
    return address.startswith("https://siem.example.org/")


@dataclass
class Listener:
    """Takes what it is brought, unless its script says otherwise."""

    heard: list[Queued] = field(default_factory=list)
    script: list[Brought] = field(default_factory=list)
    usual: Brought = TAKEN

    def __call__(self, who: Registered, queued: Queued) -> Brought:
        self.heard.append(queued)
        return self.script.pop(0) if self.script else self.usual

    @property
    def kinds(self) -> list[str]:
        return [queued.signal.kind.value for queued in self.heard]

    @property
    def ids(self) -> list[str]:
        return [queued.id for queued in self.heard]


@dataclass
class Telling:
    """Everything of shared signals over one house."""

    house: SmallHouse
    listener: Listener = field(default_factory=Listener)

    def __post_init__(self) -> None:
        self.desk = SignalDesk(records=self.house.records, around=self.house.around, may_push_to=here)
        self.streams = Streams(records=self.house.records, around=self.house.around, may_push_to=here)
        self.post = self.posted_by(self.listener)

    def posted_by(self, bring: Bring) -> SignalPost:
        """Another back office over the same tables."""
        office = self.house.staff.office
        post = SignalPost(records=self.house.records, office=office, around=self.house.around, bring=bring)
        office.teach("signals", post.work)
        return post

    def add(self, key: str = "siem", wish: Wish | None = TO_PUSH, **values: Any) -> str:
        """A receiver with a stream; its token."""
        receiver = Receiver(**{"key": key, "name": "SIEM", "audience": "https://siem.example.org", **values})
        token = self.desk.add(ADMINISTRATOR, receiver, "", "asked for by the SOC")
        if wish is not None:
            self.streams.make(self.who(token), wish)
        return token

    def who(self, token: str) -> Registered:
        found = self.streams.whoever(token)
        assert found
        return found

    def one(self, key: str = "siem") -> Registered:
        found = self.desk.one(key)
        assert found
        return found

    def reset(self, name: str = "jo", password: str = NEW) -> None:
        """Somebody gets a new password."""
        visit = self.house.start(name)
        visit.prove_by_mail()
        visit.prove_by_paper()
        visit.renew(password)

    def tick(self) -> None:
        """What a back office does every second."""
        self.post.look(self.house.clock())
        self.house.work()

    def waiting(self, key: str = "siem") -> list[Queued]:
        with self.house.records.db.read() as tx:
            return list(self.house.records.signals.waiting(tx, key, 1000))
