"""Whom administrators let hear of resets by shared signals, and how each of them stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ...contracts.bridge_events import ReceiverRemoved, ReceiverSaved
from ...contracts.errors import NotAllowed
from ...contracts.event import Event
from ...contracts.signals import Delivery, Kind, Receiver, Signal, Stream
from ...contracts.text import Text
from ...db.receivers import Registered
from ...db.session import Transaction, after_commit
from ...db.sign_ins import digest
from ...db.signals import MOST_COUNTED, RefusedSignal
from ..administrators.actor import Actor
from ..records import Records
from ..reporting.counted import tell
from ..ruling.approvals import said_by
from ..surroundings import Surroundings

__all__ = ["MOST_COUNTED", "PAGE", "RefusedSignal", "Registered", "SignalDesk"]

PAGE = 20
KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
# What a stream may tell; a verification is no news.
NEWS = (Kind.CREDENTIAL_CHANGE, Kind.SESSION_REVOKED)
# A test comes back at once, or not at all; more of them tell nothing new.
TEST_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class SignalDesk:
    """`may_push_to`: whether keyback.toml lists an address' host."""

    records: Records
    around: Surroundings
    may_push_to: Callable[[str], bool] = lambda _: False

    @property
    def is_on(self) -> bool:
        """Whether keyback.toml lets anybody hear anything."""
        return self.around.signals

    def all(self) -> Sequence[tuple[Registered, int]]:
        """Everybody, with how many signals wait for each."""
        with self.records.db.read() as tx:
            return [(each, self.records.signals.count(tx, each.key)) for each in self.records.receivers.all(tx)]

    def one(self, key: str) -> Registered | None:
        """This one."""
        with self.records.db.read() as tx:
            return self.records.receivers.get(tx, key)

    def refused(self, key: str, before: str = "") -> Sequence[RefusedSignal]:
        """What it would not take, the newest first."""
        with self.records.db.read() as tx:
            return self.records.signals.refused(tx, key, PAGE, before)

    def add(self, actor: Actor, receiver: Receiver, endpoint: str, why: str) -> str:
        """Let somebody hear of resets. Returns their token, which is kept nowhere. Raises NotAllowed with `at`.

        `endpoint`: where Keyback brings them signals, for those who cannot make a stream by themselves.
        """
        if wrong := self._wrong(receiver, endpoint):
            raise NotAllowed(Text("This can't be kept."), at=wrong)
        stream = Stream(self.around.token(), Delivery.PUSH, NEWS, endpoint) if endpoint else None
        token = self.around.random(32).hex()
        with self.records.db.write() as tx:
            if self.records.receivers.get(tx, receiver.key):
                raise NotAllowed(Text("This can't be kept."), at={"key": Text("Another one has this key.")})
            self.records.receivers.add(tx, Registered(receiver, stream, digest(token)))
            self._record(tx, ReceiverSaved(receiver.key), actor, why)
        return token

    def renew_token(self, actor: Actor, one: Registered) -> str:
        """Another token in place of the one before, which is over at once."""
        token = self.around.random(32).hex()
        with self.records.db.write() as tx:
            if self.records.receivers.save(tx, replace(one, token=digest(token))) is None:
                raise NotAllowed(Text("Somebody else changed it meanwhile. Look at it again."))
            self._record(tx, ReceiverSaved(one.key), actor, "")
        return token

    def remove(self, actor: Actor, key: str, why: str) -> None:
        """It hears nothing any more, and what it had not got is forgotten."""
        with self.records.db.write() as tx:
            self.records.receivers.drop(tx, key)
            self.records.signals.forget(tx, key)
            self._record(tx, ReceiverRemoved(key), actor, why)

    def test(self, one: Registered) -> bool:
        """Send it a test; False if one was sent a moment ago."""
        with self.records.db.write() as tx:
            return ask_for_test(self.records, tx, one, self.around, state="")

    def _wrong(self, receiver: Receiver, endpoint: str) -> dict[str, Text]:
        found = {}
        if not KEY.fullmatch(receiver.key):
            found["key"] = Text("Use small letters, digits and dashes only, 32 at most.")
        if endpoint and not self.may_push_to(endpoint):
            found["endpoint"] = Text("Its host isn't listed in keyback.toml, under [signals] push_hosts.")
        return found

    def _record(self, tx: Transaction, event: Event, actor: Actor, why: str) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), details=said_by(actor, why))
        after_commit(tx, lambda: tell(self.around.meter, [event]))


def ask_for_test(records: Records, tx: Transaction, one: Registered, around: Surroundings, *, state: str) -> bool:
    """A signal that tells nothing, unless one was asked for a moment ago."""
    now = around.now()
    if one.stream is None or not records.receivers.test(tx, one.key, now, now - TEST_EVERY):
        return False
    records.signals.put(tx, one.key, [Signal(Kind.VERIFICATION, now, state=state)])
    return True
