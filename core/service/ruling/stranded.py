"""Who could not get back in, today and if other rules held: judged by what people have, as it was last counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...contracts.method import Offer
from ...contracts.people import AccountKey
from ...contracts.store import CanList
from ...db import census_rounds
from ...db.census_rounds import Round
from ...recovery.policy import Purpose
from ...recovery.reach import UNSAID, Having, Reach, Rules, help_from, reach
from ...recovery.state import Subject
from ..records import Records
from ..reporting.counting import named_groups
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .simulator import Draft

# People who may not reset here, whatever they have, are not stranded: that is what the rules want.
NOT_SERVED = frozenset({"privileged", "disabled", "expired", "out-of-scope", "frozen"})
PAGE = 50


@dataclass(frozen=True, slots=True)
class Census:
    """What the figures rest on: how far each store's people are counted, and which stores cannot say who is there."""

    rounds: tuple[Round, ...]
    unlisted: tuple[str, ...] = ()
    # Groups that rules name and nobody was told apart by: whoever is in them is judged as if they were not.
    unknown_groups: tuple[str, ...] = ()

    @property
    def counted_at(self) -> datetime | None:
        """When the last person was counted; None while no store's people ever were, all of them."""
        ended = [each.ended_at for each in self.rounds if each.ended_at is not None]
        return min(ended, default=None)

    @property
    def counting(self) -> tuple[Round, ...]:
        """The rounds under way."""
        return tuple(each for each in self.rounds if _under_way(each))


@dataclass(frozen=True, slots=True)
class Group:
    """People who have the same and lack the same. `digests`: by which they are listed."""

    policy: str
    methods: tuple[str, ...]
    # Any of these would let them in; why they are not served, where that is so.
    help: tuple[str, ...]
    refusal: str
    people: int
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """How many could reset before and after. `lost`: who could, and could not any more; `gained`: how many more."""

    people: int
    before: int
    after: int
    lost: tuple[Group, ...]
    gained: int
    census: Census

    @property
    def stranded(self) -> int:
        """How many would be."""
        return sum(group.people for group in self.lost)


@dataclass(frozen=True, slots=True)
class Listed:
    """One of them. `place`: after whom the list goes on."""

    name: str = field(repr=False)
    account: AccountKey
    place: str


@dataclass(frozen=True)
class Stranded:
    """Nobody's directory is asked: a million people are a few hundred combinations."""

    records: Records
    snapshots: Snapshots
    around: Surroundings

    def today(self, purpose: Purpose = Purpose.RESET) -> tuple[Group, ...]:
        """Who cannot get back in by themselves, the most first."""
        rules, havings = self.snapshots.current.rules, self.havings()
        cannot = {digest: one for digest, one in havings.items() if not reach(rules, one[0], purpose).yes}
        return self._grouped(rules, cannot, purpose)

    def compare(self, draft: Draft, purpose: Purpose = Purpose.RESET, *, off: Iterable[str] = ()) -> Compared:
        """What saving these rules would mean, or switching these methods `off`."""
        now, havings = self.snapshots.current.rules, self.havings()
        kinds = {key: kind for key, kind in now.kinds.items() if key not in set(off)}
        then = Rules(draft.policies, draft.public, kinds)
        could, can = self._those_who_can(now, havings, purpose), self._those_who_can(then, havings, purpose)
        lost = {digest: havings[digest] for digest in could - can}
        return Compared(
            people=sum(people for _, people in havings.values()),
            before=sum(havings[digest][1] for digest in could),
            after=sum(havings[digest][1] for digest in can),
            lost=self._grouped(then, lost, purpose),
            gained=sum(havings[digest][1] for digest in can - could),
            census=self.census(draft),
        )

    def census(self, draft: Draft | None = None) -> Census:
        """What all of it rests on."""
        snapshot = self.snapshots.current
        with self.records.db.read() as tx:
            rounds = census_rounds.every(tx)
        stores = snapshot.plugins.stores
        listed = [key for key, store in stores.items() if isinstance(store, CanList)]
        known = tuple(rounds[key] for key in listed if key in rounds)
        asked = named_groups(draft.policies if draft else snapshot.policies)
        told_apart = [set(each.groups) for each in known]
        unknown = tuple(sorted(group for group in asked if not all(group in groups for groups in told_apart)))
        return Census(known, tuple(key for key in stores if key not in listed), unknown)

    def count_again(self, groups: Iterable[str] = ()) -> None:
        """Have everybody counted as soon as possible, and told apart by these groups too."""
        wanted, now = frozenset(groups), self.around.now()
        with self.records.db.write() as tx:
            for key, store in self.snapshots.current.plugins.stores.items():
                if isinstance(store, CanList):
                    census_rounds.ask(tx, key, wanted, now)

    def people(self, digests: Sequence[str], place: str = "") -> tuple[Listed, ...]:
        """The next of those who have this, at most fifty."""
        at, _, after = place.partition(".")
        order, found = sorted(digests), list[Listed]()
        with self.records.db.read() as tx:
            for digest in order[order.index(at) if at in order else 0 :]:
                rows = self.records.census.people(tx, digest, after if digest == at else "", PAGE - len(found))
                found += [Listed(name, key, f"{digest}.{pseudonym}") for pseudonym, key, name in rows]
                if len(found) >= PAGE:
                    break
        return tuple(found)

    def havings(self) -> Mapping[str, tuple[Having, int]]:
        """What people have, each with how many they are. Raises SealBroken."""
        with self.records.db.read() as tx:
            return self.records.census.havings(tx)

    @staticmethod
    def _those_who_can(rules: Rules, havings: Mapping[str, tuple[Having, int]], purpose: Purpose) -> set[str]:
        return {digest for digest, (having, _) in havings.items() if reach(rules, having, purpose).yes}

    @staticmethod
    def _grouped(rules: Rules, havings: Mapping[str, tuple[Having, int]], purpose: Purpose) -> tuple[Group, ...]:
        groups: dict[tuple[str, tuple[str, ...], str], Group] = {}
        for digest, (having, people) in sorted(havings.items()):
            reached = reach(rules, having, purpose)
            refusal = reached.refusal if reached.refusal in NOT_SERVED else ""
            counting = tuple(key for key in having.methods if key in reached.policy.proof.named & rules.kinds.keys())
            key = (reached.policy.name, counting, refusal)
            one = groups.get(key) or Group(*key[:2], _help(rules, having, reached, counting), refusal, 0, ())
            groups[key] = Group(one.policy, one.methods, one.help, refusal, one.people + people, (*one.digests, digest))
        return tuple(sorted(groups.values(), key=lambda group: (bool(group.refusal), -group.people)))


def _help(rules: Rules, having: Having, reached: Reach, counting: Sequence[str]) -> tuple[str, ...]:
    offers = tuple(Offer(key, key, UNSAID) for key in counting)
    return tuple(help_from(rules, Subject(having.person, reached.policy, offers)))


def _under_way(last: Round) -> bool:
    begun = last.asked_at is not None or last.ended_at is None or last.ended_at < last.began_at
    return begun and not last.failed
