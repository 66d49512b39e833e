"""The rules of a recovery told a second time, as plainly as possible, to hold the flow against.

Nothing here calls the flow or the policy: it counts for itself, so that both would have to be wrong in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

from keyback.core.recovery.policy import ProofRules, PublicRules

from .recoveries import NOW, OFFERS, RIDES_ON

OWN_OFFERS = {(offer.method, offer.id) for offer in OFFERS}
CODES_LAST = timedelta(minutes=5)
GRACE = timedelta(minutes=10)


def enough(rules: ProofRules, methods: Sequence[str]) -> bool:
    """Whether some of these proofs, each of its own kind, are as many as asked, and all that must be are there."""
    named = [method for method in methods if method in rules.required | rules.optional]

    def apart(some: Collection[str]) -> bool:
        carriers = {RIDES_ON[method] for method in some}
        return len(set(some)) == len(some) and (not rules.different_carriers or len(carriers) == len(some))

    most = max(len(some) for size in range(len(named) + 1) for some in combinations(named, size) if apart(some))
    return most >= max(rules.at_least, 1) and all(method in methods for method in rules.required)


@dataclass
class Picked:
    method: str
    challenge: str
    offer: str
    at: datetime


@dataclass
class Model:
    """Each move answers with the stage it leads to, or None where it must be refused."""

    public: PublicRules
    copied: ProofRules
    own_accounts: frozenset[str]
    unlocks: bool = False
    stage: str = "choosing"
    # None: not found yet. Otherwise whether anybody is there.
    somebody: bool | None = None
    # Whether the linked account's store has answered.
    joined: bool = False
    proven: list[str] = field(default_factory=list)
    misses: Counter[str] = field(default_factory=Counter)
    used_up: set[str] = field(default_factory=set)
    sends: int = 0
    picked: Picked | None = None
    awaited: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    extended: bool = False
    noted: bool = False
    void: bool = False
    expires: datetime = NOW + timedelta(minutes=20)
    moved: datetime = NOW

    @property
    def deadline(self) -> datetime:
        return min(self.expires, self.moved + self.public.idle)

    def is_their_turn(self, now: datetime, *stages: str) -> bool:
        return self.stage in stages and now < self.deadline

    def find(self, *, somebody: bool) -> str | None:
        if self.stage not in ("choosing", "answering") or self.somebody is not None:
            return None
        self.somebody = somebody
        return self.stage

    def join(self, account: str) -> str | None:
        if self.stage not in ("choosing", "answering") or not self.somebody or self.proven or self.joined:
            return None
        self.joined = True
        self.own_accounts |= {account} - {""}
        return self.stage

    def pick(self, picked: Picked, *, sends: bool) -> str | None:
        if not self.is_their_turn(picked.at, "choosing", "answering"):
            return None
        if picked.method in self.used_up or picked.method in self.proven:
            return None
        if sends and self.sends >= self.public.sends_per_recovery:
            return None
        if self.proven and (picked.method, picked.offer) not in OWN_OFFERS:
            return None
        if not self.proven and (picked.method not in self.public.methods or picked.offer):
            return None
        self.sends += sends
        self.picked = picked
        return self.go("answering", picked.at)

    def go_back(self, now: datetime) -> str | None:
        if not self.is_their_turn(now, "answering"):
            return None
        self.picked = None
        return self.go("choosing", now)

    def miss(self, now: datetime) -> str | None:
        if not self.is_their_turn(now, "answering") or self.somebody is None or self.picked is None:
            return None
        method = self.picked.method
        self.misses[method] += 1
        if self.misses[method] < self.public.answers_per_challenge:
            return self.go("answering", now)
        self.used_up.add(method)
        self.picked = None
        return self.go("choosing" if self.ways() else "closed", now)

    def prove(self, offer: tuple[str, str], method: str, challenge: str, now: datetime) -> str | None:
        picked = self.picked
        if not self.is_their_turn(now, "answering") or not self.somebody or self.void or picked is None:
            return None
        meant = offer in OWN_OFFERS and offer[0] == method == picked.method and picked.offer in ("", offer[1])
        if not meant or challenge != picked.challenge or now >= picked.at + CODES_LAST:
            return None
        self.proven.append(method)
        self.picked = None
        if enough(self.copied, self.proven):
            return self.go("renewing", now)
        return self.go("choosing" if self.ways() else "closed", now)

    def accept(
        self, accounts: Sequence[str], today: ProofRules, now: datetime, left: Sequence[tuple[str, str]] = ()
    ) -> str | None:
        if not self.is_their_turn(now, "renewing"):
            return None
        if not enough(self.copied, self.proven) or not enough(today, self.proven):
            return None
        done = {account for account, kind in self.outcomes.items() if kind == "set"}
        if not accounts or len(set(accounts)) < len(accounts) or not set(accounts) <= self.own_accounts - done:
            return None
        known = dict(left)
        if set(known) & set(accounts) or not set(known) <= self.own_accounts - done:
            return None
        if not set(known.values()) <= {"refused", "not-set"}:
            return None
        self.outcomes |= known
        self.awaited = list(accounts)
        return self.go("writing", now)

    def find_nothing_locked(self, now: datetime) -> str | None:
        return self.go("closed", now) if self.unlocks and self.is_their_turn(now, "renewing") else None

    def tell(self, told: Sequence[tuple[str, str]], now: datetime, *, settled: bool) -> str | None:
        if self.stage != ("unsettled" if settled else "writing"):
            return None
        if sorted(account for account, _ in told) != sorted(self.awaited):
            return None
        self.outcomes |= dict(told)
        self.awaited = [account for account, kind in self.outcomes.items() if kind == "unknown"]
        if self.awaited:
            return self.go("unsettled")
        if self.noted:
            return self.go("closed")
        if set(self.outcomes.values()) == {"set"}:
            return self.go("done")
        if self.unlocks and "not-set" not in self.outcomes.values():
            return self.go("done" if "set" in self.outcomes.values() else "closed")
        longest = NOW + self.public.lifetime + self.public.more_time + GRACE
        self.expires = max(self.expires, min(now + GRACE, longest))
        return self.go("renewing", now)

    def more_time(self, now: datetime) -> str | None:
        if not self.is_their_turn(now, "choosing", "answering", "renewing") or self.extended:
            return None
        self.extended = True
        self.expires += self.public.more_time
        return self.go(self.stage, now)

    def end(self, why: str, now: datetime) -> str | None:
        if why == "superseded" and self.stage in ("writing", "unsettled"):
            self.noted = True
            return self.stage
        if why == "superseded" and self.stage in ("choosing", "answering") and not self.proven:
            self.void = True
            return self.stage
        late = now >= self.deadline
        if self.stage not in ("choosing", "answering", "renewing") or (late and why == "cancelled"):
            return None
        return self.go("closed") if late or why != "expired" else None

    def ways(self) -> set[str]:
        ways = set(RIDES_ON) - set(self.proven) if self.proven else set(self.public.methods)
        return ways - self.used_up

    def go(self, stage: str, now: datetime | None = None) -> str:
        self.stage = stage
        self.moved = now or self.moved
        return stage
