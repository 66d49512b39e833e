"""What people's phones say: that they join, what waits for them, and what their owners decided.

A phone is believed by its signature alone, never by a cookie; what it answers waits until the person's own browser goes
on. Whoever is no phone of somebody's learns nothing here: neither names nor requests can be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from ...contracts import device
from ...contracts.channel import Wakes
from ...contracts.device import KnowsDevices, Statement
from ...contracts.method import Method
from ...contracts.people import Enrolment
from ...db.counters import Mark
from ...db.session import Transaction
from ...recovery import limits
from ...recovery.state import Pick, Recovery
from ..finding.fitting import fitting_offers
from ..hear import Hearing
from ..records import Records
from ..sending.send_limits import to_one_offer
from ..snapshot import Snapshots
from ..stop import Stopping
from ..surroundings import Surroundings

MEDIUM = "push"
# What a digest of a key can look like; anything else is no question for a database.
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# More requests than these are no help to anybody who looks for their own.
MOST_SHOWN = 5


class Said(StrEnum):
    """What a phone is told."""

    JOINED = "joined"
    # The code is wrong, used or too old.
    NOT_JOINED = "not-joined"
    # Not a phone of anybody's, or not any more.
    UNKNOWN = "unknown"
    WAITING = "waiting"
    APPROVED = "approved"
    WRONG = "wrong"
    # Answered, tried too often, given up or too old.
    OVER = "over"
    STOPPED = "stopped"
    # Not signed by it, or too long ago by the clock that it goes by.
    AGAIN = "again"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Request:
    """What the owner's phone shows of a recovery that waits for them."""

    id: str
    account: str = field(repr=False)
    asked_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What a phone is told; `left`: how many numbers may still be tried."""

    said: Said
    waiting: tuple[Request, ...] = ()
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Phone:
    """A phone that has shown who it is, and whose it is."""

    person_id: str
    enrolment: Enrolment
    method: Method


@dataclass(frozen=True, kw_only=True)
class Phones:
    """Reads what a phone signed, and does what it says."""

    records: Records
    snapshots: Snapshots
    hearing: Hearing
    stopping: Stopping
    around: Surroundings

    def wake_key(self) -> str:
        """What phones subscribe with to be woken; empty where nobody wakes them."""
        channels: Iterable[object] = self.snapshots.current.plugins.channels_for(MEDIUM).values()
        return next((channel.wake_key() for channel in channels if isinstance(channel, Wakes)), "")

    def hear(self, statement: Statement) -> Reply:
        """Take what a phone says. Raises SealBroken."""
        if not NAME.fullmatch(statement.device):
            return Reply(Said.UNKNOWN)
        with self.records.db.read() as tx:
            found = self.records.enrolments.find(tx, statement.device)
        if found is None:
            return self._join(statement)
        person_id, enrolment = found
        method = self.snapshots.current.plugins.methods.get(enrolment.method)
        if method is None or not isinstance(method, KnowsDevices):
            return Reply(Said.UNKNOWN)
        said = method.said(statement, enrolment.data, self.around.context())
        match said and said.get("what"):
            case device.ASKS:
                return Reply(Said.WAITING, self._waiting(_Phone(person_id, enrolment, method)))
            case device.DECIDES:
                return self._decide(_Phone(person_id, enrolment, method), statement, said or {})
            case device.MOVED:
                return self._move(person_id, enrolment, method.moved(enrolment.data, said or {}))
        return Reply(Said.AGAIN)

    def _join(self, statement: Statement) -> Reply:
        """Keep what a new phone says for the page on which its owner is signed in; it counts once they confirm it."""
        context, methods = self.around.context(), self.snapshots.current.plugins.methods.values()
        heard = (method.joined(statement, context) for method in methods if isinstance(method, KnowsDevices))
        said = next((one for one in heard if one is not None), None)
        if said is None:
            return Reply(Said.UNKNOWN)
        code, now = said.get(device.JOINS_BY, ""), self.around.now()
        with self.records.db.read() as tx:
            expected = self.records.pending.expects(tx, code, now)
        if not expected:
            return Reply(Said.NOT_JOINED)
        with self.records.db.write() as tx:
            joined = self.records.pending.join(tx, code, statement, now)
        return Reply(Said.JOINED if joined else Said.NOT_JOINED)

    def _move(self, person_id: str, enrolment: Enrolment, data: Mapping[str, str]) -> Reply:
        now = enrolment.used_at or enrolment.proven_at
        with self.records.db.write() as tx:
            self.records.enrolments.update(tx, person_id, enrolment.id, data, at=now, expect=enrolment.data)
        return Reply(Said.NOTED)

    def _waiting(self, phone: _Phone) -> tuple[Request, ...]:
        with self.records.db.read() as tx:
            asking = self._asking(tx, phone)
        return tuple(_request(recovery, pick) for recovery, pick in asking)

    def _asking(self, tx: Transaction, phone: _Phone) -> list[tuple[Recovery, Pick]]:
        """What this phone may answer now: requests that are open, and that its owner was not bombed with."""
        now = self.around.now()
        asking = self.records.recoveries.asking(tx, phone.person_id, phone.method.key, now, MOST_SHOWN)
        fitting = [
            (recovery, recovery.pick, offers[0])
            for recovery in asking
            if recovery.pick and now < recovery.pick.expires_at and (offers := fitting_offers(recovery, phone.method))
        ]
        if not fitting:
            return []
        # Over what is counted when requests are carried the phone rests, also for whoever opens the page.
        marks = [_numbers(pick) for _, pick, _ in fitting] + [
            to_one_offer(recovery, one) for recovery, _, one in fitting
        ]
        counts = [count.count for count in self.records.counters.peek(tx, marks, now)]
        tried, asked = counts[: len(fitting)], counts[len(fitting) :]
        return [
            (recovery, pick)
            for (recovery, pick, _), tries, requests in zip(fitting, tried, asked, strict=True)
            if tries < limits.PHONE_NUMBERS.most and requests <= limits.DESTINATION_SENDS_DAY.most
        ]

    def _decide(self, phone: _Phone, statement: Statement, said: Mapping[str, str]) -> Reply:
        declined = said.get("decision") == device.DECLINE
        with self.records.db.write() as tx:
            asking = {pick.challenge.secret[device.REQUEST]: (one, pick) for one, pick in self._asking(tx, phone)}
            recovery, pick = asking.get(said.get(device.REQUEST, ""), (None, None))
            if recovery is None or pick is None:
                return Reply(Said.OVER)
            # Counted before it is looked at, so that tries at the same moment are no free ones.
            tried = 0 if declined else self.records.counters.bump(tx, [_numbers(pick)], self.around.now())[0].count
        if declined:
            self.stopping.decline(phone.person_id, recovery.id)
            return Reply(Said.STOPPED)
        if tried > limits.PHONE_NUMBERS.most:
            return Reply(Said.OVER)
        if self.hearing.would_pass(recovery, asdict(statement)):
            return Reply(Said.APPROVED if self.hearing.keep(recovery, asdict(statement)) else Said.OVER)
        left = max(0, limits.PHONE_NUMBERS.most - tried)
        return Reply(Said.WRONG, left=left) if left else Reply(Said.OVER)


def _request(recovery: Recovery, pick: Pick) -> Request:
    assert recovery.subject is not None
    account = recovery.subject.person.accounts[0]
    return Request(pick.challenge.secret[device.REQUEST], account.name, pick.at, pick.expires_at)


def _numbers(pick: Pick) -> Mark:
    return Mark(limits.PHONE_NUMBERS.name, pick.challenge_id, limits.PHONE_NUMBERS.window)
