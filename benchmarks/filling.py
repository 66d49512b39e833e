"""Fills a database as years of use would: people, what they enrolled, what nobody finished, and the event log."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bulk import Bulk
from past import Past, Row
from past_events import Log
from sqlalchemy import Table

from keyback.core.db import tables
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

    @property
    def a_month(self) -> int:
        """Resets in it: one is eight events, and they are of a year."""
        return self.events // 8 // 12


def fill(url: str, kek: bytes, sizes: Sizes) -> None:
    """Into empty tables, which are up to date."""
    bulk = Bulk(url)
    bulk.without_indexes()
    if url.startswith("sqlite"):
        # One writes at a time.
        for parts in _HANDS:
            _load(url, kek, sizes, parts)
    else:
        _at_once(url, kek, sizes)
    bulk.with_indexes()


def _at_once(url: str, kek: bytes, sizes: Sizes) -> None:
    spawn = multiprocessing.get_context("spawn")
    hands = [spawn.Process(target=_load, args=(url, kek, sizes, parts), daemon=True) for parts in _HANDS]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    if any(hand.exitcode for hand in hands):
        raise RuntimeError("a table was not filled")


def _load(url: str, kek: bytes, sizes: Sizes, parts: Callable[[Past, Log, Sizes], Iterator[Part]]) -> None:
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
    yield tables.counter, past.counters(2 * pending), 2 * pending
    yield tables.job, past.jobs(pending // 100), pending // 100
    yield tables.recovery, past.recoveries(sizes.a_month // 30, Stage.CLOSED), sizes.a_month // 30
    yield tables.recovery, past.recoveries(pending), pending


def _events(_past: Past, log: Log, sizes: Sizes) -> Iterator[Part]:
    yield tables.event, log.events(sizes.events), sizes.events
    yield tables.checkpoint, log.checkpoints(), sizes.events // 1000


_HANDS: Sequence[Callable[[Past, Log, Sizes], Iterator[Part]]] = (_people, _what_is_known, _events)
