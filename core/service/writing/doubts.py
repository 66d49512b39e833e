"""What became of a write whose answer was lost: asked of the directory until it is sure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...contracts.people import Account, AccountKey
from ...contracts.store import Outcome, OutcomeKind
from ..surroundings import Surroundings
from .write import NO_ANSWER

# A directory that was frozen applies late what it had already received (seen on OpenLDAP and Samba): "not set" is said
# only once it has answered, unmoved, twice this far apart, and no sooner than this after the write began.
QUIET = timedelta(seconds=4)
DEAD = timedelta(seconds=12)

# Whether the directory has done it; None: cannot know.
Asked = Callable[[Account], bool | None]


@dataclass(kw_only=True)
class Doubts:
    """One for all who settle in this process."""

    around: Surroundings
    _unmoved_since: dict[tuple[str, AccountKey], datetime] = field(init=False, default_factory=dict)

    def settle(self, job: str, account: Account, began: datetime, asked: Asked) -> Outcome | None:
        """Set, or not; None while nobody can tell. `job`: on whose behalf it is asked again and again."""
        done, now = asked(account), self.around.now()
        if done is None:
            self._unmoved_since.pop((job, account.key), None)
            return None
        if done:
            return Outcome(account.key, OutcomeKind.SET)
        since = self._unmoved_since.setdefault((job, account.key), now)
        if now - since >= QUIET and now - began >= DEAD:
            return Outcome(account.key, OutcomeKind.NOT_SET, (NO_ANSWER,))
        return None

    def forget(self, job: str) -> None:
        """It asks no more."""
        self._unmoved_since = {k: v for k, v in self._unmoved_since.items() if k[0] != job}
