"""Which key signs for clients of OpenID Connect, and which are still believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...contracts.staff_events import KeysRotated
from ...db.token_keys import TokenKey
from ..records import Records
from ..surroundings import Surroundings

__all__ = ["ClientKeys", "TokenKey"]

# Clients keep what they read of our keys for as long as we say (KEYS_FOR); by then each knows the next one.
KEYS_FOR = timedelta(minutes=5)
SHOWN_AHEAD = timedelta(minutes=10)
# As long as the last token lives that an old key signed, and a clock that is late.
BELIEVED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class ClientKeys:
    """`make` gives a new key's name and private half. What they are made of is the bridge's to know."""

    records: Records
    around: Surroundings
    make: Callable[[], tuple[str, bytes]]

    def signing(self) -> TokenKey:
        """The one that signs now."""
        keys, now = self._all(), self.around.now()
        # The oldest, where another process made the first one a moment ago, by a clock that is ahead of ours.
        return next((key for key in reversed(keys) if key.signs_from <= now), keys[0])

    def shown(self) -> tuple[TokenKey, ...]:
        """The next one, the one that signs, and those whose last tokens are still good."""
        keys, now = self._all(), self.around.now()
        return tuple(key for key in keys if not _is_over(key, keys, now))

    def rotate(self, *, at_once: bool = False) -> TokenKey:
        """Make a new one. `at_once`, for a key that somebody stole: nothing that the old ones signed is believed."""
        now = self.around.now()
        kid, private = self.make()
        old = self._all()
        new = TokenKey(kid, private, now if at_once else now + SHOWN_AHEAD)
        with self.records.db.write() as tx:
            self.records.token_keys.add(tx, new)
            for key in old:
                if at_once or _is_over(key, old, now):
                    self.records.token_keys.drop(tx, key.kid)
            self.records.audit.append(tx, [KeysRotated("tokens")], at=now)
        return new

    def _all(self) -> tuple[TokenKey, ...]:
        with self.records.db.read() as tx:
            found = self.records.token_keys.all(tx)
        return found or self._first()

    def _first(self) -> tuple[TokenKey, ...]:
        """Of two processes that both make one, one is kept: who read only the other would not know it for minutes."""
        kid, private = self.make()
        now = self.around.now()
        with self.records.db.write() as tx:
            if self.records.counters.spend_once(tx, "the first key for clients", now + SHOWN_AHEAD, now):
                self.records.token_keys.add(tx, TokenKey(kid, private, now))
        with self.records.db.read() as tx:
            return self.records.token_keys.all(tx)


def _is_over(key: TokenKey, keys: tuple[TokenKey, ...], now: datetime) -> bool:
    return any(key.signs_from < other.signs_from <= now - BELIEVED_AFTER for other in keys)
