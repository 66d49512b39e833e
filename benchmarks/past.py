"""What years of use leave in the tables, as rows by the million, sealed as the program seals them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from keyback.core.contracts.method import Challenge, Offer, Prompt
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Person
from keyback.core.contracts.text import Text
from keyback.core.db import sealed
from keyback.core.db.approvals import Approval, Approvals, Decision
from keyback.core.db.callers import Caller, Callers
from keyback.core.db.census import Census, Counted
from keyback.core.db.contacts import ContactsSeen
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.freezes import Freeze, Freezes
from keyback.core.db.recoveries import Recoveries
from keyback.core.db.sealing import KeyPurpose, Keyring
from keyback.core.db.sessions import Session, Sessions
from keyback.core.db.sign_ins import Departure, SignIns
from keyback.core.db.waiting_links import WaitingLink, WaitingLinks
from keyback.core.recovery.policy import Policy, PublicRules, Purpose
from keyback.core.recovery.reach import Having
from keyback.core.recovery.state import Pick, Recovery, Sent, Stage, Subject

Row = dict[str, Any]

STORE, ISSUER = "openldap", "https://sign-in.alderwick.example"
YEAR, DAY, HOUR = timedelta(days=365), timedelta(days=1), timedelta(hours=1)
# What began at the same time began one after the other.
MOMENT = timedelta(milliseconds=1)
_ALL = ("email", "sms", "saved_codes")
_METHODS = ((), *((each,) for each in _ALL), _ALL[:2], _ALL[1:], _ALL)
COMBINATIONS = 50 * len(_METHODS)
# Ten saved codes, as their digests.
_CODES = {"unused": json.dumps({f"code-{number}": f"{number:064x}" for number in range(10)})}

_NEWS = b'{"kind": "credential-change", "at": "2026-11-22T12:00:00Z", "naming": "id", "subject": "uuid"}'


@dataclass(frozen=True)
class Past:
    """So many people, and what they left until now."""

    keyring: Keyring
    people: int
    now: datetime

    def ref(self, number: int) -> str:
        """Who it is, everywhere outside the directory."""
        return self.keyring.pseudonym(STORE, f"entry-{number % self.people}")

    def persons(self) -> Iterator[Row]:
        """Everybody is enrolled, so everybody has a row."""
        return ({"id": self.ref(number), "created_at": self.now - YEAR} for number in range(self.people))

    def accounts(self) -> Iterator[Row]:
        """One link each."""
        for number in range(self.people):
            ref = self.ref(number)
            row: Row = {"pseudonym": ref, "person_id": ref, "how": "signed in", "linked_at": self.now - YEAR}
            row["sealed"] = sealed.ACCOUNT.seal(self.keyring, json.dumps([STORE, f"entry-{number}"]).encode(), row)
            yield row | {"seal": sealed.ACCOUNT_ROW.seal(self.keyring, row)}

    def enrolments(self) -> Iterator[Row]:
        """Saved codes for each."""
        keeper, at = Enrolments(self.keyring), self.now - YEAR
        for number in range(self.people):
            row: Row = {"id": secrets.token_urlsafe(16), "person_id": self.ref(number), "method": "saved_codes"}
            row |= {"proven_at": at, "usable_from": at, "used_at": None, "version": 1}
            yield keeper._sealed(row, "Paper", _CODES, ())

    def contacts(self) -> Iterator[Row]:
        """A mailbox and a phone each."""
        keeper = ContactsSeen(self.keyring)
        for number in range(self.people):
            ref = self.ref(number)
            for contact in _account(number).contacts:
                yield keeper._row(ref, contact, None)

    def person_keys(self) -> Iterator[Row]:
        """What seals the personal details of people's events."""
        for number in range(self.people):
            row: Row = {"name": self.ref(number)}
            yield row | {"sealed": sealed.PERSON_KEY.seal(self.keyring, secrets.token_bytes(32), row)}

    def freezes(self, count: int) -> Iterator[Row]:
        """Some are stopped; half of them were let in again."""
        keeper = Freezes(self.keyring)
        for number in range(count):
            lifted = self.now if number % 2 else None
            yield keeper._row(Freeze(self.ref(number), self.now - DAY, "password.set", _token(), lifted))

    def waiting_links(self, count: int) -> Iterator[Row]:
        """Accounts that were joined a moment ago."""
        keeper, until = WaitingLinks(self.keyring), self.now + 3 * DAY
        for number in range(count):
            host, joined = AccountKey(STORE, f"entry-{number}"), AccountKey("cloud", f"entry-{number}")
            yield keeper._row(WaitingLink(self.ref(number), host, joined, "password", self.now, until))

    def callers(self, count: int) -> Iterator[Row]:
        """People for whom the help desk started, a moment ago."""
        keeper, until = Callers(self.keyring), self.now + HOUR
        for number in range(count):
            code = f"{number:08}"
            yield keeper._row(Caller(f"call-{number}", self.ref(number), "agent", "Bo", "jo", code, self.now, until))

    def approvals(self, count: int) -> Iterator[Row]:
        """What two administrators decided, one each hour."""
        keeper, about = Approvals(self.keyring), Text("Lift the lock-out of {name}", name="jo")
        for number in range(count):
            at = self.now - number * HOUR
            given = Decision.GIVEN
            yield keeper._row(Approval(f"a-{number}", "lift", about, {}, "ada", "Ada", "why", at, at + DAY, given))

    def recoveries(self, count: int, stage: Stage = Stage.ANSWERING, *, ends_in: timedelta = DAY) -> Iterator[Row]:
        """A code was sent, and nobody came back; closed ones are those that were found out of time."""
        keeper, one = Recoveries(self.keyring), self._waiting(ends_in)
        if stage is Stage.CLOSED:
            one = replace(one, stage=stage, pick=None, closed_because="expired")
        for number in range(count):
            began = one.started_at - number * MOMENT
            each = replace(one, id=secrets.token_hex(16), subject=self._subject(number), started_at=began)
            yield keeper._row(each) | keeper._key(each.id, b"d" * 32)

    def proofs(self, count: int, *, ago: timedelta = DAY) -> Iterator[Row]:
        """The ledger of some weeks."""
        for number in range(count):
            row: Row = {"challenge": _token(), "recovery_id": _token(), "person_ref": self.ref(number)}
            row |= {"method": "email", "rides_on": "mailbox", "credential": "c" * 68, "at": self.now - ago}
            yield row | {"seal": sealed.PROOF_ROW.seal(self.keyring, row)}

    def counters(self, count: int, *, ends_in: timedelta = DAY) -> Iterator[Row]:
        """Budgets of sources and of people."""
        ends = self.now + ends_in
        row: Row = {"window_start": ends - DAY, "ends_at": ends, "count": 1, "locked_until": None}
        for _ in range(count):
            yield row | {"key": self.keyring.mac(KeyPurpose.PEPPER, "budget", "filled", _token())}

    def jobs(self, count: int, *, ago: timedelta = DAY) -> Iterator[Row]:
        """Those that nobody could do, kept for whoever looks into it."""
        row: Row = {"lane": "smtp", "kind": "carry", "sealed": b"", "tries": 31, "leased_by": ""}
        for number in range(count):
            at = self.now - ago - number * MOMENT
            whens = {"due_at": at, "leased_until": at, "given_up_at": at}
            yield row | whens | {"id": _token(), "recovery_id": _token()}

    def signed_in(self, count: int) -> Iterator[Row]:
        """Sessions of people who came this morning."""
        keeper, until = Sessions(self.keyring), self.now + HOUR
        for number in range(count):
            person = Person(self.ref(number), (_account(number),))
            sub, sid = f"subject-{number}", f"sid-{number}"
            yield keeper._row(_token(), Session(person, ISSUER, sub, sid, "", self.now, self.now, until))

    def setting_out(self, count: int) -> Iterator[Row]:
        """People on their way to the identity provider."""
        keeper = SignIns(self.keyring)
        for _ in range(count):
            yield keeper._row(_token(), Departure(_token(), _token(), _token(), self.now, self.now + HOUR))

    def adding(self, count: int) -> Iterator[Row]:
        """Methods that somebody began to add."""
        for _ in range(count):
            row: Row = {"key": _token(), "tries": 0, "expires_at": self.now + HOUR, "code": _token()}
            yield row | {"sealed": sealed.PENDING.seal(self.keyring, b"{}", row)}

    def counted(self) -> Iterator[Row]:
        """Everybody, as the census saw them, and some of whom what they have changes soon."""
        keeper = Census(self.keyring)
        for number in range(self.people):
            key, having = AccountKey(STORE, str(number)), having_of(number)
            look_at = None if number % 50 else self.now + DAY
            yield keeper._row(1, Counted(key, self.ref(number), f"p{number}", having, look_at))

    def turns(self, count: int) -> Iterator[Row]:
        """Whom campaigns were for."""
        for number in range(count):
            at, state = self.now - number * HOUR, ("done", "failed")[number % 50 == 0]
            yield {"campaign": f"c-{number % 3}", "pseudonym": _token(), "state": state, "why": "", "at": at}

    def grants(self, count: int) -> Iterator[Row]:
        """Clients that were sent a code, and did not come for a token yet."""
        waiting = {"taken_at": None, "token": "", "token_until": None, "sealed": b""}
        for number in range(count):
            ends = self.now + HOUR
            yield {"code": _token(), "entry": "intranet", "recovery_id": str(number), "expires_at": ends, **waiting}

    def signals(self, count: int) -> Iterator[Row]:
        """Receivers were away, and refuse one in ten since they came back."""
        for number in range(count):
            row: Row = {"id": f"{number:015x}{_token()[:18]}", "receiver": f"siem{number // 10 % 30 or ''}"}
            row |= {"kind": "credential-change"}
            row |= {"refused_at": None if number % 10 else self.now, "error": "" if number % 10 else "invalid_key"}
            yield row | {"sealed": sealed.SIGNAL.seal(self.keyring, _NEWS, row)}

    def changes(self, count: int) -> Iterator[Row]:
        """Passwords that somebody began to change."""
        for _ in range(count):
            row: Row = {"id": _token(), "key_digest": _token(), "step": "asking", "version": 1}
            row |= {"expires_at": self.now + DAY}
            yield row | {"sealed": sealed.CHANGE.seal(self.keyring, b"{}", row)}

    def standings(self) -> Iterator[Row]:
        """Everybody said "Later" once."""
        for number in range(self.people):
            row: Row = {"person_ref": self.ref(number), "version": 1}
            yield row | {"sealed": sealed.STANDING.seal(self.keyring, b'{"laters": 1}', row)}

    def heard(self, count: int) -> Iterator[Row]:
        """Answers from phones that nobody took up yet."""
        for _ in range(count):
            row: Row = {"challenge": _token(), "passed": True, "expires_at": self.now + HOUR}
            yield row | {"sealed": sealed.HEARD.seal(self.keyring, b"{}", row)}

    def deliveries(self, count: int) -> Iterator[Row]:
        """Texts of the last month, each told of by its provider."""
        row: Row = {"medium": "sms", "channel": "http_gateway", "region": "DE", "state": "delivered", "why": ""}
        for number in range(count):
            at = self.now - 30 * DAY * number / count
            kept: Row = row | {"id": _token(), "challenge": _token(), "ref": _token(), "at": at, "changed_at": at}
            yield kept | {"used_at": at, "lane": "", "sealed": sealed.DELIVERY.seal(self.keyring, b"SM1", kept)}

    def _waiting(self, ends_in: timedelta) -> Recovery:
        began = self.now - HOUR
        # No idle time of its own: it is open until it expires.
        rules = PublicRules(idle=YEAR)
        challenge = Challenge(Prompt(Text("Type the code"), Text("We sent one.")), HOUR, {"code": "12345678"})
        return Recovery(
            id="",
            purpose=Purpose.RESET,
            stage=Stage.ANSWERING,
            name="somebody",
            rules=rules,
            started_at=began,
            expires_at=self.now + ends_in,
            moved_at=began,
            found=True,
            asked=(STORE,),
            pick=Pick("email", _token(), challenge, began, destination="somebody@alderwick.example"),
            sent=(Sent("email", began),),
        )

    def _subject(self, number: int) -> Subject:
        account = _account(number)
        offers = tuple(Offer(method, f"{method}-1", Text("•• {end}", end="42")) for method in ("email", "sms"))
        return Subject(Person(self.ref(number), (account,), account.contacts), Policy("everybody"), offers)


def having_of(number: int) -> Having:
    """Fifty groups, and seven ways to have methods."""
    methods = _METHODS[number % len(_METHODS)]
    return Having(STORE, (f"group-{number % 50}",), methods)


def _account(number: int) -> Account:
    contacts = (
        Contact(ContactKind.MAIL, f"entry-{number}@alderwick.example", "mail", trusted=True),
        Contact(ContactKind.PHONE, f"+1555{number:07d}", "mobile", trusted=True),
    )
    return Account(AccountKey(STORE, f"entry-{number}"), f"entry-{number}", f"Entry {number}", contacts=contacts)


def _token() -> str:
    return secrets.token_hex(16)
