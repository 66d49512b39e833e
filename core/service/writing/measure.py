"""How good a new password is: every rule, and how strong it is; asked while it is typed and before it is written."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from ...contracts.errors import MustWait
from ...contracts.text import Secret
from ...recovery.passwords import Judged, Line, PasswordContext, judge, requirements
from ...recovery.state import Subject
from ..surroundings import Surroundings
from .strength import Strength

# A page asks half a second after the last key, so never more often than twice a second; the network may bunch a few.
APART = timedelta(milliseconds=500)
BUNCH = 4
# Choosing a password takes a few dozen pauses.
MOST_CHECKS = 120
# More recoveries than ask for a password at once in one process; beyond, the one that was quiet longest is forgotten.
MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Every rule's answer, and the strength from 0, guessed at once, to 4."""

    judged: Judged
    score: int


@dataclass(slots=True)
class _Asked:
    """How often, and when the last check is paid off."""

    times: int
    paid: datetime


class Pace:
    """How often one recovery may have passwords checked while they are typed.

    A courtesy to the processor, kept by each process for itself. Whoever gets here gave all proofs, or passed a human
    check and is told of public lists alone: nothing can be guessed by it, so a keystroke is not worth a row.
    """

    def __init__(self) -> None:
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._lock = Lock()

    def take(self, who: str, until: datetime, now: datetime) -> None:
        """One more check for this one, which is over then. Raises MustWait."""
        with self._lock:
            asked = self._asked.setdefault(who, _Asked(0, now))
            self._asked.move_to_end(who)
            if len(self._asked) > MOST_KEPT:
                self._asked.popitem(last=False)
            if asked.times >= MOST_CHECKS:
                raise MustWait(until)
            paid = max(asked.paid, now) + APART
            if paid > now + BUNCH * APART:
                raise MustWait(paid - BUNCH * APART)
            asked.times, asked.paid = asked.times + 1, paid


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One answer for the page that helps and for the write that refuses."""

    around: Surroundings
    breached: Callable[[str], bool]
    strength: Callable[[str, tuple[str, ...]], Strength]
    _pace: Pace = field(default_factory=Pace)

    def rules(self, subject: Subject) -> tuple[Line, ...]:
        """What is asked of this person's password."""
        return requirements(subject.policy.password, subject.directory, self._context(subject))

    def of(self, subject: Subject, password: Secret) -> Measured:
        """How this password does."""
        context, typed = self._context(subject), password.reveal()
        strength = self.strength(typed, (*context.names, context.company))
        judged = judge(
            typed,
            subject.policy.password,
            subject.directory,
            context,
            breached=self.breached,
            easy=lambda _: strength.too_easy,
        )
        return Measured(judged, strength.score)

    def pace(self, who: str, until: datetime) -> None:
        """Raises MustWait for whoever asks too often."""
        self._pace.take(who, until, self.around.now())

    def _context(self, subject: Subject) -> PasswordContext:
        accounts = subject.person.accounts
        names = tuple(name for account in accounts for name in (account.name, account.display_name) if name)
        ruled = subject.directory.min_length is not None
        return PasswordContext(names, self.around.short_name, ruled)
