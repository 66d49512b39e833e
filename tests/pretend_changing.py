"""A small pretend change of a password behind the real pages: it stands where a test puts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from keyback.core.contracts.people import Account, AccountKey, Person
from keyback.core.contracts.store import DirectoryRules
from keyback.core.contracts.text import Secret
from keyback.core.recovery.changing import Change
from keyback.core.recovery.passwords import Line, PasswordContext, judge, requirements
from keyback.core.recovery.policy import PasswordRules, Policy
from keyback.core.recovery.state import Subject
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.start import Arrival
from keyback.core.service.tickets import Ticket
from keyback.core.service.writing.measure import Measured

CHANGE_ID = "fedcba9876543210fedcba9876543210"
MAYA = Account(AccountKey("embedded", "7"), "maya.okafor", "Maya Okafor")
SUBJECT = Subject(Person("p1", (MAYA,)), Policy("everybody"), ())
CONTEXT = PasswordContext(("maya.okafor", "Maya Okafor"), "Alderwick")


def a_change(now: datetime, **values: Any) -> Change:
    """One that waits for passwords."""
    day = timedelta(hours=24)
    return Change(CHANGE_ID, "maya.okafor", SUBJECT, now, now + day, timedelta(seconds=3), **values)


@dataclass
class PretendChanging:
    """Answers out of the pretend service's `answers`; an exception put in is raised."""

    service: Any
    now: datetime
    by_sign_in = True

    @property
    def by_name(self) -> bool:
        return bool(self.service.answers.get("by_name"))

    @property
    def gate(self) -> Any:
        return self.service

    @property
    def organisations(self) -> tuple[str, ...]:
        return self.service.organisations

    def start(self, name: str, response: Mapping[str, str], arrival: Arrival) -> Ticket:
        self.service._heard("start", name)
        return Ticket(CHANGE_ID, "key")

    def start_for(self, who: SignedIn, *, language: str) -> Ticket:
        self.service._heard("start_for", who)
        return Ticket(CHANGE_ID, "key")

    def look(self, ticket: Ticket) -> Change:
        change: Change = self.service.answers.get("change") or a_change(self.now)
        return change

    def form_token(self, change: Change) -> str:
        return "token-1"

    def rules(self, change: Change) -> tuple[Line, ...]:
        return requirements(PasswordRules(), DirectoryRules(), CONTEXT)

    def check(self, ticket: Ticket, token: str, password: Secret) -> Measured:
        self.service._heard("check_new", token)
        judged = judge(password.reveal(), PasswordRules(), DirectoryRules(), CONTEXT, breached=lambda _: False)
        return Measured(judged, 3)

    def exchange(self, ticket: Ticket, token: str, old: Secret, new: Secret) -> None:
        self.service._heard("exchange", token, old.reveal(), new.reveal())

    def cancel(self, ticket: Ticket, token: str) -> None:
        self.service._heard("cancel_change", token)

    def browser_mark(self, change: Change, cookie: str) -> str | None:
        return None
