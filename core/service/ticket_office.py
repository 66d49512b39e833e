"""Which browser holds which recovery, and which form belongs to which turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar

from ..contracts import events
from ..contracts.errors import NotAllowed, OutOfTurn
from ..contracts.text import Text
from ..db.sealing import KeyPurpose, SealBroken
from ..recovery.moves import Expired
from ..recovery.state import Recovery
from .helping.call_word import call_word
from .mover import Mover, Overtaken
from .records import Records
from .reporting.counted import tell
from .snapshot import Snapshots
from .surroundings import Surroundings
from .tickets import Ticket

T = TypeVar("T")

# Jobs that may save a recovery while its person moves: the finds of its stores.
MOST_TIMES = 5
NO_SUCH = Text("This page doesn't exist, or it was opened in another browser.")


def digest(ticket: Ticket) -> bytes:
    """What the row keeps of the cookie: 256 random bits need no slow hash."""
    return sha256(ticket.key.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, kw_only=True)
class TicketOffice:
    """Every request shows its ticket here first."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    around: Surroundings

    def fresh(self, recovery_id: str) -> Ticket:
        """A new key for a recovery; the old one dies with the commit that stores this one's digest."""
        return Ticket(recovery_id, self.around.random(32).hex())

    def look(self, ticket: Ticket) -> Recovery:
        """Where it stands. Raises NotAllowed for whoever does not hold its key. Closes it when its time is over."""
        loaded = self._load(ticket)
        if loaded is None:
            raise NotAllowed(NO_SUCH)
        recovery, version = loaded
        self.snapshots.at_least(version)
        if recovery.is_open and self.around.now() >= recovery.deadline:
            return self._expire(recovery)
        return recovery

    def in_turn(self, ticket: Ticket, token: str) -> Recovery:
        """Where it stands, if the form was made for this turn. Raises OutOfTurn."""
        recovery = ticket.seen or self.look(ticket)
        if not self.fits(recovery, token):
            raise OutOfTurn("this form belongs to an earlier turn")
        # Saved with the move that follows: messages speak as the page does that the person moves from.
        return replace(recovery, language=ticket.language or recovery.language)

    def fits(self, recovery: Recovery, token: str) -> bool:
        """Whether this form was made for this turn; also when the forms' key was rotated meanwhile."""
        try:
            given = bytes.fromhex(token)
        except ValueError:
            return False
        return self.records.keyring.check_mac(KeyPurpose.FORM, given, recovery.id, str(recovery.turn))

    def turn(self, ticket: Ticket, token: str, move: Callable[[Recovery], T]) -> T:
        """Make the person's move. A job that saved meanwhile makes no form stale: then once more, on the newest row.

        A second form of the same turn never gets here twice: after the first one the turn is another.
        """
        for _ in range(MOST_TIMES):
            recovery = self.in_turn(ticket, token)
            try:
                return move(recovery)
            except Overtaken:
                ticket = replace(ticket, seen=None)
        raise OutOfTurn("others moved it again and again")

    def form_token(self, recovery: Recovery) -> str:
        """Binds a form to this recovery and turn: the person's own moves only, so a job never makes it stale."""
        return self.records.keyring.mac(KeyPurpose.FORM, recovery.id, str(recovery.turn)).hex()

    def word(self, recovery: Recovery) -> str:
        """What the help desk must say to whoever typed a code of theirs, right or wrong; empty for all others."""
        return call_word(self.records.keyring, recovery.id) if recovery.desk_code else ""

    def _load(self, ticket: Ticket) -> tuple[Recovery, int] | None:
        try:
            with self.records.db.read() as tx:
                return self.records.recoveries.load_for(tx, ticket.recovery_id, digest(ticket))
        except SealBroken as broken:
            # Somebody wrote to the database without the key: refused, and said loudly (M2).
            with self.records.db.write() as tx:
                event = events.SealBroken(broken.table)
                self.records.audit.append(tx, [event], at=self.around.now(), recovery_id=ticket.recovery_id)
            tell(self.around.meter, [event])
            return None

    def _expire(self, recovery: Recovery) -> Recovery:
        try:
            with self.records.db.write() as tx:
                return self.mover.move(tx, recovery, Expired()).recovery
        except Overtaken:
            with self.records.db.read() as tx:
                newest = self.records.recoveries.load(tx, recovery.id)
            return newest or recovery
