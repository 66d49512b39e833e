"""Fills a database as years of use would: people, what they enrolled, what nobody finished, and the event log."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bulk import Bulk
from copies import multiply
from past import Past, Row
from past_events import Log
from sqlalchemy import Table

from keyback.core.db import campaign_tables, census_tables, desk_tables, signal_tables, tables
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.recovery.state import Stage

# A table, its rows, and how many they are.
Part = tuple[Table, Iterator[Row], int]


@dataclass(frozen=True)
class Sizes:
    """How much of each; whatever else there is follows from these."""

    people: int
    unfinished: int
    events: int
    # So many of each row in the end: the others are copies.
    times: int = 1

    @property
    def a_month(self) -> int:
        """Resets in it: one is eight events, and they are of a year."""
        return self.events // 8 // 12


Hand = Callable[[Past, Log, Sizes], Iterator[Part]]


def fill(url: str, kek: bytes, sizes: Sizes, *, console: bool = False) -> None:
    """Into empty tables, which are up to date; with what only the console lists, where that is wanted."""
    bulk = Bulk(url)
    bulk.without_indexes()
    hands = (*_HANDS, _listed) if console else _HANDS
    if url.startswith("sqlite"):
        # One writes at a time.
        for parts in hands:
            _load(url, kek, sizes, parts)
    else:
        _at_once(url, kek, sizes, hands)
    if sizes.times > 1:
        multiply(url, sizes.times)
    bulk.with_indexes()


def _at_once(url: str, kek: bytes, sizes: Sizes, hands: Sequence[Hand]) -> None:
    spawn = multiprocessing.get_context("spawn")
    working = [spawn.Process(target=_load, args=(url, kek, sizes, parts), daemon=True) for parts in hands]
    for hand in working:
        hand.start()
    for hand in working:
        hand.join()
    if any(hand.exitcode for hand in working):
        raise RuntimeError("a table was not filled")


def _load(url: str, kek: bytes, sizes: Sizes, parts: Hand) -> None:
    database = Database(url)
    past = Past(Keyring.load(database, kek), sizes.people, datetime.now(UTC))
    for table, rows, count in parts(past, Log(past, database), sizes):
        Bulk(url).load(table, rows, count)
    database.close()


def _people(past: Past, _log: Log, sizes: Sizes) -> Iterator[Part]:
    yield tables.person, past.persons(), sizes.people
    yield tables.account, past.accounts(), sizes.people
    yield tables.enrolment, past.enrolments(), sizes.people


def _what_is_known(past: Past, _log: Log, sizes: Sizes) -> Iterator[Part]:
    some, pending = sizes.people // 1000, sizes.unfinished
    yield tables.contact_seen, past.contacts(), 2 * sizes.people
    yield tables.person_key, past.person_keys(), sizes.people
    yield tables.freeze, past.freezes(some), some
    yield tables.proof, past.proofs(sizes.a_month), sizes.a_month
    yield tables.counter, past.counters(2 * pending * sizes.times), 2 * pending * sizes.times
    yield tables.job, past.jobs(pending // 100), pending // 100
    yield tables.recovery, past.recoveries(sizes.a_month // 30, Stage.CLOSED), sizes.a_month // 30
    yield tables.recovery, past.recoveries(pending), pending


def _events(_past: Past, log: Log, sizes: Sizes) -> Iterator[Part]:
    yield tables.event, log.events(sizes.events), sizes.events
    yield tables.checkpoint, log.checkpoints(), sizes.events // 1000


def _listed(past: Past, _log: Log, sizes: Sizes) -> Iterator[Part]:
    """A census and a campaign for everybody, as many texts, and what two administrators decided each hour of a year."""
    yield census_tables.census_person, past.counted(), sizes.people
    yield tables.standing, past.standings(), sizes.people
    yield tables.delivery, past.deliveries(sizes.people), sizes.people
    yield campaign_tables.campaign_person, past.turns(sizes.people), sizes.people
    yield desk_tables.approval, past.approvals(365 * 24), 365 * 24
    yield signal_tables.signal, past.signals(sizes.people), sizes.people


_HANDS: Sequence[Hand] = (_people, _what_is_known, _events)
