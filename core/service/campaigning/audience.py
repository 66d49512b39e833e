"""Whom a campaign is for, as people were last counted: told by what a few hundred combinations have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ...db import census_rounds
from ...db.campaigns import Kind
from ...db.census_rounds import Round
from ...recovery.policy import Purpose
from ...recovery.reach import Beside, Having, Rules, reach
from ..ruling.stranded import NOT_SERVED, Stranded


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many people, and by which combinations they are found; how many of them could not get back in today."""

    people: int
    stranded: int
    digests: frozenset[str]


@dataclass(frozen=True)
class Audience:
    """Nobody's directory is asked here. Whoever's turn it is gets looked at afresh."""

    stranded: Stranded

    def crowd(self, kind: Kind, stores: Iterable[str], groups: Iterable[str]) -> Crowd:
        """Who is in these directories, and in one of these groups where any are named. Raises SealBroken."""
        rules, there, named = self.stranded.snapshots.current.rules, frozenset(stores), frozenset(groups)
        fitting = {
            digest: (having, people)
            for digest, (having, people) in self.stranded.havings().items()
            if _fits(having, there, named) and (kind is Kind.RESET or _is_stranded(rules, having))
        }
        total = sum(people for _, people in fitting.values())
        short = sum(people for having, people in fitting.values() if _is_stranded(rules, having))
        return Crowd(total, short, frozenset(fitting))

    def untold(self, stores: Collection[str], groups: Iterable[str]) -> frozenset[str]:
        """Of these groups those that people of these directories are not told apart by, or not all of them yet."""
        rounds = self._rounds(self.stranded.snapshots.current.plugins.stores)
        # Joined accounts are told apart where their owners are counted; a silent directory keeps nobody waiting.
        asked = [each for key, each in rounds.items() if key in stores or not each.failed]
        whole = rounds.keys() >= set(stores) and all(each.ended_at and each.ended_at >= each.began_at for each in asked)
        return frozenset(group for group in groups if not whole or not all(group in each.groups for each in asked))

    def uncounted(self, stores: Iterable[str]) -> frozenset[str]:
        """Of these directories those whose people were never counted to the end."""
        ended = {key for key, each in self._rounds(stores).items() if each.ended_at is not None}
        return frozenset(stores) - ended

    def _rounds(self, stores: Iterable[str]) -> Mapping[str, Round]:
        with self.stranded.records.db.read() as tx:
            rounds = census_rounds.every(tx)
        return {key: rounds[key] for key in stores if key in rounds}


def _fits(having: Having, stores: frozenset[str], groups: frozenset[str]) -> bool:
    # Whoever rules others is handled one by one, with an approval of their own.
    if having.privileged or having.expired or not having.enabled:
        return False
    own = () if having.copied else (Beside(having.store, having.groups),)
    return any(one.store in stores and not (groups and groups.isdisjoint(one.groups)) for one in (*own, *having.beside))


def _is_stranded(rules: Rules, having: Having) -> bool:
    reached = reach(rules, having, Purpose.RESET)
    return not reached.yes and reached.refusal not in NOT_SERVED
