"""Who is signed in, and every way in which that ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...contracts import events
from ...contracts.events import Event, PersonSignedOut
from ...db.sealing import SealBroken
from ...db.sessions import Found
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .signed_in import SignedIn
from .signing_in import SessionRules
from .vouching import CompanyIdp, SignInRefused, SignInUnavailable

# To write down every use would cost every page a commit; so somebody may have to sign in a minute early.
NOTICED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SessionDesk:
    """Every page that is for somebody shows its cookie here first; what is in doubt is nobody (P12)."""

    records: Records
    around: Surroundings
    idp: CompanyIdp
    rules: SessionRules
    snapshots: Snapshots

    def whoever(self, key: str) -> SignedIn | None:
        """Who holds this key; nobody once the session was ended, its time is over, or its person was stopped."""
        found = self._find(key)
        if found is None:
            return None
        # What an administrator saved a moment ago, at whichever process, holds from this page on.
        self.snapshots.at_least(found.settings)
        now, session = self.around.now(), found.session
        if why := self._why_over(found, now):
            self._end(found, why)
            return None
        if now >= found.seen_at + NOTICED_EVERY:
            with self.records.db.write() as tx:
                self.records.sessions.seen(tx, found.id, now)
        return SignedIn(
            found.id,
            session.person,
            session.authenticated_at,
            session.proven_at,
            wanted=session.wanted,
            put_off=session.put_off,
            entry=session.entry,
        )

    def leave(self, key: str) -> str:
        """Sign out here; says where to sign out at the identity provider too, empty where there is no such place."""
        found = self._find(key)
        if found is None or not self._end(found, "self"):
            return ""
        try:
            return self.idp.way_out(found.session.id_token)
        except SignInUnavailable:
            return ""

    def told(self, logout_token: str) -> None:
        """The identity provider says that somebody's session is over. Raises SignInRefused or SignInUnavailable."""
        now = self.around.now()
        said = self.idp.told(logout_token, now)
        with self.records.db.write() as tx:
            if not self.records.counters.spend_once(tx, f"logout {said.issuer} {said.once}", said.good_until, now):
                raise SignInRefused("told-twice")
            people = self.records.sessions.end_vouched(tx, said.issuer, subject=said.subject, sid=said.sid)
            for person_id in people:
                self.records.audit.append(tx, [PersonSignedOut("idp")], at=now, person_id=person_id)
        tell(self.around.meter, [PersonSignedOut("idp")] * len(people))

    def _find(self, key: str) -> Found | None:
        if not key:
            return None
        try:
            with self.records.db.read() as tx:
                return self.records.sessions.find(tx, key)
        except SealBroken as broken:
            # Somebody wrote to the database without the key: refused, and said loudly (M2).
            self._note([events.SealBroken(broken.table)])
            return None

    def _why_over(self, found: Found, now: datetime) -> str:
        if now >= found.session.ends_at:
            return "age"
        if now >= found.seen_at + self.rules.idle:
            return "idle"
        with self.records.db.read() as tx:
            return "frozen" if self.records.freezes.stopped(tx, found.session.person) else ""

    def _end(self, found: Found, how: str) -> bool:
        with self.records.db.write() as tx:
            ended = self.records.sessions.end(tx, found.id)
            if ended:
                event, person_id = PersonSignedOut(how), found.session.person.id
                self.records.audit.append(tx, [event], at=self.around.now(), person_id=person_id)
        return ended

    def _note(self, happened: Sequence[Event]) -> None:
        with self.records.db.write() as tx:
            self.records.audit.append(tx, happened, at=self.around.now())
        tell(self.around.meter, happened)
