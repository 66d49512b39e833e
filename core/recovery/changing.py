"""What an attempt to change a known password is. It has no stages: who types the old one proves by it who they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ..contracts.people import Account, AccountKey
from ..contracts.text import Text
from .release import AHEAD, first_after
from .state import Subject

# So often passwords may be typed; then it is begun anew, with another human check.
MOST_TRIES = 5


class Step(StrEnum):
    """What we wait for: passwords, the directory, or nothing any more."""

    ASKING = "asking"
    TRYING = "trying"
    CHANGED = "changed"
    CLOSED = "closed"


class Result(StrEnum):
    """What became of the passwords that were typed last.

    FAILED says the same of an unknown name, a wrong password and an account that may not be changed here (P4).
    """

    SET = "set"
    FAILED = "failed"
    REFUSED = "refused"
    NOT_SET = "not-set"


@dataclass(frozen=True, slots=True)
class Told:
    """A result, and why."""

    result: Result
    reasons: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One attempt. `account`: of whom, if they are signed in; otherwise the name alone is known, never whose it is."""

    id: str
    name: str = field(repr=False)
    # Whose rules the page shows: the person's own if they are signed in, otherwise everybody's.
    subject: Subject
    started_at: datetime
    expires_at: datetime
    # No result of a try shows sooner after it: a directory needs another while for each name.
    look_up: timedelta
    asked: tuple[str, ...] = ()
    account: AccountKey | None = None
    language: str = ""
    browser: str = field(default="", repr=False)
    step: Step = Step.ASKING
    tries: int = 0
    tried_at: datetime | None = None
    # The account as it was before the directory was told to change it: whoever finds this settles what became of it.
    intent: Account | None = None
    intended_at: datetime | None = None
    told: Told | None = None
    # From when on the page may say so.
    shown_at: datetime | None = None
    turn: int = 1
    version: int = 1

    @property
    def tries_left(self) -> int:
        """How often passwords may still be typed."""
        return MOST_TRIES - self.tries

    def seen(self, now: datetime) -> Change:
        """As a page may show it."""
        if self.shown_at is not None and now < self.shown_at:
            return replace(self, step=Step.TRYING, told=None)
        if self.step is Step.ASKING and now >= self.expires_at:
            return replace(self, step=Step.CLOSED, told=None)
        return self

    def tried(self, now: datetime) -> Change:
        """Passwords were typed, and the directory is to be asked."""
        return replace(
            self, step=Step.TRYING, tries=self.tries + 1, tried_at=now, told=None, shown_at=None, turn=self.turn + 1
        )

    def intending(self, account: Account, now: datetime) -> Change:
        """The directory is about to be told."""
        return replace(self, intent=account, intended_at=now)

    def ended(self, told: Told, shown_at: datetime) -> Change:
        """This is what became of it."""
        step = Step.ASKING
        if told.result is Result.SET:
            step = Step.CHANGED
        elif not self.tries_left:
            step = Step.CLOSED
        return replace(self, step=step, told=told, shown_at=shown_at, intent=None, intended_at=None)

    def cancelled(self) -> Change:
        """The person stopped."""
        return replace(self, step=Step.CLOSED, told=None, turn=self.turn + 1)

    def moment(self, now: datetime) -> datetime:
        """When a result of now shows that must not tell whose the name is: at moments that are everybody's."""
        return first_after(self.tried_at or self.started_at, self.look_up, now, AHEAD)
