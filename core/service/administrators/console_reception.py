"""Who is in the console, what their forms carry, and every way in which that ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ...contracts import events
from ...contracts.console_events import ConsoleLeft
from ...contracts.event import Event
from ...db.console_sessions import BY_LINK, ConsoleSession, FoundInConsole
from ...db.sealing import KeyPurpose, SealBroken
from ...db.session import Transaction
from ..enrolling.session_desk import NOTICED_EVERY
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings
from .actor import Actor, Role
from .console_desk import InConsole
from .console_drafts import ConsoleDrafts
from .console_rules import ConsoleRules


@dataclass(frozen=True, kw_only=True)
class ConsoleReception:
    """The console's pages ask it about each cookie; what is in doubt is nobody (P12)."""

    records: Records
    around: Surroundings
    rules: ConsoleRules

    @property
    def drafts(self) -> ConsoleDrafts:
        """What waits for whoever signs in again."""
        return ConsoleDrafts(records=self.records, around=self.around)

    def now(self) -> datetime:
        """The house's clock."""
        return self.around.now()

    def whoever(self, key: str) -> InConsole | None:
        """Who holds this key; nobody once the session was ended, its time is over, or a group has other roles."""
        found = self._find(key)
        if found is None:
            return None
        now, session = self.around.now(), found.session
        if how := self._why_over(found, now):
            self.end(found.id, session, how)
            return None
        if now >= found.seen_at + NOTICED_EVERY:
            with self.records.db.write() as tx:
                self.records.console_sessions.seen(tx, found.id, now)
        # Nobody signs in once more who came by a link because nobody can sign in; theirs is over soon anyway.
        at = now if session.how == BY_LINK else session.authenticated_at
        return InConsole(found.id, actor_of(session), at, by_link=session.how == BY_LINK)

    def session(self, who: InConsole, key: str) -> ConsoleSession | None:
        """All that is kept of a session, for whoever holds its key."""
        found = self._find(key)
        return found.session if found and found.id == who.session else None

    def end(self, session_id: str, session: ConsoleSession, how: str) -> bool:
        """End it, once."""
        with self.records.db.write() as tx:
            if ended := self.records.console_sessions.end(tx, session_id):
                self.note(tx, ConsoleLeft(how), session)
        return ended

    def note(self, tx: Transaction, event: Event, session: ConsoleSession) -> None:
        """Write down what happened to whose session."""
        by = self.records.keyring.pseudonym("console", session.subject)
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=by, details={"who": session.name})

    def someone_by_link(self) -> bool:
        """Whether somebody is in by a link: everybody in the console should know."""
        with self.records.db.read() as tx:
            return self.records.console_sessions.by_link(tx, self.around.now())

    def form_token(self, who: InConsole) -> str:
        """What a form of this very session carries."""
        return self.records.keyring.mac(KeyPurpose.FORM, "console", who.session).hex()

    def fits(self, who: InConsole, token: str) -> bool:
        """Whether a form was made for this session."""
        try:
            given = bytes.fromhex(token)
        except ValueError:
            return False
        return self.records.keyring.check_mac(KeyPurpose.FORM, given, "console", who.session)

    def keep(self, who: InConsole, path: str, typed: Mapping[str, list[str]]) -> None:
        """What was typed and could not be saved."""
        self.drafts.keep(who, path, typed)

    def take(self, who: InConsole, path: str) -> Mapping[str, list[str]]:
        """What was typed on this page before, if anything was; it is gone by that."""
        return self.drafts.take(who, path)

    def _find(self, key: str) -> FoundInConsole | None:
        if not key:
            return None
        try:
            with self.records.db.read() as tx:
                return self.records.console_sessions.find(tx, key)
        except SealBroken as broken:
            # Somebody wrote to the database without the key: refused, and said loudly (M2).
            event = events.SealBroken(broken.table)
            with self.records.db.write() as tx:
                self.records.audit.append(tx, [event], at=self.around.now())
            tell(self.around.meter, [event])
            return None

    def _why_over(self, found: FoundInConsole, now: datetime) -> str:
        if now >= found.session.ends_at:
            return "age"
        if now >= found.seen_at + self.rules.idle:
            return "idle"
        # At once: whoever takes a role away should not have to wait until somebody goes home.
        return "rules" if found.session.rules != self.rules.edition else ""


def actor_of(session: ConsoleSession) -> Actor:
    """Who acts in this session."""
    return Actor(session.subject, session.name, frozenset(map(Role, session.roles)))
