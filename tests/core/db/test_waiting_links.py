"""Accounts that were joined, until it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from keyback.core.contracts.people import AccountKey
from keyback.core.db import tables
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.waiting_links import WaitingLink, WaitingLinks

DAY = timedelta(days=1)
HOST, JOINED, OTHER = AccountKey("openldap", "uuid-1"), AccountKey("cloud", "id-8"), AccountKey("cloud", "id-9")


@pytest.fixture
def links(keyring: Keyring) -> WaitingLinks:
    return WaitingLinks(keyring)


@pytest.fixture
def link(database: Database, links: WaitingLinks, now: datetime) -> WaitingLink:
    """One that counts in three days."""
    link = WaitingLink("person-1", HOST, JOINED, "password", now, now + 3 * DAY)
    with database.write() as tx:
        assert links.add(tx, link)
    return link


def test_it_is_found_from_either_side(database: Database, links: WaitingLinks, link: WaitingLink) -> None:
    with database.read() as tx:
        assert links.of(tx, "person-1", HOST) == (link,)
        assert links.of(tx, "person-2", JOINED) == (link,)
        assert links.of(tx, "person-2", OTHER) == ()


def test_an_account_waits_for_one_person_only(database: Database, links: WaitingLinks, link: WaitingLink) -> None:
    with database.write() as tx:
        assert not links.add(tx, replace(link, person_ref="person-2", host=OTHER))
        assert links.of(tx, "person-2", OTHER) == ()
        assert links.add(tx, replace(link, joined=OTHER))


def test_it_is_due_when_its_time_has_come(database: Database, links: WaitingLinks, link: WaitingLink) -> None:
    with database.write() as tx:
        assert links.due(tx, link.counts_from - timedelta(microseconds=1), 9) == []
        assert links.due(tx, link.counts_from, 9) == [link]
        assert links.remove(tx, link)
        assert not links.remove(tx, link)
        assert links.due(tx, link.counts_from, 9) == []


@pytest.mark.parametrize("column", ["person_ref", "how", "since", "counts_from"])
def test_whoever_writes_without_the_key_joins_nothing_and_nothing_sooner(
    database: Database, links: WaitingLinks, link: WaitingLink, tamper: Callable[..., None], column: str
) -> None:
    value: Any = link.since - DAY if column in {"since", "counts_from"} else "person-2"
    tamper(tables.waiting_link, {}, **{column: value})
    with database.read() as tx, pytest.raises(SealBroken):
        links.due(tx, link.counts_from, 9)


def test_no_name_of_an_account_stands_there_in_the_clear(
    link: WaitingLink, column: Callable[..., Any], keyring: Keyring
) -> None:
    kept = column(tables.waiting_link, "sealed", person_ref="person-1")
    assert b"uuid-1" not in kept
    assert b"id-8" not in kept
    assert column(tables.waiting_link, "pseudonym", person_ref="person-1") == keyring.pseudonym("cloud", "id-8")
