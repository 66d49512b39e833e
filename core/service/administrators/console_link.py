"""A link that opens the console once, for whoever may run commands on the server: when nobody can sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...contracts.console_events import ConsoleLinkMade
from ...db.sealing import KeyPurpose
from ..enrolling.vouching import SignInRefused
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings

GOOD_FOR = timedelta(minutes=30)
NONCE_BYTES = 16
PURPOSE = "console-link"
# Seconds as eight hexadecimal digits and 128 random bits; behind them stands what proves that we made both.
BODY = 8 + 2 * NONCE_BYTES
LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class ConsoleLinks:
    """Nothing is kept of a link before it is used: what proves it is its own seal, and that it was not used before."""

    records: Records
    around: Surroundings

    def make(self) -> str:
        """The secret end of a link, good once within half an hour. Everybody is told that there is one."""
        now = self.around.now()
        body = f"{int((now + GOOD_FOR).timestamp()):08x}{self.around.random(NONCE_BYTES).hex()}"
        event = ConsoleLinkMade()
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=now)
        tell(self.around.meter, [event])
        return body + self.records.keyring.mac(KeyPurpose.FORM, PURPOSE, body).hex()

    def spend(self, token: str) -> datetime:
        """Use it up; says until when it was good. Raises SignInRefused for every other, and for one that was used."""
        until, now = self._until(token), self.around.now()
        if until is None or now >= until:
            raise SignInRefused("link")
        with self.records.db.write() as tx:
            if not self.records.counters.spend_once(tx, f"{PURPOSE} {token}", until, now):
                raise SignInRefused("link")
        return until

    def is_good(self, token: str) -> bool:
        """Whether it could open the console, unless it was used before; for the page that only asks."""
        until = self._until(token)
        return until is not None and self.around.now() < until

    def _until(self, token: str) -> datetime | None:
        body, seal = token[:BODY], token[BODY:LONGEST]
        try:
            proof, seconds = bytes.fromhex(seal), int(body[:8], 16)
        except ValueError:
            return None
        # In this spelling alone: each other one would be another link, not yet used.
        if body + proof.hex() != token or not self.records.keyring.check_mac(KeyPurpose.FORM, proof, PURPOSE, body):
            return None
        return datetime.fromtimestamp(seconds, UTC)
