"""From the company's identity provider, or by a link made on the server, into the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ...contracts.console_events import ConsoleEntered, ConsoleLeft, ConsoleRefused
from ...contracts.text import Text
from ...db.console_sessions import BY_LINK, ConsoleSession
from ...db.sealing import SealBroken
from ...db.sign_ins import Departure, digest
from ..enrolling.signing_in import AWAY, Arrived, SetOut
from ..enrolling.vouching import CompanyIdp, SignInRefused, SignInUnavailable, Vouched
from ..gate import Gate
from ..refused_sign_ins import record_refusal
from ..reporting.counted import tell
from .actor import Role
from .console_desk import InConsole
from .console_link import ConsoleLinks
from .console_reception import ConsoleReception

HOME = "/admin/"
IDP = "idp"
# What is done by a link is done quickly, or by another link.
LINK_LASTS = timedelta(minutes=30)
NOBODY = Text("Your organisation knows you, but gives you no role here. An administrator there can.")
USED = Text("This link is used up or too old. Make another one on the server: keyback admin-link.")


@dataclass(frozen=True, kw_only=True)
class ConsoleDoor:
    """Who somebody is and which groups they are in, the identity provider says, never what a browser sends (J16)."""

    reception: ConsoleReception
    links: ConsoleLinks
    gate: Gate
    # None: nobody signs in, only links lead in.
    idp: CompanyIdp | None = None

    def set_out(self, address: str, browser: str, *, to: str, fresh: bool, key: str, language: str) -> SetOut:
        """Begin. `key`: of the session that this browser has, which ends when another begins.

        Raises MustWait or SignInUnavailable.
        """
        idp = self._idp()
        self.gate.admit_departure(address)
        around, now = self.reception.around, self.reception.now()
        secrets = self._secret(), self._secret(), self._secret()
        ends = digest(key) if key else ""
        departure = Departure(*secrets, left_at=now, expires_at=now + AWAY, to=to, fresh=fresh, ends=ends)
        there = idp.address_for(departure, language or around.languages.default)
        browser = browser or self._secret()
        with self.reception.records.db.write() as tx:
            self.reception.records.sign_ins.put(tx, _ours(browser), departure)
        return SetOut(there, browser)

    def come_back(self, answer: Mapping[str, str], browser: str, address: str) -> Arrived:
        """End at a session. Raises SignInRefused or SignInUnavailable; either way this way back is used up."""
        try:
            departure = self._take(answer.get("state", ""), browser)
            vouched = self._idp().vouch(answer, departure, self.reception.now())
            session = self._session(vouched)
        except SignInRefused as refused:
            self._refused(refused.why, address)
            raise
        return self._arrive(session, departure.ends, browser, departure.to)

    def by_link(self, token: str, address: str, key: str = "") -> Arrived:
        """In, as an administrator, once. `key`: of the session that this browser has, which ends.

        Raises SignInRefused.
        """
        try:
            self.links.spend(token)
        except SignInRefused as refused:
            self._refused(refused.why, address)
            raise SignInRefused(refused.why, USED) from None
        now = self.reception.now()
        session = ConsoleSession(
            BY_LINK, token[8:24], "", "", "keyback admin-link", (Role.ADMINISTRATOR.value,),
            self.reception.rules.edition, BY_LINK, now, now, now + LINK_LASTS,
        )  # fmt: skip
        return self._arrive(session, digest(key) if key else "")

    def leave(self, who: InConsole, key: str) -> str:
        """Sign out here; says where to sign out at the identity provider too, empty where there is no such place."""
        session = self.reception.session(who, key)
        if session is None or not self.reception.end(who.session, session, "self") or not session.id_token:
            return ""
        try:
            return self._idp().way_out(session.id_token)
        except SignInUnavailable:
            return ""

    def told(self, logout_token: str) -> None:
        """The identity provider says that somebody's session is over. Raises SignInRefused or SignInUnavailable."""
        now, records = self.reception.now(), self.reception.records
        said = self._idp().told(logout_token, now)
        with records.db.write() as tx:
            if not records.counters.spend_once(tx, f"console-logout {said.issuer} {said.once}", said.good_until, now):
                raise SignInRefused("told-twice")
            if records.console_sessions.end_vouched(tx, said.issuer, subject=said.subject, sid=said.sid):
                records.audit.append(tx, [ConsoleLeft(IDP)], at=now)

    def _idp(self) -> CompanyIdp:
        if self.idp is None:
            raise SignInUnavailable("none is set")
        return self.idp

    def _take(self, state: str, browser: str) -> Departure:
        records = self.reception.records
        try:
            with records.db.write() as tx:
                departure = records.sign_ins.take(tx, _ours(browser), state) if state and browser else None
        except SealBroken:
            raise SignInRefused("tampered") from None
        if departure is None:
            raise SignInRefused("no-such-way-back")
        if self.reception.now() >= departure.expires_at:
            raise SignInRefused("too-late")
        return departure

    def _session(self, vouched: Vouched) -> ConsoleSession:
        now, rules = self.reception.now(), self.reception.rules
        roles = rules.roles_of(vouched.groups)
        if not roles:
            raise SignInRefused("no-role", NOBODY)
        return ConsoleSession(
            vouched.issuer, vouched.subject, vouched.sid, vouched.id_token, vouched.name,
            tuple(sorted(role.value for role in roles)), rules.edition, IDP, vouched.at, now, now + rules.longest,
        )  # fmt: skip

    def _arrive(self, session: ConsoleSession, ends: str, browser: str = "", to: str = HOME) -> Arrived:
        records, key, renewed = self.reception.records, self._secret(), self._secret()
        event = ConsoleEntered(session.roles, session.how)
        with records.db.write() as tx:
            if ends:
                records.console_sessions.end(tx, ends)
                self.reception.drafts.hand_on(tx, ends, digest(key), session.subject)
            records.console_sessions.open(tx, key, session)
            if browser:
                records.sign_ins.hand_on(tx, _ours(browser), _ours(renewed))
            self.reception.note(tx, event, session)
        tell(self.reception.around.meter, [event])
        return Arrived(key, renewed, to)

    def _refused(self, why: str, address: str) -> None:
        reception = self.reception
        record_refusal(ConsoleRefused(why), address, records=reception.records, around=reception.around)

    def _secret(self) -> str:
        """256 bits: nobody guesses somebody else's."""
        return self.reception.around.random(32).hex()


def _ours(browser: str) -> str:
    """What set out for the console never comes back as a person's sign-in, nor the reverse."""
    return f"console {browser}" if browser else ""
