"""What a receiver of shared signals orders by its token: its stream, and the signals that it fetches by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...contracts.bridge_events import SignalRefused, StreamChanged
from ...contracts.errors import KeybackError
from ...contracts.event import Event
from ...contracts.signals import Delivery, Kind, Status, Stream
from ...db import receivers
from ...db.receivers import Registered
from ...db.session import Transaction, after_commit
from ...db.signals import Queued
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings
from .signal_desk import ask_for_test

__all__ = ["Fetching", "Queued", "Registered", "Streams", "Wish"]

# In one answer, however many were asked for.
MOST_AT_ONCE = 100


class NoSuchStream(KeybackError):
    """It has none, or one of another name."""


class HasOne(KeybackError):
    """One receiver, one stream."""


class NotThere(KeybackError):
    """Nothing may be brought to this address."""


class TooSoon(KeybackError):
    """It asked the same a moment ago, or two changes met. Later it may succeed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a stream should be."""

    delivery: Delivery
    wanted: tuple[Kind, ...]
    endpoint: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Fetching:
    """What a receiver has, what it will not have and why, and how many more it wants."""

    most: int
    has: Sequence[str] = ()
    refuses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Streams:
    """`may_push_to`: whether keyback.toml lists an address' host."""

    records: Records
    around: Surroundings
    may_push_to: Callable[[str], bool]

    def whoever(self, token: str) -> Registered | None:
        """Whose token this is."""
        with self.records.db.read() as tx:
            return self.records.receivers.of_token(tx, token)

    def make(self, who: Registered, wish: Wish) -> Registered:
        """Its stream. Raises HasOne, NotThere and TooSoon."""
        if who.stream is not None:
            raise HasOne
        return self._keep(who, self._as_wished(Stream(self.around.token(), wish.delivery, ()), wish), "made")

    def change(self, who: Registered, stream_id: str, wish: Wish) -> Registered:
        """Raises NoSuchStream, NotThere and TooSoon."""
        return self._keep(who, self._as_wished(stream_of(who, stream_id), wish), "changed")

    def set_status(self, who: Registered, stream_id: str, status: Status, reason: str) -> Registered:
        """Raises NoSuchStream and TooSoon."""
        return self._keep(who, replace(stream_of(who, stream_id), status=status, reason=reason), status.value)

    def remove(self, who: Registered, stream_id: str) -> None:
        """With all that it was not told yet. Raises NoSuchStream and TooSoon."""
        stream_of(who, stream_id)
        self._keep(who, None, "removed")

    def test(self, who: Registered, stream_id: str, state: str) -> None:
        """Have a signal sent that tells nothing but this. Raises NoSuchStream and TooSoon."""
        stream_of(who, stream_id)
        with self.records.db.write() as tx:
            if not ask_for_test(self.records, tx, who, self.around, state=state):
                raise TooSoon

    def fetch(self, who: Registered, fetching: Fetching) -> tuple[Sequence[Queued], bool]:
        """The next ones, and whether there are more. What it has is forgotten. Raises NoSuchStream."""
        stream = who.stream
        if stream is None or stream.delivery is not Delivery.POLL:
            raise NoSuchStream
        if fetching.has or fetching.refuses:
            self._settle(who, fetching)
        if stream.status is not Status.ENABLED:
            return (), False
        most = min(fetching.most, MOST_AT_ONCE)
        with self.records.db.read() as tx:
            found = self.records.signals.waiting(tx, who.key, most + 1)
        return found[:most], len(found) > most

    def _settle(self, who: Registered, fetching: Fetching) -> None:
        now = self.around.now()
        with self.records.db.write() as tx:
            got = self.records.signals.done(tx, who.key, fetching.has)
            for signal_id, error in fetching.refuses.items():
                if kind := self.records.signals.refuse(tx, who.key, signal_id, error, now):
                    self._record(tx, SignalRefused(who.key, kind, error))
            if got:
                receivers.took(tx, who.key, now)

    def _as_wished(self, stream: Stream, wish: Wish) -> Stream:
        if wish.delivery is Delivery.PUSH and not self.may_push_to(wish.endpoint):
            raise NotThere
        return replace(
            stream,
            delivery=wish.delivery,
            wanted=wish.wanted,
            endpoint=wish.endpoint,
            authorization=wish.authorization,
            description=wish.description,
        )

    def _keep(self, who: Registered, stream: Stream | None, what: str) -> Registered:
        with self.records.db.write() as tx:
            changed = self.records.receivers.save(tx, replace(who, stream=stream))
            if changed is None:
                raise TooSoon
            if stream is None or stream.status is Status.DISABLED:
                # A disabled stream keeps nothing for later (SSF 1.0 8.1.2).
                self.records.signals.forget_waiting(tx, who.key)
            self._record(tx, StreamChanged(who.key, what))
        return changed

    def _record(self, tx: Transaction, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now())
        after_commit(tx, lambda: tell(self.around.meter, [event]))


def stream_of(who: Registered, stream_id: str) -> Stream:
    """Its stream, if that is its name. Raises NoSuchStream."""
    if who.stream is None or who.stream.id != stream_id:
        raise NoSuchStream
    return who.stream
